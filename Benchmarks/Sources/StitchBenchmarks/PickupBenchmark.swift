// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TracedJobs

/// From the call that enqueues a job, in a transaction of its own, to its handler, while the worker has nothing else to do.
struct PickupBenchmark {
    let jobs: JobQueue

    private static let count = 300

    func run() async throws -> [Figure] {
        let arrivals = AsyncStream<ContinuousClock.Instant>.makeStream()
        let worker = try JobWorker(jobs, queues: ["idle": 4])
            .handle(JobBenchmarks.Work.self) { _, _ in arrivals.continuation.yield(.now) }
        async let run: Void = worker.run()
        var times: [Double] = []
        var arrival = arrivals.stream.makeAsyncIterator()
        for number in 0..<Self.count + 20 {
            // The worker falls asleep.
            try await Task.sleep(for: .milliseconds(30))
            let begin = ContinuousClock.now
            try await jobs.enqueue(JobBenchmarks.Work(number: number), queue: "idle")
            guard let end = await arrival.next() else { break }
            if number >= 20 { times.append((end - begin) / .milliseconds(1)) }
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
