// SPDX-License-Identifier: Apache-2.0

import StitchPostgres
import TracedJobs

/// Jobs that are enqueued while they are worked on: two enqueue, fifty a commit, and pause while 20,000 wait; one worker.
struct JobFlow {
    private let done: Countdown

    /// Lets jobs flow for the time of `body`.
    static func run<Value>(
        _ jobs: JobQueue,
        queue: String,
        _ body: (JobFlow) async throws -> Value
    ) async throws -> Value {
        let done = Countdown(.max)
        let worker = try JobWorker(jobs, queues: [queue: 200]).handle(JobBenchmarks.Work.self) { _, _ in done.count() }
        async let run: Void = worker.run()
        let enqueued = Countdown(.max)
        let producers = Task {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<2 {
                    group.addTask {
                        while !Task.isCancelled {
                            guard enqueued.counted - done.counted < 20_000 else {
                                try await Task.sleep(for: .milliseconds(1))
                                continue
                            }
                            try await jobs.enqueue(all: (0..<50).map { JobBenchmarks.Work(number: $0) }, queue: queue)
                            enqueued.count(50)
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        try await Task.sleep(for: .seconds(2))
        let value = try await body(JobFlow(done: done))
        producers.cancel()
        _ = try? await producers.value
        await worker.shutdown()
        try await run
        return value
    }

    /// How many jobs a second are done, over a time from now on.
    func rate(over time: Duration) async throws -> Double {
        let (begin, before) = (ContinuousClock.now, done.counted)
        try await Task.sleep(for: time)
        return Double(done.counted - before) / ((ContinuousClock.now - begin) / .seconds(1))
    }

    /// Whether jobs flow as quickly after three minutes of them as at first, and as quickly again while somebody holds a
    /// snapshot open, at the end of three minutes more.
    func endurance(_ pool: PostgresPool) async throws -> [Figure] {
        let fresh = try await rate(over: .seconds(30))
        try await Task.sleep(for: .seconds(120))
        let churned = try await rate(over: .seconds(30))
        var options = PostgresTransactionOptions()
        options.isolation = .repeatableRead
        let pinned = try await pool.withTransaction(options) { transaction in
            // Takes the snapshot.
            _ = try await transaction.query("SELECT FROM stitch_benchmark.setting")
            try await Task.sleep(for: .seconds(150))
            return try await rate(over: .seconds(30))
        }
        return [
            Figure(name: "jobs.flow_churned_vs_fresh", value: churned / fresh, unit: .ratio),
            Figure(name: "jobs.flow_pinned_vs_free", value: pinned / churned, unit: .ratio),
        ]
    }
}
