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

/// The job that was called `send_receipt` before.
private struct MailReceipt: Job {
    static let kind = "mail_receipt"
    static let aliases = [SendReceipt.kind]
    var orderID: Int
}

@Suite("Kinds of jobs on a real Postgres", .timeLimit(.minutes(3)))
struct JobKindTests {
    @Test("A worker takes jobs under the old names of their kind, and every attempt says the name that the job has")
    func aliases() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let (all, seen) = AsyncStream.makeStream(of: String.self)
            let worker = try JobWorker(jobs, queues: ["default": 1]).handle(MailReceipt.self) { job, attempt in
                if attempt.number == 1 { throw Bounced() }
                seen.yield("\(attempt.kind) \(job.orderID)")
            }
            let old = try await jobs.enqueue(SendReceipt(orderID: 7))
            let new = try await jobs.enqueue(MailReceipt(orderID: 8))
            try await worker.drain(advancingTime: true)
            seen.finish()
            #expect(await all.reduce(into: []) { $0.append($1) }.sorted() == ["mail_receipt 8", "send_receipt 7"])
            for id in [old, new] { #expect(try await jobs.outcomes(of: id) == ["failed", "succeeded"]) }
            #expect(test.spans.process("default/send_receipt").count == 2)
            #expect(test.spans.process("default/mail_receipt").count == 2)
            let attempt = try #require(test.spans.process("default/send_receipt").last)
            #expect(attempt.attributes["stitch.job.kind"] == "send_receipt")
            #expect(test.flow(of: attempt).isStitched)
        }
    }

    @Test("A job whose kind is known in another queue only stays set aside until a worker of its own knows it")
    func knownElsewhere() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            func worker(_ queue: String) throws -> JobWorker { try JobWorker(jobs, queues: [queue: 1]) }
            let ignorant = try worker("mail")
            let elsewhere = try worker("default").handle(SendReceipt.self) { _, _ in }
            let knowing = try worker("mail").handle(SendReceipt.self) { _, _ in }
            try await jobs.enqueue(SendReceipt(orderID: 7), queue: "mail")
            try await ignorant.drain()
            for _ in 1...3 {
                try await elsewhere.drain()
                try await ignorant.drain()
            }
            let tickets = try await jobs.database.query("SELECT count(*) AS number FROM stitch.job")
            #expect(try tickets[0].decode("number", as: Int.self) == 1)
            try await knowing.drain()
            #expect(knowing.counts.succeeded == 1)
        }
    }

    @Test("A job that dies because no worker knows its kind in time has a settle span, and is counted as dead")
    func diesUnknown() async throws {
        try await withStitchTest { test in
            let jobs = try await test.jobs()
            let ignorant = try JobWorker(jobs, queues: ["default": 1])
            let id = try await jobs.enqueue(SendReceipt(orderID: 7))
            try await ignorant.drain()
            #expect(test.spans.settle("default/send_receipt").isEmpty)
            try await jobs.advanceClock(by: .seconds(366 * 86_400))
            let late = try JobWorker(jobs, queues: ["default": 1])
            try await late.drain()
            #expect(try await jobs.column("state", of: id) == "dead")
            let settle = test.spans.settle("default/send_receipt")
            try #require(settle.count == 1)
            #expect(settle[0].attributes["stitch.settle.reason"] == "dead")
            #expect(settle[0].attributes["messaging.message.id"] == .string(id.description))
        }
    }

    @Test(
        "A job waits for a worker that knows its kind from when it was set aside, however old it is, and dies at last"
    )
    func old() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let ignorant = try JobWorker(jobs, queues: ["default": 1])
            let id = try await jobs.enqueue(SendReceipt(orderID: 7))
            try await jobs.advanceClock(by: .seconds(86_400 * 3))
            try await ignorant.drain()
            #expect(try await jobs.column("state", of: id) == "ready")
            // It came before such a worker again, and was set aside again: that begins no new day.
            try await jobs.advanceClock(by: .seconds(43_200))
            _ = try await jobs.database.query("SELECT stitch.promote(ARRAY[stitch.kind_id('send_receipt')], '{1}')")
            try await ignorant.drain()
            try await jobs.advanceClock(by: .seconds(43_201))
            try await ignorant.drain()
            #expect(try await jobs.column("state", of: id) == "dead")
        }
    }

    @Test("A job of an unknown kind never dies while a worker of its queue is there that knows the kind")
    func knownByAnother() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let ignorant = try JobWorker(jobs, queues: ["default": 1])
            let knowing = try JobWorker(jobs, queues: ["default": 1]).handle(SendReceipt.self) { _, _ in }
            let id = try await jobs.enqueue(SendReceipt(orderID: 7))
            try await ignorant.drain()
            _ = try await jobs.database.query(
                "SELECT * FROM stitch.register('knowing', '10 days', '{default}', '{send_receipt}', '{}')"
            )
            try await jobs.advanceClock(by: .seconds(86_400 * 2))
            try await ignorant.drain()
            #expect(try await jobs.column("state", of: id) == "ready")
            // Also where it comes before one that does not know it once more.
            _ = try await jobs.database.query("SELECT stitch.promote(ARRAY[stitch.kind_id('send_receipt')], '{1}')")
            try await ignorant.drain()
            #expect(try await jobs.column("state", of: id) == "ready")
            try await knowing.drain()
            #expect(knowing.counts.succeeded == 1)
        }
    }

    @Test("An alias that is the kind of another handler is refused")
    func clash() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let worker = try JobWorker(try await test.jobs(), queues: ["default": 1])
                .handle(MailReceipt.self) { _, _ in }
                .handle(SendReceipt.self) { _, _ in }
            let error = await #expect(throws: JobError.self) { try await worker.run() }
            #expect(error?.code == .duplicateHandler)
        }
    }

    @Test("Each kind has a retry policy, a time limit and a continuation of its own, others those of the worker")
    func options() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            var configuration = JobWorkerConfiguration(queues: ["default": 2])
            configuration.retry = RetryPolicy(initialDelay: .seconds(50), jitter: 0)
            let slow = RetryPolicy(initialDelay: .seconds(500), jitter: 0)
            let worker = try JobWorker(jobs, configuration)
                .handle(MailOnly.self, retry: slow, continuation: .newTrace, timeLimit: .milliseconds(20)) { _, _ in
                    await Gate().pass()
                    try Task.checkCancellation()
                }
                .handle(SendReceipt.self) { _, _ in throw Bounced() }
            let own = try await jobs.enqueue(MailOnly())
            let usual = try await jobs.enqueue(SendReceipt(orderID: 7))
            try await worker.drain()
            #expect(try await jobs.column("run_at - waiting_since", of: own) == "00:08:20")
            #expect(try await jobs.column("run_at - waiting_since", of: usual) == "00:00:50")
            let process = try #require(test.spans.process("default/mail_only").first)
            #expect(process.attributes["error.type"] == "JobError" && process.parentSpanID == nil)
            let other = try #require(test.spans.process("default/send_receipt").first)
            #expect(other.parentSpanID == test.spans.send("default/send_receipt")[0].spanID)
        }
    }

    @Test(
        "Who rescues a job tells of the attempt in the trace that it had by the policy of its kind, under an alias too",
        arguments: [ContinuationPolicy.newTrace, .continueTrace]
    )
    func rescued(_ own: ContinuationPolicy) async throws {
        try await withStitchTest { test in
            let jobs = try await test.jobs()
            let (began, mayEnd) = (Gate(), Gate())
            let worked = Mutex<SpanContext?>(nil)
            func worker(_ name: String, usual: ContinuationPolicy) throws -> JobWorker {
                var configuration = JobWorkerConfiguration(queues: ["default": 1])
                configuration.name = name
                configuration.lease = .seconds(300)
                configuration.continuation = usual
                // So that nobody makes another attempt.
                configuration.maximumLosses = 1
                return try JobWorker(jobs, configuration)
            }
            let slow = try worker("slow", usual: own == .newTrace ? .continueTrace : .newTrace)
                .handle(MailReceipt.self, continuation: own) { _, _ in
                    worked.withLock { $0 = Span.current?.context }
                    began.open()
                    await mayEnd.pass()
                }
            let quick = try worker("quick", usual: .default)
            try await withSpan("POST /orders") { _ in _ = try await jobs.enqueue(SendReceipt(orderID: 7)) }
            let run = Task { try await slow.drain() }
            await began.pass()
            try await jobs.advanceClock(by: .seconds(301))
            try await quick.drain()
            mayEnd.open()
            try await run.value

            let send = try #require(test.spans.send("default/send_receipt").first)
            // The one that worked on it tells nothing: this span is in the place of its own.
            let attempts = test.spans.process("default/send_receipt")
            try #require(attempts.count == 1)
            let attempt = attempts[0]
            #expect(attempt.attributes["error.type"] == "worker_lost")
            #expect(worked.withLock { $0?.spanID == attempt.spanID && $0?.traceID == attempt.traceID })
            #expect((attempt.traceID == send.traceID) == (own == .continueTrace))
            #expect(attempt.parentSpanID == (own == .continueTrace ? send.spanID : nil))
            #expect(attempt.links.first?.spanID == send.spanID)
        }
    }
}

/// A job without data.
private struct MailOnly: Job {
    static let kind = "mail_only"
}
