// SPDX-License-Identifier: Apache-2.0

import Foundation
import PostgresTesting
import StitchTesting
import Testing
import TracedJobs

@testable import StitchPostgres

@Suite("Jobs that are not as they should be", .timeLimit(.minutes(2)))
struct JobBadInputTests {
    /// What somebody wrote into a row, and what becomes of the job.
    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let change: String
        let state: String

        init(_ name: String, _ change: String, _ state: String) {
            (testDescription, self.change, self.state) = (name, change, state)
        }
    }

    @Test(
        "A row that is wrong is an error of that job at most, with its reason, and holds up no other",
        arguments: [
            Row("a payload of NUL bytes", #"payload = '\x00000000'"#, "dead"),
            Row("a payload that is no UTF-8", #"payload = '\xfffe7b7d'"#, "dead"),
            Row("no payload", "payload = ''", "dead"),
            Row("a payload nested a million times", "payload = convert_to(repeat('[', 1000000), 'UTF8')", "dead"),
            Row("a tracestate of 2 MiB", "tracestate = repeat('a=1,', 524288)", "succeeded"),
            Row("a baggage of 2 MiB", "baggage = repeat('a=1,', 524288)", "succeeded"),
            Row(
                "no text in the other fields",
                #"carrier = '{"b3": [1, {}], "traceparent": "00-1", "x": null}'"#,
                "succeeded"
            ),
            Row("other fields that are no object", "carrier = '[1, 2]'", "succeeded"),
            Row("a trace of zeros", "trace_id = '00000000-0000-0000-0000-000000000000', span_id = 0", "succeeded"),
            Row("a trace without a span", "trace_id = gen_random_uuid(), span_id = NULL", "succeeded"),
            Row("a job of the far future", "created_at = '4000-01-01', waiting_since = '4000-01-01'", "succeeded"),
            Row("a job of long ago", "created_at = '0001-01-01', run_at = '4713-01-01 BC'", "succeeded"),
            Row("a job of next year", "created_at = created_at + interval '1 year'", "succeeded"),
        ]
    )
    func rows(_ row: Row) async throws {
        try await withStitchTest { test in
            let jobs = try await test.jobs()
            let worker = try JobWorker(jobs, queues: ["default": 1]).handle(SendReceipt.self) { _, _ in }
            let bad = try await jobs.enqueue(SendReceipt(orderID: 7), maximumAttempts: 1)
            try await jobs.database.execute("UPDATE stitch.job SET \(row.change) WHERE seq = $1", bad.rawValue)
            let good = try await jobs.enqueue(SendReceipt(orderID: 8))
            try await worker.drain()
            #expect(try await jobs.column("state", of: bad) == row.state)
            #expect(try await jobs.column("state", of: good) == "succeeded")
            if row.state == "dead" {
                let reason = try await jobs.database.query(
                    "SELECT reason FROM stitch.parked WHERE id = $1",
                    bad.rawValue
                )
                #expect(try reason.first?.decode("reason", as: String?.self)?.isEmpty == false)
            }
            // Nothing of the row makes a span that can't be told from another, or that is beyond all bounds.
            let spans = test.spans.process("default/send_receipt")
            #expect(spans.count == 2)
            for span in spans { #expect(span.context.isValid && span.context.state.description.utf8.count <= 512) }
        }
    }

    private struct Unspeakable: Error, CustomStringConvertible {
        let description: String
    }

    @Test(
        "An error that can't be written as it is ends its attempt all the same",
        arguments: ["a\0b", "\0", "", String(repeating: "é\0", count: 1_000_000), "\u{1B}[2J\u{202E}"]
    )
    func errors(_ text: String) async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let worker = try JobWorker(jobs, queues: ["default": 1]).handle(SendReceipt.self) { job, _ in
                if job.orderID == 7 { throw Unspeakable(description: text) }
            }
            let bad = try await jobs.enqueue(SendReceipt(orderID: 7), maximumAttempts: 1)
            let good = try await jobs.enqueue(SendReceipt(orderID: 8))
            try await worker.drain()
            #expect(try await jobs.column("state", of: bad) == "dead")
            #expect(try await jobs.column("state", of: good) == "succeeded")
        }
    }

    @Test("A job waits for no longer than a thousand years, whoever says so")
    func delays() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let never = Duration.seconds(Int64.max)
            await #expect(throws: JobError.self) { try await jobs.enqueue(SendReceipt(orderID: 1), after: never) }
            for delay in ["interval '1001 years'", "interval '-1 second'"] {
                await #expect(throws: PostgresError.self) {
                    _ = try await jobs.database.query("SELECT stitch.enqueue('send_receipt', delay => \(delay))")
                }
            }
            let snoozed = try await jobs.enqueue(SendReceipt(orderID: 2))
            let retried = try await jobs.enqueue(SendReceipt(orderID: 3))
            let good = try await jobs.enqueue(SendReceipt(orderID: 4))
            var configuration = JobWorkerConfiguration(queues: ["default": 1])
            configuration.retry = RetryPolicy(initialDelay: never, maximumDelay: never)
            let worker = try JobWorker(jobs, configuration).handle(SendReceipt.self) { job, _ in
                if job.orderID == 2 { throw JobControl.snooze(never) }
                if job.orderID == 3 { throw Unspeakable(description: "not now") }
            }
            try await worker.drain()
            #expect(try await jobs.column("state", of: snoozed) == "ready")
            #expect(try await jobs.column("state", of: retried) == "ready")
            #expect(try await jobs.column("state", of: good) == "succeeded")
        }
    }

    @Test("Names with a NUL are refused where they are given")
    func names() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            await #expect(throws: JobError.self) { try await jobs.enqueue(SendReceipt(orderID: 1), queue: "a\0b") }
            #expect(throws: (any Error).self) { _ = try JobWorker(jobs, queues: ["a\0b": 1]) }
            try await jobs.enqueue(SendReceipt(orderID: 2))
            let worker = try JobWorker(jobs, queues: ["default": 1]).handle(SendReceipt.self) { _, _ in }
            try await worker.drain()
            #expect(worker.counts.succeeded == 1)
        }
    }

    @Test("A worker of an older version than the schema, or without rights, stops at once and says why")
    func refused() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let role = "stitch_test_stranger_\(UUID().uuidString.prefix(8).lowercased())"
            try await jobs.database.execute("CREATE ROLE \(role)")
            var configuration = jobs.database.configuration
            configuration.settings["options"] = "-c role=\(role)"
            let pool = try PostgresPool(configuration)
            let stranger = try JobWorker(JobQueue(pool), queues: ["default": 1])
            let denied = await #expect(throws: JobError.self) { try await stranger.run() }
            #expect(denied?.description.contains("permission denied") == true, "\(String(describing: denied))")
            #expect(denied?.description.contains("grant_to") == true, "\(String(describing: denied))")
            await pool.shutdown()
            try await jobs.database.execute("INSERT INTO stitch.schema_version (version) VALUES (7)")
            let worker = try JobWorker(jobs, queues: ["default": 1])
            let newer = await #expect(throws: JobError.self) { try await worker.run() }
            #expect(newer?.message.contains("version 7") == true, "\(String(describing: newer))")
            try await jobs.database.execute("DROP ROLE \(role)")
        }
    }
}
