// SPDX-License-Identifier: Apache-2.0

import PostgresTesting
import StitchPostgres
import StitchTesting
import TelemetryAPI
import TelemetryData
import Testing
import TraceContext
import TracedJobs

@Suite("Enqueueing on a real Postgres")
struct JobEnqueueTests {
    private func count(_ jobs: JobQueue) async throws -> Int {
        try await jobs.database.query("SELECT count(*) AS count FROM stitch.jobs")[0].decode("count")
    }

    @Test("A job in a transaction is invisible until the commit")
    func commit() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            try await jobs.database.withTransaction { transaction in
                try await jobs.enqueue(SendReceipt(orderID: 7), in: transaction)
                let before = try await count(jobs)
                #expect(before == 0)
            }
            let after = try await count(jobs)
            #expect(after == 1)
        }
    }

    @Test("A job is gone when its transaction is rolled back")
    func rollback() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            await #expect(throws: Bounced.self) {
                try await jobs.database.withTransaction { transaction in
                    try await jobs.enqueue(SendReceipt(orderID: 7), in: transaction)
                    throw Bounced()
                }
            }
            let after = try await count(jobs)
            #expect(after == 0)
        }
    }

    @Test("The context of the send span is in the row, in columns that SQL can join on")
    func carrier() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let id = try await withSpan("POST /orders") { _ in
                try await jobs.enqueue(SendReceipt(orderID: 7), queue: "mail", after: .seconds(60))
            }
            let send = try #require(test.spans.send("mail/send_receipt").first)
            #expect(send.kind == .producer)
            #expect(try await jobs.column("encode(trace_id, 'hex')", of: id) == send.traceID.description)
            #expect(try await jobs.column("encode(span_id, 'hex')", of: id) == send.spanID.description)
            #expect(try await jobs.column("payload->>'orderID'", of: id) == "7")
            #expect(try await jobs.column("run_at - created_at", of: id) == "00:01:00")
            #expect(send.attributes["messaging.system"] == "stitch")
            #expect(send.attributes["messaging.destination.name"] == "mail/send_receipt")
            #expect(send.attributes["messaging.message.id"] == .string(id.description))
        }
    }

    @Test("A job that was not written has a send span that failed, with the SQLSTATE")
    func failure() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try JobQueue(await test.database())
            let error = await #expect(throws: JobError.self) { try await jobs.enqueue(SendReceipt(orderID: 7)) }
            #expect(error?.code == .enqueueFailed)
            #expect((error?.cause as? PostgresError)?.code == .server("3F000"))
            #expect(test.spans.send("default/send_receipt").first?.attributes["error.type"] == "3F000")
        }
    }

    @Test("Ten processes may make the tables at once, and again later")
    func migrate() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try JobQueue(await test.database(), schema: "Odd \"name\"")
            try await withThrowingTaskGroup { group in
                for _ in 0..<10 { group.addTask { try await jobs.migrate() } }
                try await group.waitForAll()
            }
            try await jobs.enqueue(SendReceipt(orderID: 7))
            try await jobs.migrate()
            let worker = try JobWorker(jobs, queues: ["default": 1]).handle(SendReceipt.self) { _, _ in }
            try await worker.drain()
            #expect(worker.counts.succeeded == 1)
        }
    }

    @Test("What can't be a job is refused before anything is sent")
    func refused() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            await #expect(throws: JobError.self) {
                try await jobs.enqueue(SendReceipt(orderID: 7), after: .seconds(-1))
            }
            await #expect(throws: JobError.self) { try await jobs.enqueue(SendReceipt(orderID: 7), maximumAttempts: 0) }
            #expect(throws: JobError.self) { try JobQueue(jobs.database, schema: "") }
            #expect(throws: JobError.self) { try JobWorker(jobs, queues: ["default": 0]) }
        }
    }
}
