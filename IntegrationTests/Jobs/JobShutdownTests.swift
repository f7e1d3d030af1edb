// SPDX-License-Identifier: Apache-2.0

import PostgresTesting
import StitchService
import StitchTesting
import Testing
import TracedJobs

@Suite("The end of a worker on a real Postgres", .timeLimit(.minutes(3)))
struct JobShutdownTests {
    private func configuration(lease: Duration) -> JobWorkerConfiguration {
        var configuration = JobWorkerConfiguration(queues: ["default": 1])
        configuration.lease = lease
        configuration.drain = .milliseconds(20)
        return configuration
    }

    @Test(
        "A cancelled run(), and a shutdown, keep the lease as long as a handler cleans up",
        arguments: [true, false]
    )
    func keepsLease(byShutdown: Bool) async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let (began, cleansUp, isClean) = (Gate(), Gate(), Gate())
            let worker = try JobWorker(jobs, configuration(lease: .seconds(15))).handle(SendReceipt.self) { _, _ in
                began.open()
                await Gate().pass()
                cleansUp.open()
                await isClean.passUncancelled()
                try Task.checkCancellation()
            }
            let id = try await jobs.enqueue(SendReceipt(orderID: 7))
            let running = Task { try await worker.run() }
            await began.pass()
            async let stopped: Void = byShutdown ? worker.shutdown() : running.cancel()
            await cleansUp.pass()
            // Two beats later.
            #expect(try await jobs.isLeaseProlonged(by: 6))
            isClean.open()
            try await running.value
            await stopped
            #expect(worker.counts.returned == 1 && worker.counts.stale == 0)
            #expect(try await jobs.outcomes(of: id) == ["returned"])
        }
    }

    @Test("A handler that ignores that its time is over is in the worker's health as long as it keeps its place")
    func ignoresTimeOut() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            var configuration = configuration(lease: .seconds(60))
            (configuration.attemptLimit, configuration.grace) = (.milliseconds(20), .milliseconds(20))
            let mayEnd = Gate()
            let worker = try JobWorker(jobs, configuration).handle(SendReceipt.self) { _, _ in
                await mayEnd.passUncancelled()
            }
            let id = try await jobs.enqueue(SendReceipt(orderID: 7))
            async let running: Void = worker.run()
            while worker.health.isHealthy { try await Task.sleep(for: .milliseconds(10)) }
            #expect(worker.health.blocker?.contains("jobs \(id) ignore cancellation") == true)
            mayEnd.open()
            while !worker.health.isHealthy { try await Task.sleep(for: .milliseconds(10)) }
            await worker.shutdown()
            try await running
            #expect(worker.counts.succeeded == 1)
        }
    }

    @Test(
        "A worker that stops leaves a job whose handler ignores cancellation to its lease",
        arguments: [true, false]
    )
    func leavesBehind(byShutdown: Bool) async throws {
        try await withStitchTest { test in
            let jobs = try await test.jobs()
            var configuration = configuration(lease: .seconds(60))
            configuration.grace = .milliseconds(50)
            let (began, mayEnd, hasEnded) = (Gate(), Gate(), Gate())
            let worker = try JobWorker(jobs, configuration).handle(SendReceipt.self) { _, _ in
                began.open()
                await mayEnd.passUncancelled()
                hasEnded.open()
            }
            let id = try await jobs.enqueue(SendReceipt(orderID: 7))
            let running = Task { try await worker.run() }
            await began.pass()
            if byShutdown { await worker.shutdown() } else { running.cancel() }
            try await running.value
            #expect(try await jobs.column("state", of: id) == "running")
            #expect(!worker.health.isHealthy)

            let next = try JobWorker(jobs, queues: ["default": 1]).handle(SendReceipt.self) { _, _ in }
            try await next.drain()
            #expect(next.counts.succeeded == 0)
            try await jobs.advanceClock(by: .seconds(61))
            try await next.drain()
            #expect(next.counts.succeeded == 1 && next.counts.rescued == 1)
            mayEnd.open()
            await hasEnded.pass()
            #expect(try await jobs.outcomes(of: id) == ["lost", "succeeded"])
            #expect(worker.counts.succeeded == 0)
        }
    }
}

extension Gate {
    /// Returns when the gate was opened, whether the task is cancelled or not.
    func passUncancelled() async { await Task { await pass() }.value }
}
