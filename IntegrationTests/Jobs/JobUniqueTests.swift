// SPDX-License-Identifier: Apache-2.0

import PostgresTesting
import StitchPostgres
import StitchTesting
import Testing
import TracedJobs

private struct SendLetter: Job {
    static let kind = "send_letter"
    var text: String
}

@Suite("Unique jobs on a real Postgres", .timeLimit(.minutes(3)))
struct JobUniqueTests {
    @Test("Of jobs of one key there is one, whatever becomes of its attempts, until it has ended")
    func oneAtATime() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let unique = JobUniqueness(.arguments)
            let first = try await jobs.enqueue(SendReceipt(orderID: 7), unique: unique)
            let second = try await jobs.enqueue(SendReceipt(orderID: 7), unique: unique, after: .seconds(60))
            let other = try await jobs.enqueue(SendReceipt(orderID: 8), unique: unique)
            #expect(first.isNew && !second.isNew && second.id == first.id && other.isNew)
            let worker = try JobWorker(jobs, queues: ["default": 1]).handle(SendReceipt.self) { job, attempt in
                let again = try await jobs.enqueue(job, unique: unique)
                #expect(!again.isNew)
                switch attempt.number {
                case 1: throw Bounced()
                case 2 where attempt.losses == 0 && job.orderID == 7: throw JobControl.discard("no more")
                default: break
                }
            }
            try await worker.drain(advancingTime: true)
            #expect(try await jobs.column("state", of: first.id) == "discarded")
            let later = try await jobs.enqueue(SendReceipt(orderID: 7), unique: unique)
            #expect(later.isNew && later.id != first.id)
        }
    }

    @Test("A send that found a job of its key says so, and which one that is")
    func deduplicated() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let unique = JobUniqueness(.text("daily"))
            for _ in 0..<2 { _ = try await jobs.enqueue(SendReceipt(orderID: 7), unique: unique) }
            let worker = try JobWorker(jobs, queues: ["default": 1]).handle(SendReceipt.self) { _, _ in }
            try await worker.drain()
            let sends = test.spans.send("default/send_receipt")
            #expect(sends.map { $0.attributes["stitch.job.deduplicated"] } == [nil, true])
            #expect(sends[0].attributes["messaging.message.id"] == sends[1].attributes["messaging.message.id"])
        }
    }

    @Test("A job that is unique by a text may have data that no jsonb holds; by SQL a period without a key is refused")
    func unstorableData() async throws {
        try await withStitchTest { test in
            let jobs = try await test.jobs()
            let job = SendLetter(text: "\0")
            for isNew in [true, false, false] {
                let unique = JobUniqueness(.text("letter"), period: .seconds(86_400))
                #expect(try await jobs.enqueue(job, unique: unique).isNew == isNew)
            }
            for option in ["unique_period => '1 day'", "unique_until => '{dead}'"] {
                let error = await #expect(throws: PostgresError.self) {
                    try await jobs.database.execute("SELECT stitch.enqueue('send_receipt', \(option))")
                }
                #expect(error?.code == .server("22023"))
                #expect(error?.message.contains("unique_by") == true)
            }
        }
    }

    @Test(
        "A key is kept for the period after the ends that it is to be kept after, unless told otherwise after success",
        arguments: [([.succeeded], true), (nil, true), ([.dead], false), ([], false)]
            as [(Set<JobUniqueness.Ending>?, Bool)]
    )
    func period(kept: Set<JobUniqueness.Ending>?, keeps: Bool) async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let unique = JobUniqueness(.text("daily"), period: .seconds(86_400), keptAfter: kept)
            let first = try await jobs.enqueue(SendReceipt(orderID: 7), unique: unique)
            let worker = try JobWorker(jobs, queues: ["default": 1]).handle(SendReceipt.self) { _, _ in }
            try await worker.drain()
            let second = try await jobs.enqueue(SendReceipt(orderID: 8), unique: unique)
            #expect(second.isNew == !keeps && (second.id == first.id) == keeps)
            try await jobs.advanceClock(by: .seconds(86_400))
            let third = try await jobs.enqueue(SendReceipt(orderID: 9), unique: unique)
            #expect(third.isNew)
        }
    }

    @Test("One in each period, by SQL: also after it was done, but not after it was cancelled")
    func periodInSQL() async throws {
        try await withStitchTest { test in
            let jobs = try await test.jobs()
            func enqueue(_ key: String) async throws -> Int64 {
                let sql = """
                    SELECT stitch.enqueue('send_receipt', '{"orderID": 7}', unique_by => $1, unique_period => '1 day') AS id
                    """
                return try await jobs.database.query(sql, key)[0].decode("id")
            }
            let worker = try JobWorker(jobs, queues: ["default": 1]).handle(SendReceipt.self) { _, _ in }
            let (done, cancelled) = (try await enqueue("done"), try await enqueue("cancelled"))
            try await jobs.cancel(JobID(rawValue: cancelled))
            try await worker.drain()
            #expect(try await enqueue("done") == done)
            #expect(try await enqueue("cancelled") != cancelled)
        }
    }

    @Test("A dead job that is done at last keeps its key as if it had been done at once")
    func revived() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let unique = JobUniqueness(.text("daily"), period: .seconds(86_400), keptAfter: [.succeeded])
            let worker = try JobWorker(jobs, queues: ["default": 1]).handle(SendReceipt.self) { _, attempt in
                if attempt.number == 1 { throw Bounced() }
            }
            let first = try await jobs.enqueue(SendReceipt(orderID: 7), unique: unique, maximumAttempts: 1)
            try await worker.drain()
            #expect(try await jobs.column("state", of: first.id) == "dead")
            #expect(try await jobs.retry(first.id))
            try await worker.drain()
            let second = try await jobs.enqueue(SendReceipt(orderID: 8), unique: unique)
            #expect(!second.isNew && second.id == first.id)
            try await jobs.advanceClock(by: .seconds(86_400))
            #expect(try await jobs.enqueue(SendReceipt(orderID: 9), unique: unique).isNew)
        }
    }

    @Test("A transaction that is rolled back gives its key back")
    func rollback() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let unique = JobUniqueness(.arguments)
            await #expect(throws: Bounced.self) {
                try await jobs.database.withTransaction { transaction in
                    _ = try await jobs.enqueue(SendReceipt(orderID: 7), unique: unique, in: transaction)
                    throw Bounced()
                }
            }
            #expect(try await jobs.enqueue(SendReceipt(orderID: 7), unique: unique).isNew)
        }
    }

    @Test("Who finds a key taken holds up neither the end of the job that has it nor others, however long it goes on")
    func openTransaction() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let unique = JobUniqueness(.arguments)
            let first = try await jobs.enqueue(SendReceipt(orderID: 7), unique: unique)
            let worker = try JobWorker(jobs, queues: ["default": 1]).handle(SendReceipt.self) { _, _ in }
            try await jobs.database.withTransaction { transaction in
                let second = try await jobs.enqueue(SendReceipt(orderID: 7), unique: unique, in: transaction)
                #expect(!second.isNew && second.id == first.id)
                // Fails at once if the key is locked, where the worker would wait.
                _ = try await jobs.database.query("SELECT key FROM stitch.uniq FOR UPDATE NOWAIT")
                try await worker.drain()
                #expect(try await jobs.column("state", of: first.id) == "succeeded")
                #expect(try await jobs.enqueue(SendReceipt(orderID: 7), unique: unique).isNew)
            }
        }
    }

    @Test("Of many that enqueue a job of one key at once one gets it, whether the key is new or was kept until now")
    func race() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let unique = JobUniqueness(.arguments)
            for _ in 0..<5 {
                let enqueued = try await withThrowingTaskGroup(of: EnqueuedJob.self) { group in
                    for _ in 0..<8 {
                        group.addTask { try await jobs.enqueue(SendReceipt(orderID: 7), unique: unique) }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(Set(enqueued.map(\.id)).count == 1 && enqueued.count(where: \.isNew) == 1)
                // Its time is over, but nobody has cleared it away.
                try await jobs.database.execute("UPDATE stitch.uniq SET until = stitch.now()")
            }
        }
    }
}
