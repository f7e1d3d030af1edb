// SPDX-License-Identifier: Apache-2.0

import PostgresTesting
import StitchPostgres
import StitchTesting
import Synchronization
import TelemetryData
import Testing
import TraceContext
import TracedJobs

@Suite("Each attempt of a job, however it was enqueued", .timeLimit(.minutes(3)))
struct JobAttemptLinkTests {
    enum Way: CaseIterable {
        case typed, inTransaction, unique, bulk, copied, foreign, sql
    }

    /// Who is told to have enqueued what SQL enqueues.
    private static let sender = SpanContext(
        traceID: TraceID(high: 7, low: 8),
        spanID: SpanID(bits: 9),
        flags: [.sampled, .random]
    )

    @Test("It continues its sender's trace, links to who created it and to the attempt before", arguments: Way.allCases)
    func links(way: Way) async throws {
        try await withStitchTest { test in
            let jobs = try await test.jobs()
            let count = Mutex(0)
            // Failed, put off, failed for the last time, revived, done.
            let worker = try JobWorker(jobs, queues: ["default": 1]).handle(SendReceipt.self) { job, _ in
                guard job.orderID == 0 else { return }
                let number = count.withLock { count in
                    count += 1
                    return count
                }
                switch number {
                case 1, 3: throw Bounced()
                case 2: throw JobControl.snooze(.seconds(300))
                default: return
                }
            }
            let id = try await Self.enqueue(by: way, to: jobs)
            try await worker.drain(advancingTime: true)
            #expect(try await jobs.column("state", of: id) == "dead")
            #expect(try await jobs.retry(id))
            try await worker.drain()
            let outcomes = try await jobs.outcomes(of: id)
            #expect(outcomes == ["failed", "snoozed", "failed", "succeeded"])

            let attempts = test.spans.process("default/send_receipt").filter {
                $0.attributes["messaging.message.id"] == .string(id.description)
            }
            #expect(attempts.compactMap { $0.attributes["stitch.job.attempt"]?.intValue } == [1, 2, 2, 3])
            let creation = try #require(attempts.first?.links.first?.context)
            #expect(attempts.allSatisfy { $0.traceID == creation.traceID && $0.parentSpanID == creation.spanID })
            for (index, attempt) in attempts.enumerated() {
                let before = index == 0 ? [] : [attempts[index - 1].spanID]
                #expect(attempt.links.map(\.spanID) == [creation.spanID] + before)
            }
            if way == .sql {
                #expect(creation.traceParent == Self.sender.traceParent)
            } else {
                #expect(test.spans.all.contains { $0.context.spanID == creation.spanID && $0.kind == .producer })
            }
        }
    }

    @Test(
        "The statement for other libraries takes each value as text or bytes, plain or not",
        arguments: [false, true]
    )
    func declared(isPlain: Bool) async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let run: (JobStatement) async throws -> JobID = { statement in
                try await jobs.database.withTransaction { transaction in
                    // As a library does that says the type of each value.
                    let types = statement.parameters.map { if case .bytes = $0 { "bytea" } else { "text" } }
                    let values = statement.parameters.map { parameter in
                        switch parameter {
                        case .null: "NULL"
                        case .text(let text): "'\(text)'"
                        case .bytes(let bytes):
                            "'\\x\(bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())'"
                        }
                    }
                    let list = types.joined(separator: ", ")
                    _ = try await transaction.execute("PREPARE enqueueing (\(list)) AS \(statement.sql)")
                    let rows = try await transaction.query("EXECUTE enqueueing (\(values.joined(separator: ", ")))")
                    return JobID(rawValue: try rows[0].decode("id"))
                }
            }
            let job = SendReceipt(orderID: 7)
            let id =
                isPlain
                ? try await jobs.enqueue(job, run)
                : try await jobs.enqueue(
                    job,
                    after: .seconds(60),
                    unique: JobUniqueness(.text("k"), period: .seconds(60)),
                    run
                )
            #expect(try await jobs.column("payload ->> 'orderID'", of: id) == "7")
            #expect(try await jobs.column("trace_id IS NOT NULL", of: id) == "true")
        }
    }

    /// Enqueues a job that is order 0, and maybe others.
    private static func enqueue(by way: Way, to jobs: JobQueue) async throws -> JobID {
        let job = SendReceipt(orderID: 0)
        switch way {
        case .typed: return try await jobs.enqueue(job, maximumAttempts: 2)
        case .inTransaction:
            return try await jobs.database.withTransaction { try await jobs.enqueue(job, maximumAttempts: 2, in: $0) }
        case .unique:
            return try await jobs.enqueue(job, unique: JobUniqueness(.arguments), maximumAttempts: 2).id
        case .bulk: return try await jobs.enqueue(all: [job, SendReceipt(orderID: 1)], maximumAttempts: 2)[0]
        case .copied:
            return try await jobs.enqueue(all: (0..<300).map { SendReceipt(orderID: $0) }, maximumAttempts: 2)[0]
        case .foreign:
            return try await jobs.enqueue(job, maximumAttempts: 2) { try await jobs.run($0) }
        case .sql:
            return try await jobs.database.withTransaction { transaction in
                _ = try await transaction.query(
                    "SELECT set_config('stitch.traceparent', $1, true)",
                    sender.traceParent.description
                )
                let rows = try await transaction.query(
                    #"SELECT stitch.enqueue('send_receipt', '{"orderID": 0}', max_attempts => 2) AS id"#
                )
                return JobID(rawValue: try rows[0].decode("id"))
            }
        }
    }
}
