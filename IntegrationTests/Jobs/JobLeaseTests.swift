// SPDX-License-Identifier: Apache-2.0

import PostgresTesting
import StitchPostgres
import StitchTesting
import Synchronization
import TelemetryAPI
import TelemetryData
import Testing
import TraceContext
import TracedJobs

@Suite("Leases on a real Postgres", .timeLimit(.minutes(3)))
struct JobLeaseTests {
    private func worker(
        _ name: String,
        _ jobs: JobQueue,
        _ body: @escaping @Sendable (SendReceipt, JobAttempt) async throws -> Void
    ) throws -> JobWorker {
        var configuration = JobWorkerConfiguration(queues: ["default": 1])
        configuration.name = name
        configuration.lease = .seconds(300)
        return try JobWorker(jobs, configuration).handle(SendReceipt.self, body)
    }

    @Test("A worker whose lease went to another changes nothing when it is done at last, and that is counted")
    func fenced() async throws {
        try await withStitchTest { test in
            let jobs = try await test.jobs()
            let (slowBegan, slowMayEnd, quickBegan, quickMayEnd) = (Gate(), Gate(), Gate(), Gate())
            let slow = try worker("slow", jobs) { _, _ in
                slowBegan.open()
                await slowMayEnd.pass()
            }
            let quick = try worker("quick", jobs) { _, attempt in
                #expect(attempt.number == 1 && attempt.losses == 1)
                quickBegan.open()
                await quickMayEnd.pass()
            }
            let id = try await jobs.enqueue(SendReceipt(orderID: 7))
            let slowRun = Task { try await slow.drain() }
            await slowBegan.pass()
            try await jobs.advanceClock(by: .seconds(301))
            let quickRun = Task { try await quick.drain() }
            await quickBegan.pass()

            slowMayEnd.open()
            try await slowRun.value
            #expect(slow.counts.stale == 1 && slow.counts.succeeded == 0)
            #expect(try await jobs.column("state", of: id) == "running")
            #expect(try await jobs.column("worker", of: id) == "quick")

            quickMayEnd.open()
            try await quickRun.value
            #expect(quick.counts.succeeded == 1 && quick.counts.rescued == 1)
            #expect(try await jobs.column("state", of: id) == "succeeded")
            let outcomes = try await jobs.outcomes(of: id)
            #expect(outcomes == ["lost", "succeeded"])
        }
    }

    @Test("Retry and rescue leave the carrier as it was written, and every attempt links to the creation")
    func carrierIsKept() async throws {
        try await withStitchTest { test in
            let jobs = try await test.jobs()
            let carrier =
                "concat_ws('|', encode(trace_id, 'hex'), encode(span_id, 'hex'), trace_flags, tracestate, baggage)"
            let (began, mayEnd) = (Gate(), Gate())
            let failing = try worker("failing", jobs) { _, attempt in
                if attempt.number == 1 { throw Bounced() }
                began.open()
                await mayEnd.pass()
            }
            let id = try await withSpan("POST /orders") { _ in try await jobs.enqueue(SendReceipt(orderID: 7)) }
            let written = try await jobs.column(carrier, of: id)
            let failingRun = Task { try await failing.drain(advancingTime: true) }
            await began.pass()
            #expect(try await jobs.column(carrier, of: id) == written)

            try await jobs.advanceClock(by: .seconds(301))
            let last = try worker("last", jobs) { _, _ in }
            try await last.drain()
            #expect(try await jobs.column(carrier, of: id) == written)
            #expect(try await jobs.column("losses", of: id) == "1")
            mayEnd.open()
            try await failingRun.value

            let send = test.spans.send("default/send_receipt")[0]
            let attempts = test.spans.process("default/send_receipt")
            // The second attempt was lost: whoever rescued it told of it, and the worker that was alive after all did not.
            #expect(attempts.count == 3)
            #expect(attempts.allSatisfy { $0.links.first?.spanID == send.spanID })
            let lost = try #require(attempts.first { $0.attributes["error.type"] == "worker_lost" })
            let failed = try #require(attempts.first { $0.attributes["error.type"] == "Bounced" })
            let done = try #require(attempts.last { $0.spanID != lost.spanID && $0.spanID != failed.spanID })
            #expect(lost.links.last?.spanID == failed.spanID)
            #expect(done.links.last?.spanID == lost.spanID)
            #expect(done.links.last?.attributes["service.instance.id"] == "failing")
        }
    }

