// SPDX-License-Identifier: Apache-2.0

import StitchPostgres

extension JobQueue {
    /// Does something with the numbers of a queue and a kind.
    ///
    /// - Parameters:
    ///   - queue: The queue's name.
    ///   - kind: The kind's name.
    ///   - runner: Where to look them up; made there where they are new.
    ///   - body: Returns `nil`, with nothing done, if the numbers are of another making of the schema.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` and the runner throw, and ``JobError`` if the numbers are not to be had.
    func withRoute<Answer>(
        _ queue: String,
        _ kind: String,
        _ runner: some StatementRunner,
        _ body: (JobRoute) async throws -> Answer?
    ) async throws -> Answer {
        if let known = routes[queue, kind], let answer = try await body(known) { return answer }
        routes[queue, kind] = nil
        guard let row = try await runner.query(statements.routing, queue, kind).first else {
            throw JobError(.databaseFailed, "Looking up queue \(queue) and kind \(kind) returned no row")
        }
        let route = JobRoute(
            queue: try row.decode("queue"),
            kind: try row.decode("kind"),
            era: try row.decode("era")
        )
        // Otherwise the transaction that made them may yet be rolled back.
        if try row.decode("is_settled") { routes[queue, kind] = route }
        guard let answer = try await body(route) else {
            throw JobError(.databaseFailed, "Schema \(schema) was made anew meanwhile")
        }
        return answer
    }

    /// A value that may not be NULL is.
    private static let missingLane = "23502"

    /// Writes a ticket for now.
    func insert(_ new: NewJob, _ columns: CarrierColumns, _ runner: some StatementRunner) async throws -> EnqueuedJob {
        try await withRoute(new.queue, new.kind, runner) { route in
            let result: PostgresResult
            do {
                result = try await runner.fetch(
                    statements.insertion,
                    route.era,
                    route.lane(new.priority),
                    route.kind,
                    new.payload,
                    new.maximumAttempts,
                    columns.traceUUID,
                    columns.spanNumber,
                    columns.flags ?? 0,
                    columns.state,
                    columns.baggage,
                    columns.others
                )
            } catch let error as PostgresError where error.code.sqlState == Self.missingLane {
                routes[new.queue, new.kind] = nil
                // A transaction that a statement has failed in can't go on.
                guard runner.outlivesFailure else { throw error }
                return nil
            }
            let id = try result.map { row throws(PostgresError) in JobID(rawValue: try row.decode(0)) }.first
            return id.map { EnqueuedJob(id: $0, isNew: true) }
        }
    }
}
