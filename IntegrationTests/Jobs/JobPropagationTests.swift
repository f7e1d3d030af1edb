// SPDX-License-Identifier: Apache-2.0

import PostgresTesting
import StitchTesting
import TelemetryAPI
import TelemetryData
import Testing
import TraceContext
import TracedJobs

@Suite("What a job carries")
struct JobPropagationTests {
    @Test("Baggage goes with a job as the queue's policy says, and is current in its attempts")
    func baggage() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let shared = try await test.jobs()
            let jobs = try JobQueue(shared.database, baggage: .keys(["tenant"]))
            let inbox = Inbox<String>()
            let worker = try JobWorker(jobs, queues: ["default": 1]).handle(SendReceipt.self) { _, _ in
                inbox.put(Baggage.current.description)
            }
            try await withBaggage(Baggage("user=alice,tenant=eu-1")) { try await jobs.enqueue(SendReceipt(orderID: 7)) }
            try await worker.drain()
            #expect(await inbox.next() == "tenant=eu-1")
        }
    }

    @Test(
        "Its sender's wish counts more than the worker's policy",
        arguments: [
            (StitchField.Wish.newTrace, ContinuationPolicy.continueTrace, false),
            (.continueTrace, .newTrace, true),
        ]
    )
    func wish(wish: StitchField.Wish, policy: ContinuationPolicy, continues: Bool) async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            var configuration = JobWorkerConfiguration(queues: ["default": 1])
            configuration.continuation = policy
            let worker = try JobWorker(jobs, configuration).handle(SendReceipt.self) { _, _ in }
            try await jobs.enqueue(SendReceipt(orderID: 7), wish: wish)
            try await jobs.database.withTransaction { transaction in
                _ = try await jobs.enqueue(SendReceipt(orderID: 8), wish: wish, in: transaction)
            }
            try await worker.drain()
            let sends = test.spans.send("default/send_receipt")
            let attempts = test.spans.process("default/send_receipt")
            #expect(sends.count == 2 && attempts.count == 2)
            #expect(Set(attempts.map(\.traceID)).isSubset(of: sends.map(\.traceID)) == continues)
            #expect(Set(attempts.flatMap { $0.links.map(\.spanID) }) == Set(sends.map(\.spanID)))
        }
    }

    @Test("What a worker enqueues began when the flow did")
    func origin() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let worker = try JobWorker(jobs, queues: ["default": 1]).handle(SendReceipt.self) { job, _ in
                if job.orderID < 3 { _ = try await jobs.enqueue(SendReceipt(orderID: job.orderID + 1)) }
            }
            try await jobs.enqueue(SendReceipt(orderID: 1))
            try await worker.drain()
            let rows = try await jobs.database.query("SELECT DISTINCT carrier->>'stitch' AS stitch FROM stitch.jobs")
            #expect(rows.count == 1)
            #expect(try rows.first?.decode("stitch", as: String.self).hasPrefix("o=") == true)
            #expect(test.measurements.of("stitch.flow.latency").count == 3)
        }
    }
}