    @Test("A job that took too many workers with it is dead, and each lost attempt has its span")
    func tooManyLosses() async throws {
        try await withStitchTest { test in
            let jobs = try await test.jobs()
            let id = try await jobs.enqueue(SendReceipt(orderID: 7))
            for name in ["first", "second"] { try await jobs.loseWorker(name, kind: "send_receipt") }
            var configuration = JobWorkerConfiguration(queues: ["default": 1])
            configuration.maximumLosses = 2
            let worker = try JobWorker(jobs, configuration).handle(SendReceipt.self) { _, _ in }
            try await worker.drain()
            #expect(try await jobs.column("state", of: id) == "dead")
            #expect(try await jobs.column("reason", of: id) == "lost with worker second")
            #expect(test.spans.settle("default/send_receipt").count == 1)
            let attempts = try await jobs.outcomes(of: id)
            #expect(attempts == ["lost", "lost"])
            let lost = test.spans.process("default/send_receipt")
            #expect(lost.count == 1 && lost[0].attributes["error.type"] == "worker_lost")
            // Nobody else would tell, were this process killed now.
            #expect(test.spans.exportRequests == 1)
            #expect(lost[0].attributes["service.instance.id"] == "second")
            #expect(lost[0].parentSpanID == test.spans.send("default/send_receipt")[0].spanID)
        }
    }

