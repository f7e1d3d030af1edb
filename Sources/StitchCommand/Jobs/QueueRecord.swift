// SPDX-License-Identifier: Apache-2.0

import StitchPostgres
import TracedJobs

/// A queue as `stitch jobs stats` shows it: what is in it, and how long its jobs waited lately.
struct QueueRecord: Sendable, Encodable {
    let queue: String
    let isPaused: Bool
    let ready: Int
    /// How long the job has been ready that has been so for longest, in seconds.
    let oldestReady: Double?
    let running: Int
    let scheduled: Int
    let unknownKind: Int
    let dead: Int
    let workers: Int
    /// How many jobs were claimed lately, and how long they had been ready, in seconds.
    let claimed: Int
    let waitP50: Double?
    let waitP99: Double?

    private init(_ row: PostgresRow) throws(PostgresError) {
        queue = try row.decode("queue")
        isPaused = try row.decode("paused")
        ready = try row.decode("ready")
        oldestReady = try row.decode("oldest_ready")
        running = try row.decode("running")
        scheduled = try row.decode("scheduled")
        unknownKind = try row.decode("unknown_kind")
        dead = try row.decode("dead")
        workers = try row.decode("workers")
        claimed = try row.decode("claimed")
        waitP50 = try row.decode("p50")
        waitP99 = try row.decode("p99")
    }

    /// All queues, by their names.
    ///
    /// Of their waits those count that ended no longer ago than `within`.
    static func all(within: Duration, in jobs: JobQueue) async throws -> [QueueRecord] {
        let sql = """
            SELECT s.queue, s.paused, s.ready, s.running, s.scheduled, s.unknown_kind, s.dead, s.workers,
                extract(epoch FROM \(jobs.named("now"))() - s.oldest_ready)::float8 AS oldest_ready,
                coalesce(w.claimed, 0) AS claimed, w.p50, w.p99
            FROM \(jobs.named("queue_stats")) AS s
            LEFT JOIN \(jobs.named("waits"))($1::float8 * interval '1 second') AS w ON w.queue = s.queue
            ORDER BY s.queue
            """
        return try await jobs.database.query(sql, within / .seconds(1))
            .map { row throws(PostgresError) in try QueueRecord(row) }
    }

    static func table(_ queues: [QueueRecord]) -> TextTable {
        TextTable(
            columns: [
                .init("QUEUE"), .init("READY", isNumber: true), .init("OLDEST", isNumber: true),
                .init("RUNNING", isNumber: true), .init("SCHEDULED", isNumber: true),
                .init("UNKNOWN", isNumber: true, isOptional: true), .init("DEAD", isNumber: true),
                .init("WORKERS", isNumber: true), .init("WAIT P50", isNumber: true, isOptional: true),
                .init("WAIT P99", isNumber: true, isOptional: true), .init("PAUSED", isOptional: true),
            ],
            rows: queues.map { $0.cells }
        )
    }

    private var cells: [String] {
        [
            queue, ready.grouped, Self.text(oldestReady), running.grouped, scheduled.grouped,
            unknownKind > 0 ? unknownKind.grouped : "–", dead.grouped, workers.grouped, Self.text(waitP50),
            Self.text(waitP99), isPaused ? "paused" : "",
        ]
    }

    private static func text(_ seconds: Double?) -> String { seconds.map { Duration.seconds($0).text } ?? "–" }
}
