// SPDX-License-Identifier: Apache-2.0

import PostgresTesting
import StitchPostgres
import StitchTesting
import Synchronization
import TelemetryAPI
import Testing
import TraceContext
import TracedJobs

@Suite("Many jobs, and jobs by other ways, on a real Postgres", .timeLimit(.minutes(3)))
struct JobBulkTests {
    @Test("Jobs that are enqueued together each have a creation of their own, which their attempts link to")
    func bulk() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let ids = try await withSpan("POST /orders") { _ in
                try await jobs.enqueue(all: (1...20).map { SendReceipt(orderID: $0) })
            }
            #expect(ids.map(\.rawValue) == ids.map(\.rawValue).sorted() && Set(ids).count == 20)
            let orders = Mutex<[Int]>([])
            let worker = try JobWorker(jobs, queues: ["default": 1]).handle(SendReceipt.self) { job, _ in
                orders.withLock { $0.append(job.orderID) }
            }
            try await worker.drain()
            #expect(orders.withLock { $0 } == Array(1...20))
            let sends = test.spans.send("default/send_receipt")
            #expect(sends.count == 1 && sends[0].links.count == 20)
            let attempts = test.spans.process("default/send_receipt")
            #expect(Set(attempts.compactMap { $0.links.first?.spanID }) == Set(sends[0].links.map(\.spanID)))
            for (id, attempt) in zip(ids, attempts) {
                #expect(attempt.attributes["messaging.message.id"] == .string("\(id)"))
            }
        }
    }

    @Test("Jobs that are enqueued together and are to wait are done when they are due")
    func delayed() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let ids = try await jobs.enqueue(all: (1...300).map { SendReceipt(orderID: $0) }, after: .seconds(3600))
            #expect(ids.map(\.rawValue) == ids.map(\.rawValue).sorted() && Set(ids).count == 300)
            let orders = Mutex<[Int]>([])
            let worker = try JobWorker(jobs, queues: ["default": 1]).handle(SendReceipt.self) { job, _ in
                orders.withLock { $0.append(job.orderID) }
            }
            try await worker.drain()
            #expect(orders.withLock { $0.isEmpty })
            try await worker.drain(advancingTime: true)
            #expect(orders.withLock { $0.sorted() } == Array(1...300))
            let sends = test.spans.send("default/send_receipt")
            #expect(sends.count == 1 && sends[0].attributes["messaging.batch.message_count"] == .int(300))
            let attempts = test.spans.process("default/send_receipt")
            #expect(Set(attempts.compactMap { $0.links.first?.spanID }).count == 300)
        }
    }

    @Test("A closure that throws ends the send span with its error, and no job is there")
    func foreignFailure() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            await #expect(throws: Bounced.self) {
                try await jobs.enqueue(SendReceipt(orderID: 7)) { _ in throw Bounced() }
            }
            let send = try #require(test.spans.send("default/send_receipt").first)
            #expect(send.attributes["error.type"] != nil && send.status.isError)
            #expect(try await jobs.database.query("SELECT FROM stitch.jobs").isEmpty)
        }
    }

    @Test("Baggage of SET LOCAL that is hostile is kept as it is or left out, and the job is done all the same")
    func hostileBaggage() async throws {
        try await withStitchTest { test in
            let jobs = try await test.jobs()
            let texts = ["a=1', 'b", "%00=%ff;;,,=", "\u{202e}ö=\u{1f600}", String(repeating: "a=1,", count: 4096)]
            for text in texts {
                try await jobs.database.withTransaction { transaction in
                    _ = try await transaction.query("SELECT set_config('stitch.baggage', $1, true)", text)
                    _ = try await transaction.query(#"SELECT stitch.enqueue('send_receipt', '{"orderID": 7}')"#)
                }
            }
            let lengths = try await jobs.database.query(
                "SELECT coalesce(octet_length(baggage), 0) AS length FROM stitch.jobs ORDER BY id"
            ).map { try $0.decode("length", as: Int.self) }
            #expect(lengths == texts.map { $0.utf8.count > 8192 ? 0 : $0.utf8.count })
            let done = Mutex(0)
            let worker = try JobWorker(jobs, queues: ["default": 1]).handle(SendReceipt.self) { _, _ in
                done.withLock { $0 += 1 }
            }
            try await worker.drain()
            #expect(done.withLock { $0 } == texts.count)
        }
    }

    @Test("A wish of jobs that are enqueued together is that of each", arguments: [20, 300])
    func wish(count: Int) async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            try await withSpan("POST /orders") { _ in
                _ = try await jobs.enqueue(all: (1...count).map { SendReceipt(orderID: $0) }, wish: .newTrace)
            }
            let worker = try JobWorker(jobs, queues: ["default": 1]).handle(SendReceipt.self) { _, _ in }
            try await worker.drain()
            let attempts = test.spans.process("default/send_receipt")
            #expect(attempts.count == count && Set(attempts.map(\.traceID)).count == count)
        }
    }

    @Test("Unique jobs that are enqueued together say of each whether it is new, and others wait without a deadlock")
    func uniqueTogether() async throws {
        try await withStitchTest { test in
            let jobs = try await test.jobs()
            for round in 0..<5 {
                let wanted = (1...300).map { SendReceipt(orderID: round * 1000 + $0 / 2) }
                async let one = jobs.enqueue(all: wanted, after: .seconds(60)) { _ in JobUniqueness(.arguments) }
                async let other = jobs.enqueue(all: wanted.reversed()) { _ in JobUniqueness(.arguments) }
                let (first, second) = (try await one, Array(try await other.reversed()))
                #expect(first.map(\.id) == second.map(\.id))
                let news = [first, second].map { $0.filter(\.isNew).count }
                #expect(news == [151, 0] || news == [0, 151])
            }
            #expect(try await jobs.enqueue(all: [SendReceipt]()) { _ in JobUniqueness(.arguments) }.isEmpty)
        }
    }

    @Test(
        "Many jobs are copied: their ids are in their order, also after others in one transaction, and each has its trace"
    )
    func copied() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let (few, many) = try await jobs.database.withTransaction { transaction in
                let few = try await jobs.enqueue(all: (1...3).map { SendReceipt(orderID: $0) }, in: transaction)
                return (few, try await jobs.enqueue(all: (4...600).map { SendReceipt(orderID: $0) }, in: transaction))
            }
            let rows = try await jobs.database.query(
                "SELECT id, payload->>'orderID' AS number FROM stitch.jobs ORDER BY id"
            )
            #expect(try rows.map { try $0.decode("id", as: Int64.self) } == (few + many).map(\.rawValue))
            #expect(try rows.map { try $0.decode("number", as: String.self) } == (1...600).map { "\($0)" })
            let creations = test.spans.all.filter { $0.name == "create default/send_receipt" }.map(\.spanID)
            #expect(Set(creations).count == 600)
            let worker = try JobWorker(jobs, queues: ["default": 200]).handle(SendReceipt.self) { _, _ in }
            try await worker.drain()
            let attempts = test.spans.process("default/send_receipt")
            #expect(attempts.count == 600 && Set(attempts.compactMap { $0.links.first?.spanID }) == Set(creations))
        }
    }

    @Test("Of many jobs none exists if one can't be written", arguments: [3, 400])
    func unwritable(count: Int) async throws {
        struct Weigh: Job {
            static let kind = "weigh"
            var weight: Double
        }
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let work = (1...count).map { Weigh(weight: $0 == count - 1 ? .nan : 1) }
            let error = await #expect(throws: JobError.self) { try await jobs.enqueue(all: work) }
            #expect(error?.code == .invalidPayload)
            #expect(try await jobs.database.query("SELECT FROM stitch.job").isEmpty)
            #expect(test.spans.send("default/weigh").allSatisfy { $0.status.isError })
            // The connection is as good as before.
            try await jobs.enqueue(all: (1...count).map { Weigh(weight: Double($0)) })
            #expect(try await jobs.database.query("SELECT FROM stitch.job").count == count)
        }
    }

    @Test("What SQL enqueues continues the trace that the transaction names, and what it names wrongly costs nothing")
    func sql() async throws {
        try await withStitchTest { test in
            let jobs = try await test.jobs()
            let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
            for context in [parent, "rubbish"] {
                try await jobs.database.withTransaction { transaction in
                    _ = try await transaction.query("SELECT set_config('stitch.traceparent', $1, true)", context)
                    _ = try await transaction.query("SELECT set_config('stitch.tracestate', 'a=1', true)")
                    _ = try await transaction.query("SELECT stitch.enqueue('send_receipt', '{\"orderID\": 7}')")
                }
            }
            let worker = try JobWorker(jobs, queues: ["default": 1]).handle(SendReceipt.self) { _, attempt in
                if attempt.number == 1 { throw Bounced() }
            }
            try await worker.drain(advancingTime: true)
            #expect(worker.counts.succeeded == 2 && worker.counts.failed == 2)
            let attempts = test.spans.process("default/send_receipt")
            let continued = attempts.filter { $0.traceID.description == "0af7651916cd43dd8448eb211c80319c" }
            #expect(continued.count == 2)
            #expect(continued.allSatisfy { $0.links.first?.spanID.description == "b7ad6b7169203331" })
            #expect(attempts.filter { $0.links.isEmpty }.count == 1)
            let found = try await jobs.database.query(
                "SELECT state FROM stitch.jobs_of_trace('0af7651916cd43dd8448eb211c80319c')"
            )
            #expect(try found.map { try $0.decode("state", as: String.self) } == ["succeeded"])
        }
    }

    @Test("On another library's connection the statement runs inside the send span, whose context the job has")
    func foreign() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let id = try await jobs.enqueue(SendReceipt(orderID: 7), priority: .urgent) { try await jobs.run($0) }
            let send = test.spans.send("default/send_receipt")[0]
            #expect(try await jobs.column("encode(span_id, 'hex')", of: id) == send.spanID.description)
            #expect(try await jobs.column("priority", of: id) == "0")
        }
    }

    @Test("Higher priorities go first")
    func priorities() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            for (order, priority) in JobPriority.allCases.reversed().enumerated() {
                try await jobs.enqueue(SendReceipt(orderID: order), priority: priority)
            }
            let orders = Mutex<[Int]>([])
            let worker = try JobWorker(jobs, queues: ["default": 1]).handle(SendReceipt.self) { job, _ in
                orders.withLock { $0.append(job.orderID) }
            }
            try await worker.drain()
            #expect(orders.withLock { $0 } == [3, 2, 1, 0])
        }
    }
}