    @Test("A job that was lost twice is claimed alone")
    func alone() async throws {
        try await withStitchTest { test in
            let jobs = try await test.jobs()
            try await jobs.enqueue(SendReceipt(orderID: 7))
            for name in ["first", "second"] {
                try await jobs.loseWorker(name, kind: "send_receipt")
                _ = try await jobs.database.query("SELECT * FROM stitch.rescue()")
            }
            for order in 1...3 { try await jobs.enqueue(SendReceipt(orderID: order)) }
            let running = Mutex(0)
            let worker = try JobWorker(jobs, queues: ["default": 4]).handle(SendReceipt.self) { job, attempt in
                running.withLock { $0 += 1 }
                await Task.yield()
                if attempt.losses == 2 { #expect(running.withLock { $0 } == 1) }
                running.withLock { $0 -= 1 }
            }
            try await worker.drain()
            #expect(worker.counts.succeeded == 4)
            let modes = try await jobs.database.query("SELECT n FROM stitch.claim_log WHERE mode = 2")
                .map { try $0.decode("n", as: Int.self) }
            #expect(modes == [1])
        }
    }

    @Test("Losses before an attempt that came to its end count no more, and the job is among others again")
    func forgiven() async throws {
        try await withStitchTest { test in
            let jobs = try await test.jobs()
            let id = try await jobs.enqueue(SendReceipt(orderID: 7))
            for name in ["first", "second"] { try await jobs.loseWorker(name, kind: "send_receipt") }
            _ = try await jobs.database.query("SELECT * FROM stitch.rescue()")
            #expect(try await jobs.column("losses", of: id) == "2")
            let worker = try JobWorker(jobs, queues: ["default": 1]).handle(SendReceipt.self) { _, _ in
                throw JobControl.snooze(.seconds(60))
            }
            try await worker.drain()
            #expect(try await jobs.column("losses", of: id) == "0")
            let lanes = try await jobs.database.query("SELECT lane & 4 AS solo FROM stitch.parked")
            #expect(try lanes.map { try $0.decode("solo", as: Int.self) } == [0])
        }
    }

    @Test("A clock that is set back keeps the jobs of a lost worker no longer than a lease")
    func clockSetBack() async throws {
        try await withStitchTest { test in
            let jobs = try await test.jobs()
            let id = try await jobs.enqueue(SendReceipt(orderID: 7))
            try await jobs.loseWorker("lost", kind: "send_receipt")
            // As of before the clock was set back by an hour.
            try await jobs.database.execute("UPDATE stitch.worker SET expires = stitch.now() + interval '1 hour'")
            _ = try await jobs.database.query("SELECT * FROM stitch.rescue()")
            #expect(try await jobs.column("state", of: id) == "running")
            try await jobs.advanceClock(by: .seconds(11))
            _ = try await jobs.database.query("SELECT * FROM stitch.rescue()")
            #expect(try await jobs.column("state", of: id) == "ready")
        }
    }

    @Test(
        "A heartbeat gives back what the worker does not know of, but nothing that was claimed while it was on its way"
    )
    func unknownClaims() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let id = try await jobs.enqueue(SendReceipt(orderID: 7))
            try await jobs.loseWorker("quick", kind: "send_receipt")
            let claim: Int64 = try await jobs.database.query("SELECT c FROM stitch.lease")[0].decode("c")
            for (held, latest, state) in [
                ([], claim - 1, "running"), ([claim], claim, "running"), ([], claim, "ready"),
            ] {
                _ = try await jobs.database.query(
                    "SELECT is_alive FROM stitch.beat((SELECT max(id) FROM stitch.worker), $1::bigint[], $2::bigint)",
                    held as [Int64],
                    latest
                )
                #expect(try await jobs.column("state", of: id) == state)
            }
        }
    }

    @Test("A worker whose claim went with a crash of the server is still known, and tells of the attempt")
    func claimIsGone() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let (began, mayEnd) = (Gate(), Gate())
            let worker = try worker("worker", jobs) { _, _ in
                began.open()
                await mayEnd.pass()
            }
            try await jobs.enqueue(SendReceipt(orderID: 7))
            let run = Task { try await worker.drain() }
            await began.pass()
            // What is left of it by then.
            try await jobs.database.execute("DELETE FROM stitch.lease")
            mayEnd.open()
            try await run.value
            #expect(worker.counts.stale == 1 && worker.counts.succeeded == 0)
            #expect(test.spans.process("default/send_receipt").count == 1)
        }
    }

    @Test("The heartbeat keeps the lease of a long attempt, and stops an attempt that has lost it")
    func heartbeat() async throws {
        try await withStitchTest { test in
            let jobs = try await test.jobs()
            var configuration = JobWorkerConfiguration(queues: ["default": 1])
            configuration.lease = .seconds(15)
            let began = Gate()
            let attempts = Mutex(0)
            let worker = try JobWorker(jobs, configuration).handle(SendReceipt.self) { _, _ in
                let isFirst = attempts.withLock { attempts in
                    attempts += 1
                    return attempts == 1
                }
                guard isFirst else { return }
                began.open()
                // Goes on for several leases, until the worker stops it.
                await Gate().pass()
                try Task.checkCancellation()
            }
            let id = try await jobs.enqueue(SendReceipt(orderID: 7))
            let run = Task { try await worker.drain() }
            await began.pass()
            let first = try await jobs.column("lease_expires_at", of: id)
            // Comes back when the lease was prolonged.
            try await jobs.database.execute(
                """
                DO $$ BEGIN
                    WHILE (SELECT expires <= '\(first ?? "")'::timestamptz FROM stitch.worker) LOOP
                        PERFORM pg_sleep(0.02);
                    END LOOP;
                END $$
                """
            )
            #expect(worker.counts.rescued == 0)
            // The worker is given up, and its job is there for all.
            try await jobs.database.execute(
                """
                DO $$ BEGIN
                    UPDATE stitch.worker SET expires = stitch.now() - interval '1 second';
                    PERFORM stitch.rescue();
                END $$
                """
            )
            try await run.value
            #expect(worker.counts.stale == 1 && worker.counts.succeeded == 1)
            let outcomes = try await jobs.outcomes(of: id)
            #expect(outcomes == ["lost", "succeeded"])
            // Of the attempt that was taken from it, whoever took it would have told; nobody did so here.
            #expect(test.spans.process("default/send_receipt").count == 1)
        }
    }
}
