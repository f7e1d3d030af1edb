// SPDX-License-Identifier: Apache-2.0

import Foundation
import Stitch
import StitchPostgres
import TelemetryAPI
import TelemetryData
import TelemetrySDK
import TracedJobs

/// What the job queue costs: worker, server and whoever enqueues on one machine, every span sampled.
///
/// The server is the one that `POSTGRES_URL` names, else a temporary one; nothing is measured by
/// one that doesn't wait for the disk. ``EnqueueBenchmarks`` says what one job costs beside a bare INSERT,
/// ``PgbenchPeer`` what the statements alone take, ``PgqueuerPeer`` what another queue does with the same work, and
/// ``JobFlow`` goes on for six minutes. `STITCH_BENCH_JOBS` names the parts to measure, all of them without it: `enqueue`,
/// `work`, `pgbench`, `pgqueuer`, `flow`, `pickup`.
enum JobBenchmarks: BenchmarkGroup {
    static let name = "jobs"

    struct DiscardingExporter: SpanExporter {
        func export(_ batch: SpanBatch) throws {}
    }

    /// A payload of a hundred bytes as JSON.
    struct Work: Job {
        static let kind = "bench_work"
        var number: Int
        var text: String

        init(number: Int) {
            self.number = number
            text = Self.filling
        }

        private static let filling = String(repeating: "x", count: 74)
    }

    private static let backlog = 100_000
    private static let batch = 5_000
    private static let queue = "bench"

    static func run() async throws -> [Figure] {
        try await BenchmarkDatabase.with { url in
            let pool = try PostgresPool(url)
            try await expectDurable(pool)
            let jobs = try JobQueue(pool, schema: "stitch_benchmark")
            try await pool.execute("DROP SCHEMA IF EXISTS stitch_benchmark CASCADE")
            try await jobs.migrate()
            let wanted = ProcessInfo.processInfo.environment["STITCH_BENCH_JOBS"].map { $0.split(separator: ",") }
            func wants(_ part: Substring) -> Bool { wanted?.contains(part) ?? true }
            var figures: [Figure] = []
            if wants("enqueue") { figures += try await EnqueueBenchmarks(pool: pool, jobs: jobs).run() }
            let processor = BatchSpanProcessor(exporter: DiscardingExporter())
            let tracer = SDKTracer(resource: Resource(attributes: ["service.name": "bench"]), processor: processor)
            TelemetrySystem.install(tracer)
            if wants("work") { figures += try await throughput(pool, jobs) }
            if wants("pgbench") {
                figures += try await PgbenchPeer(url: url, pool: pool, jobs: jobs, backlog: backlog).run()
            }
            if wants("pgqueuer") { figures += try PgqueuerPeer(url: url, jobs: backlog / 5).run() }
            if wants("flow") {
                figures += try await JobFlow.run(jobs, queue: queue) { flow in
                    let rate = try await flow.rate(over: .seconds(10))
                    return [Figure(name: "jobs.flow", value: rate, unit: .perSecond)] + (try await flow.endurance(pool))
                }
            }
            if wants("pickup") { figures += try await PickupBenchmark(jobs: jobs).run() }
            TelemetrySystem.install(NoOpTracer())
            let counts = tracer.startedCounts
            figures.append(Figure(name: "jobs.spans_started", value: Double(counts.sampled), unit: .count))
            await pool.shutdown()
            return figures
        }
    }

    /// Commits that don't wait for the disk would be another figure.
    struct NotDurable: Error, CustomStringConvertible {
        let setting: String
        var description: String {
            "measuring jobs needs durable commits, and the server has \(setting) off; turn it on, or unset POSTGRES_URL to "
                + "measure with a temporary server"
        }
    }

    private static func expectDurable(_ pool: PostgresPool) async throws {
        let rows = try await pool.query(
            """
            SELECT name FROM pg_settings
            WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') AND setting = 'off' ORDER BY name
            """
        )
        if let row = rows.first { throw NotDurable(setting: try row.decode("name")) }
    }

    // MARK: A backlog, in and out

    private static func throughput(_ pool: PostgresPool, _ jobs: JobQueue) async throws -> [Figure] {
        var rates: [Double] = []
        var worked: [Double] = []
        var bytes: [Double] = []
        for _ in 0..<3 {
            let before = try await position(pool)
            let enqueueing = try await seconds {
                for start in stride(from: 0, to: backlog, by: batch) {
                    let work = (start..<start + batch).map { Work(number: $0) }
                    try await jobs.enqueue(all: work, queue: queue)
                }
            }
            rates.append(Double(backlog) / enqueueing)
            worked.append(Double(backlog) / (try await seconds { try await work(backlog, on: jobs) }))
            bytes.append((try await position(pool) - before) / Double(backlog))
        }
        return [
            Figure(name: "jobs.enqueue_bulk", value: median(rates), unit: .perSecond),
            Figure(name: "jobs.work", value: median(worked), unit: .perSecond),
            Figure(name: "jobs.wal_per_job", value: median(bytes), unit: .bytes),
        ]
    }

    /// Works until so many jobs are done.
    private static func work(_ count: Int, on jobs: JobQueue) async throws {
        let done = Countdown(count)
        let worker = try JobWorker(jobs, queues: [queue: 200]).handle(Work.self) { _, _ in done.count() }
        async let run: Void = worker.run()
        await done.wait()
        await worker.shutdown()
        try await run
    }

    /// Where the write-ahead log ends.
    private static func position(_ pool: PostgresPool) async throws -> Double {
        let rows = try await pool.query("SELECT (pg_current_wal_insert_lsn() - '0/0')::float8 AS position")
        return try rows.first?.decode("position") ?? 0
    }

    static func seconds(_ body: () async throws -> Void) async throws -> Double {
        try await ContinuousClock().measure { try await body() } / .seconds(1)
    }
}
