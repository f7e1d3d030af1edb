// SPDX-License-Identifier: Apache-2.0

import PostgresTesting
import StitchTesting
import TelemetryAPI
import TelemetryData
import Testing
import TraceContext
import TracedJobs

@Suite("What becomes of jobs on a real Postgres", .timeLimit(.minutes(3)))
struct JobOutcomeTests {
    @Test("A job that is done has the payload it was enqueued with, one attempt, and a span in the trace of its sender")
    func success() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let worker = try JobWorker(jobs, queues: ["default": 2]).handle(SendReceipt.self) { job, attempt in
                #expect(job == SendReceipt(orderID: 7))
                #expect(attempt.number == 1 && attempt.queue == "default" && !attempt.isLast)
                #expect(Span.current != nil)
            }
            let id = try await withSpan("POST /orders") { _ in try await jobs.enqueue(SendReceipt(orderID: 7)) }
            try await worker.drain()
            #expect(try await jobs.column("state", of: id) == "succeeded")
            let outcomes = try await jobs.outcomes(of: id)
            #expect(outcomes == ["succeeded"])
            let send = test.spans.send("default/send_receipt")[0]
            let process = try #require(test.spans.process("default/send_receipt").first)
            #expect(process.kind == .consumer)
            #expect(process.traceID == send.traceID && process.parentSpanID == send.spanID)
            #expect(process.links.map(\.spanID) == [send.spanID])
            #expect(process.attributes["stitch.job.attempt"] == 1)
            #expect(process.attributes["messaging.message.id"] == .string(id.description))
            #expect(test.spans.settle("default/send_receipt").isEmpty)
        }
    }

    @Test("A job that always fails is tried as often as it may, waits longer each time, and is dead")
    func dead() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let worker = try JobWorker(jobs, queues: ["default": 1]).handle(SendReceipt.self) { _, _ in throw Bounced()
            }
            let id = try await jobs.enqueue(SendReceipt(orderID: 7), maximumAttempts: 3)
            try await worker.drain(advancingTime: true)
            #expect(try await jobs.column("state", of: id) == "dead")
            let outcomes = try await jobs.outcomes(of: id)
            #expect(outcomes == ["failed", "failed", "failed"])
            let attempts = test.spans.process("default/send_receipt")
            let backoffs = attempts.compactMap { $0.attributes["stitch.wait.backoff"]?.doubleValue }
            #expect(backoffs.count == 2 && backoffs[0] >= 0.9 && backoffs[1] >= 1.8)
            #expect(attempts.allSatisfy { $0.events.count { $0.name == "exception" } == 1 })
            let settles = test.spans.settle("default/send_receipt")
            #expect(
                settles.compactMap { $0.attributes["stitch.settle.reason"]?.stringValue } == ["retry", "retry", "dead"]
            )
            #expect(settles.map { $0.links.first?.spanID } == attempts.map(\.spanID))
            #expect(worker.counts.failed == 3)
        }
    }

    @Test("A snoozed job comes back after its time with the same attempt number, and nothing is an error")
    func snooze() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let rested = Gate()
            let worker = try JobWorker(jobs, queues: ["default": 1]).handle(SendReceipt.self) { _, attempt in
                #expect(attempt.number == 1)
                if test.spans.process("default/send_receipt").isEmpty { throw JobControl.snooze(.seconds(300)) }
                rested.open()
            }
            let id = try await jobs.enqueue(SendReceipt(orderID: 7))
            try await worker.drain()
            #expect(try await jobs.column("state", of: id) == "ready")
            #expect(try await jobs.column("run_at - waiting_since", of: id) == "00:05:00")
            try await worker.drain(advancingTime: true)
            await rested.pass()
            let outcomes = try await jobs.outcomes(of: id)
            #expect(outcomes == ["snoozed", "succeeded"])
            let attempts = test.spans.process("default/send_receipt")
            #expect(attempts.allSatisfy { $0.attributes["error.type"] == nil && $0.events.isEmpty })
            #expect((attempts[1].attributes["stitch.wait.scheduled"]?.doubleValue ?? 0) >= 300)
        }
    }

    @Test(
        "A cancelled and a discarded job are over, with the reason in the row, and no errors",
        arguments: [true, false]
    )
    func steered(cancels: Bool) async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let worker = try JobWorker(jobs, queues: ["default": 1]).handle(SendReceipt.self) { _, _ in
                throw cancels ? JobControl.cancel("refunded") : JobControl.discard("refunded")
            }
            let id = try await jobs.enqueue(SendReceipt(orderID: 7))
            try await worker.drain(advancingTime: true)
            #expect(try await jobs.column("state", of: id) == (cancels ? "cancelled" : "discarded"))
            #expect(try await jobs.column("reason", of: id) == "refunded")
            #expect(test.spans.process("default/send_receipt")[0].attributes["error.type"] == nil)
        }
    }

    @Test("A delayed job is not touched before its time; the wait is told in its parts")
    func delayed() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let worker = try JobWorker(jobs, queues: ["default": 1]).handle(SendReceipt.self) { _, _ in }
            try await jobs.enqueue(SendReceipt(orderID: 7), after: .seconds(3600))
            try await worker.drain()
            #expect(worker.counts.succeeded == 0)
            try await worker.drain(advancingTime: true)
            #expect(worker.counts.succeeded == 1)
            let process = try #require(test.spans.process("default/send_receipt").first)
            #expect((process.attributes["stitch.wait.scheduled"]?.doubleValue ?? 0) == 3600)
            // An hour is longer than the default policy continues a trace for.
            #expect(process.traceID != test.spans.send("default/send_receipt")[0].traceID)
            #expect(process.parentSpanID == nil)
        }
    }

    @Test("A job that no handler can read is an error of that job, and hurts no other")
    func unreadable() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let worker = try JobWorker(jobs, queues: ["default": 1]).handle(SendReceipt.self) { _, _ in }
            let bad = try await jobs.enqueue(SendReceipt(orderID: 7), maximumAttempts: 1)
            try await jobs.database.execute("UPDATE stitch.job SET payload = '[]' WHERE seq = $1", bad.rawValue)
            let good = try await jobs.enqueue(SendReceipt(orderID: 8))
            try await worker.drain()
            #expect(try await jobs.column("state", of: bad) == "dead")
            #expect(try await jobs.column("state", of: good) == "succeeded")
        }
    }

    @Test("A job of a kind that the worker does not know is left for others")
    func unknownKind() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let worker = try JobWorker(jobs, queues: ["default": 1])
            let id = try await jobs.enqueue(SendReceipt(orderID: 7))
            try await worker.drain(advancingTime: true)
            #expect(try await jobs.column("state", of: id) == "ready")
        }
    }
}
