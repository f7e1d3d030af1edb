// SPDX-License-Identifier: Apache-2.0

import StitchPostgres
import TracedJobs

/// An attempt at a job as commands show it.
struct AttemptRecord: Sendable {
    let number: Int
    let outcome: String
    let error: String?
    let startedAt: PostgresInstant?
    let endedAt: PostgresInstant?
    let worker: String?
    let traceID: String?
    let spanID: String?

    init(_ row: PostgresRow) throws(PostgresError) {
        number = try row.decode("number")
        outcome = try row.decode("outcome")
        error = try row.decode("error")
        startedAt = try row.decode("started_at")
        endedAt = try row.decode("ended_at")
        worker = try row.decode("worker")
        traceID = try row.decode("trace_id")
        spanID = try row.decode("span_id")
    }

    /// The attempts at a job, in order.
    static func all(of job: Int64, in jobs: JobQueue) async throws -> [AttemptRecord] {
        let sql = """
            SELECT number::integer, outcome, error, started_at, ended_at, worker, encode(trace_id, 'hex') AS trace_id,
                encode(span_id, 'hex') AS span_id
            FROM \(jobs.named("attempts")) WHERE job_id = $1 ORDER BY id
            """
        return try await jobs.database.query(sql, job)
            .map { row throws(PostgresError) in try AttemptRecord(row) }
    }

    static func table(_ attempts: [AttemptRecord]) -> TextTable {
        TextTable(
            columns: [
                .init("ATTEMPT", isNumber: true), .init("OUTCOME"), .init("STARTED", longest: 23),
                .init("TOOK", isNumber: true), .init("TRACE", longest: 32), .init("SPAN", longest: 16),
                .init("WORKER", isOptional: true, longest: 24), .init("ERROR", isOptional: true, longest: 200),
            ],
            rows: attempts.map { $0.cells }
        )
    }

    private var cells: [String] {
        var took: Duration?
        if let startedAt, let endedAt { took = endedAt.duration(since: startedAt) }
        return [
            "\(number)", outcome, startedAt?.localText ?? "–", took?.text ?? "–", traceID ?? "–", spanID ?? "–",
            worker ?? "–", error ?? "–",
        ]
    }
}
