// SPDX-License-Identifier: Apache-2.0

import Dispatch
import PostgresTesting
import StitchPostgres
import StitchService
import StitchTesting
import Synchronization
import TelemetryAPI
import TelemetryData
import Testing
import TraceContext
import TracedJobs

@Suite("A worker on a real Postgres", .timeLimit(.minutes(3)))
struct JobWorkerTests {
    private func configuration(_ limit: Int = 1) -> JobWorkerConfiguration {
        var configuration = JobWorkerConfiguration(queues: ["default": limit])
        configuration.fallbackInterval = .seconds(3600)  // So that only what is tested wakes the worker.
        return configuration
    }

    @Test("A worker that sleeps is woken by a new job, by a commit, and when a delayed job is due")
    func wakes() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let done = Gate()
            let worker = try JobWorker(jobs, configuration()).handle(SendReceipt.self) { _, _ in done.open() }
            async let running: Void = worker.run()
            try await jobs.enqueue(SendReceipt(orderID: 1))
            await done.pass()
            try await jobs.database.withTransaction { transaction in
                _ = try await jobs.enqueue(SendReceipt(orderID: 2), in: transaction)
            }
            await done.pass()
            try await jobs.enqueue(SendReceipt(orderID: 3), after: .milliseconds(200))
            await done.pass()
            await worker.shutdown()
            try await running
            #expect(worker.counts.succeeded == 3)
            #expect(worker.health.isHealthy)
        }
    }

    @Test("Never more jobs of a queue run at once than its limit, and all are done")
    func limits() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let total = 40
            let (all, done) = AsyncStream.makeStream(of: Int.self)
            let running = Mutex(0)
            let worker = try JobWorker(jobs, configuration(4)).handle(SendReceipt.self) { _, _ in
                let now = running.withLock { running in
                    running += 1
                    return running
                }
                await Task.yield()
                running.withLock { $0 -= 1 }
                done.yield(now)
            }
            for order in 0..<total { try await jobs.enqueue(SendReceipt(orderID: order)) }
            async let run: Void = worker.run()
            var seen: [Int] = []
            for await now in all {
                seen.append(now)
                if seen.count == total { break }
            }
            await worker.shutdown()
            try await run
            #expect(seen.allSatisfy { $0 <= 4 })
            #expect(worker.counts.succeeded == total)
        }
    }

    @Test("A shutdown lets a handler finish")
    func finishes() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let (began, mayEnd) = (Gate(), Gate())
            let worker = try JobWorker(jobs, configuration()).handle(SendReceipt.self) { _, _ in
                began.open()
                await mayEnd.pass()
                try Task.checkCancellation()
            }
            let id = try await jobs.enqueue(SendReceipt(orderID: 7))
            async let running: Void = worker.run()
            await began.pass()
            async let stopped: Void = worker.shutdown()
            mayEnd.open()
            await stopped
            try await running
            #expect(try await jobs.column("state", of: id) == "succeeded")
        }
    }

    @Test(
        "After its drain a shutdown, and a cancelled run() at once, gives the job back without burning an attempt",
        arguments: [true, false]
    )
    func givesBack(byShutdown: Bool) async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            var configuration = configuration()
            configuration.drain = .milliseconds(50)
            let began = Gate()
            let worker = try JobWorker(jobs, configuration).handle(SendReceipt.self) { _, _ in
                began.open()
                await Gate().pass()
                try Task.checkCancellation()
            }
            let id = try await jobs.enqueue(SendReceipt(orderID: 7), maximumAttempts: 1)
            let running = Task { try await worker.run() }
            await began.pass()
            if byShutdown { await worker.shutdown() } else { running.cancel() }
            try await running.value
            #expect(try await jobs.column("state", of: id) == "ready")
            #expect(try await jobs.column("attempt", of: id) == "0")
            #expect(worker.counts.returned == 1)
            #expect(test.spans.process("default/send_receipt")[0].attributes["error.type"] == nil)

            let next = try JobWorker(jobs, queues: ["default": 1]).handle(SendReceipt.self) { _, attempt in
                #expect(attempt.number == 1)
            }
            try await next.drain()
            let outcomes = try await jobs.outcomes(of: id)
            #expect(outcomes == ["returned", "succeeded"])
        }
    }

    @Test(
        "A cancelled run() or drain() gives the job back, though its handler hears of it before the worker does",
        arguments: [true, false]
    )
    func handlerHearsFirst(drains: Bool) async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let (began, mayEnd) = (Gate(), Gate())
            let hasEnded = DispatchSemaphore(value: 0)
            let worker = try JobWorker(jobs, queues: ["default": 1]).handle(SendReceipt.self) { _, _ in
                defer { hasEnded.signal() }
                await withTaskCancellationHandler {
                    began.open()
                    await mayEnd.pass()
                } onCancel: {
                    mayEnd.open()
                    // The worker is told after this; where there is one thread alone, the handler can't go on before.
                    _ = hasEnded.wait(timeout: .now() + .seconds(5))
                }
                throw Bounced()
            }
            let id = try await jobs.enqueue(SendReceipt(orderID: 7), maximumAttempts: 1)
            let running = Task { if drains { try await worker.drain() } else { try await worker.run() } }
            await began.pass()
            running.cancel()
            try await running.value
            let outcomes = try await jobs.outcomes(of: id)
            #expect(outcomes == ["returned"])
            #expect(try await jobs.column("attempt", of: id) == "0")
        }
    }

    @Test("Two handlers for one kind, and a second run, are refused")
    func refused() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let twice = try JobWorker(jobs, queues: ["default": 1])
                .handle(SendReceipt.self) { _, _ in }
                .handle(SendReceipt.self) { _, _ in }
            let error = await #expect(throws: JobError.self) { try await twice.run() }
            #expect(error?.code == .duplicateHandler)
        }
    }

    @Test("Advancing time is refused where the clock is the real one")
    func realClock() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try JobQueue(await test.database(), schema: "production")
            try await jobs.migrate()
            let worker = try JobWorker(jobs, queues: ["default": 1])
            let error = await #expect(throws: JobError.self) { try await worker.drain(advancingTime: true) }
            #expect(error?.code == .clockNotMovable)
        }
    }
}
