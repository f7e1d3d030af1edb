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

    @Test("A cancelled run() gives a job back once, though a claim is on its way that would get it again")
    func claimOnItsWay() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            try await jobs.letClaimsWaitForLock()
            let (began, hasEnded) = (Gate(), Gate())
            var configuration = configuration(lease: .seconds(60))
            configuration.queues = ["default": 3]
            let worker = try JobWorker(jobs, configuration).handle(SendReceipt.self) { _, _ in
                defer { hasEnded.open() }
                began.open()
                await Gate().pass()
                try Task.checkCancellation()
            }
            let first = try await jobs.enqueue(SendReceipt(orderID: 1))
            let running = Task { try await worker.run() }
            await began.pass()
            let second = try await jobs.database.withTransaction { transaction in
                _ = try await transaction.query("SELECT pg_advisory_xact_lock(7)")
                let second = try await jobs.enqueue(SendReceipt(orderID: 2))
                while try await !jobs.isClaimWaiting() { await Task.yield() }
                running.cancel()
                await hasEnded.pass()
                // What would be said at once is said by then.
                _ = try await jobs.database.query("SELECT pg_sleep(0.3)")
                return second
            }
            try await running.value
            #expect(worker.counts.returned == 2)
            #expect(try await jobs.outcomes(of: first) == ["returned"])
            #expect(try await jobs.column("state", of: first) == "ready")
            #expect(try await jobs.column("state", of: second) == "ready")
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

extension JobQueue {
    /// Lets claims wait while somebody has the advisory lock 7.
    fileprivate func letClaimsWaitForLock() async throws {
        let parameters = "bigint, bigint, integer, integer, bigint, bytea, integer, integer"
        try await database.execute("ALTER FUNCTION stitch.claim(\(parameters), boolean) RENAME TO usual_claim")
        try await database.execute(
            """
            CREATE FUNCTION stitch.claim(\(parameters)) RETURNS integer LANGUAGE plpgsql AS $$
            BEGIN
                PERFORM pg_advisory_xact_lock(7);
                RETURN stitch.usual_claim($1, $2, $3, $4, $5, $6, $7, $8);
            END
            $$
            """
        )
    }

    fileprivate func isClaimWaiting() async throws -> Bool {
        try await !database.query(
            "SELECT FROM pg_locks JOIN pg_database d ON d.oid = database WHERE datname = current_database() "
                + "AND locktype = 'advisory' AND NOT granted"
        ).isEmpty
    }
}

extension Gate {
    /// Returns when the gate was opened, whether the task is cancelled or not.
    func passUncancelled() async { await Task { await pass() }.value }
}
