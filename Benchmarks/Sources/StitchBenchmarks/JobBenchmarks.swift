// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import TelemetryAPI
import TelemetryData
import TelemetrySDK
import TracedJobs

/// Jobs in a real Postgres with durable commits, worker and server side by side, every span sampled and thrown away.
///
/// The database that `POSTGRES_URL` names should sync its commits to the disk, which a temporary one does not. It gets a
/// schema that is dropped again. `STITCH_BENCH_JOBS` is how many jobs a backlog has, 100,000 without it.
enum JobBenchmarks: BenchmarkGroup {
    static let name = "jobs"

    private struct Nothing: Job {
        static let kind = "nothing"
        var number: Int
    }

    private struct DiscardingExporter: SpanExporter {
        func export(_ batch: SpanBatch) throws {}
    }

    static func run() async throws -> [Figure] {
        try await BenchmarkDatabase.with { try await run(on: $0) }
    }

    private static func run(on url: String) async throws -> [Figure] {
        let total = ProcessInfo.processInfo.environment["STITCH_BENCH_JOBS"].flatMap { Int($0) } ?? 100_000
        let processor = BatchSpanProcessor(exporter: DiscardingExporter())
        let tracer = SDKTracer(resource: Resource(attributes: ["service.name": "bench"]), processor: processor)
        let database = try PostgresPool(url)
        let jobs = try JobQueue(database, schema: "stitch_bench")
        try await database.execute("DROP SCHEMA IF EXISTS stitch_bench CASCADE")
        try await jobs.migrate()
        let figures = try await withTracer(tracer) {
            [
                try await bulk(jobs, total), try await work(jobs, total), try await single(jobs, 2000),
            ] + (try await pickup(jobs, 200))
        }
        try await database.execute("DROP SCHEMA stitch_bench CASCADE")
        await database.shutdown()
        return figures
    }

    private static func seconds(since start: ContinuousClock.Instant) -> Double {
        let (seconds, attoseconds) = (ContinuousClock.now - start).components
        return Double(seconds) + Double(attoseconds) / 1e18
    }

    /// Jobs by the thousand, a span each.
    private static func bulk(_ jobs: JobQueue, _ total: Int) async throws -> Figure {
        let start = ContinuousClock.now
        for first in stride(from: 0, to: total, by: 1000) {
            try await jobs.enqueue(all: (first..<min(first + 1000, total)).map { Nothing(number: $0) })
        }
        return Figure(name: "jobs.enqueue_bulk", value: Double(total) / seconds(since: start), unit: .perSecond)
    }

    /// A backlog, from the start of the worker until the last job is completed.
    private static func work(_ jobs: JobQueue, _ total: Int) async throws -> Figure {
        let (ended, continuation) = AsyncStream.makeStream(of: Void.self)
        let count = Atomic(0)
        let worker = try JobWorker(jobs, queues: ["default": 16]).handle(Nothing.self) { _, _ in
            if count.add(1, ordering: .relaxed).newValue == total { continuation.yield() }
        }
        let start = ContinuousClock.now
        async let run: Void = worker.run()
        for await _ in ended { break }
        await worker.shutdown()
        try await run
        return Figure(name: "jobs.work", value: Double(total) / seconds(since: start), unit: .perSecond)
    }

    /// One job after the other, in a transaction each.
    private static func single(_ jobs: JobQueue, _ total: Int) async throws -> Figure {
        let start = ContinuousClock.now
        for number in 0..<total { try await jobs.enqueue(Nothing(number: number), queue: "single") }
        return Figure(name: "jobs.enqueue_single", value: Double(total) / seconds(since: start), unit: .perSecond)
    }

    /// From the call that enqueues to the handler, with a worker that sleeps.
    private static func pickup(_ jobs: JobQueue, _ total: Int) async throws -> [Figure] {
        let (began, continuation) = AsyncStream.makeStream(of: ContinuousClock.Instant.self)
        let worker = try JobWorker(jobs, queues: ["idle": 4]).handle(Nothing.self) { _, _ in continuation.yield(.now) }
        async let run: Void = worker.run()
        var times: [Double] = []
        var beginnings = began.makeAsyncIterator()
        for number in 0..<total {
            try await Task.sleep(for: .milliseconds(20))
            let start = ContinuousClock.now
            try await jobs.enqueue(Nothing(number: number), queue: "idle")
            guard let end = await beginnings.next() else { break }
            times.append(Double((end - start).components.attoseconds) / 1e15)
        }
        await worker.shutdown()
        try await run
        times.sort()
        return [
            Figure(name: "jobs.pickup_p50", value: times[times.count / 2], unit: .milliseconds),
            Figure(name: "jobs.pickup_p99", value: times[times.count * 99 / 100], unit: .milliseconds),
        ]
    }
}
