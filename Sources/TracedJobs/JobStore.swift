// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchPostgres

/// What a worker says to the database, one statement each.
///
/// Nothing here is cut short when the worker's task is cancelled: a claim or a completion whose answer nobody heard
/// would hold jobs up until the next heartbeat.
struct JobStore: Sendable {
    let database: PostgresPool
    let names: JobSchema

    /// Puts jobs that are due back into their lanes, and those that waited for a worker like this one; tells of those that died
    /// because none that knows their kind came.
    func promote(for worker: Registration) async throws(JobError) {
        let sql = """
            SELECT id, queue, kind, trace_id, span_id, flags
            FROM \(names["promote_telling"])($1::integer[], $2::integer[])
            """
        let died = try await answered("Looking for jobs that are due") { [self] () async throws(PostgresError) in
            try await database.query(
                sql,
                worker.kinds.keys.map { Int64($0) },
                worker.queues.values.map { Int64($0) }
            )
            .map { row throws(PostgresError) in try SettledJob(row) }
        }
        for job in died { job.tellOfUnknownKind() }
    }

    /// When the next job is due that isn't yet, or, if wanted, the next lease runs out; and how far away that is.
    func nextDue(includingLeases: Bool = false) async throws(JobError) -> (time: Date, distance: Duration)? {
        let sql = """
            SELECT due, extract(epoch FROM due - \(names["now"])())::float8 AS distance
            FROM \(names["next_due"])($1::boolean) AS due
            """
        return try await answered("Looking for the next job") { [self] () async throws(PostgresError) in
            guard let row = try await database.query(sql, includingLeases).first, let time: Date = try row.decode("due")
            else { return nil }
            return (time, .seconds(try row.decode("distance", as: Double.self)))
        }
    }

    /// Takes the jobs of workers that give no sign of life.
    func rescue(maximumLosses: Int) async throws(JobError) -> [RescuedJob] {
        let sql = """
            SELECT *, extract(epoch FROM \(names["now"])() - started_at)::float8 AS begun,
                extract(epoch FROM \(names["now"])() - ended_at)::float8 AS over
            FROM \(names["rescue"])($1::integer)
            """
        return try await answered("Rescuing jobs") { [self] () async throws(PostgresError) in
            let rows = try await database.query(sql, maximumLosses)
            return try rows.map { row throws(PostgresError) in try RescuedJob(row) }
        }
    }

    /// Transactions that are open now, or which of these still are.
    func openTransactions(among known: [String]? = nil) async throws(JobError) -> [String] {
        let sql = "SELECT \(names["open_transactions"])($1::xid8[])::text AS open"
        return try await answered("Looking for open transactions") { [self] () async throws(PostgresError) in
            let text: String = try await database.query(sql, known).first?.decode("open") ?? "{}"
            return text.dropFirst().dropLast().split(separator: ",").map { String($0) }
        }
    }

    /// Runs a statement in a task of its own, which the caller's cancellation does not reach.
    func answered<Value: Sendable>(
        _ what: String,
        _ statement: @escaping @Sendable () async throws -> Value
    ) async throws(JobError) -> Value {
        let task = Task { () async -> Result<Value, any Error> in
            do { return .success(try await statement()) } catch { return .failure(error) }
        }
        switch await task.value {
        case .success(let value): return value
        case .failure(let error): throw JobError(.databaseFailed, "\(what) failed", cause: error)
        }
    }
}
