// SPDX-License-Identifier: Apache-2.0

import PostgresTesting
import StitchPostgres
import StitchTesting
import Testing
import TracedJobs

private struct TakeStock: Job {
    static let kind = "take_stock"
    var shelf: Int
}

private struct Undone: Error {}

@Suite("The numbers of queues and kinds on a real Postgres", .timeLimit(.minutes(3)))
struct JobRouteTests {
    @Test("Numbers of a schema that was dropped and made anew are not used, however jobs are enqueued")
    func schemaMadeAnew() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            // Looked up, and then known.
            for _ in 1...2 { try await jobs.enqueue(SendReceipt(orderID: 1), queue: "mail") }
            try await remake(jobs, before: ["a", "b"])
            try await jobs.enqueue(SendReceipt(orderID: 2), queue: "mail")
            try await jobs.enqueue(SendReceipt(orderID: 3), queue: "mail")
            try await remake(jobs, before: ["a", "b", "c"])
            try await jobs.enqueue(all: [SendReceipt(orderID: 4)], queue: "mail")
            #expect(try await orders(jobs, in: "mail") == [4])
            try await remake(jobs, before: ["a"])
            try await jobs.enqueue(all: (1...300).map { SendReceipt(orderID: $0) }, queue: "mail")
            #expect(try await orders(jobs, in: "mail") == Array(1...300))
        }
    }

    @Test("In a transaction such numbers fail it at most, and the next one looks them up")
    func transaction() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            for _ in 1...2 { try await jobs.enqueue(SendReceipt(orderID: 1), queue: "mail") }
            try await remake(jobs, before: ["a"])
            // They are not known where any transaction was open that is older.
            let first = try? await jobs.database.withTransaction { transaction in
                try await jobs.enqueue(SendReceipt(orderID: 2), queue: "mail", in: transaction)
            }
            try await jobs.database.withTransaction { transaction in
                _ = try await jobs.enqueue(SendReceipt(orderID: 3), queue: "mail", in: transaction)
            }
            #expect(try await orders(jobs, in: "mail") == (first == nil ? [3] : [2, 3]))
        }
    }

    @Test("Names that a transaction made which was rolled back are made again")
    func rolledBack() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            await #expect(throws: Undone.self) {
                try await jobs.database.withTransaction { transaction in
                    // The second time the numbers are known, if they may be.
                    for shelf in 1...2 {
                        try await jobs.enqueue(TakeStock(shelf: shelf), queue: "stock", in: transaction)
                    }
                    throw Undone()
                }
            }
            // Another queue and another kind take the numbers.
            try await jobs.enqueue(SendReceipt(orderID: 7), queue: "mail")
            for shelf in 3...4 { try await jobs.enqueue(TakeStock(shelf: shelf), queue: "stock") }
            let worker = try JobWorker(jobs, queues: ["stock": 1]).handle(TakeStock.self) { _, _ in }
            try await worker.drain()
            #expect(worker.counts.succeeded == 2)
            #expect(try await orders(jobs, in: "mail") == [7])
        }
    }

    /// Drops the schema and makes it anew, so that other queues have the numbers.
    private func remake(_ jobs: JobQueue, before queues: [String]) async throws {
        try await jobs.database.execute("DROP SCHEMA stitch CASCADE")
        try await jobs.migrate()
        for queue in queues {
            _ = try await jobs.database.query("SELECT stitch.queue_id($1), stitch.kind_id($1)", queue)
        }
    }

    private func orders(_ jobs: JobQueue, in queue: String) async throws -> [Int] {
        let sql = """
            SELECT (payload->>'orderID')::integer AS id FROM stitch.jobs
            WHERE queue = $1 AND kind = 'send_receipt' ORDER BY stitch.jobs.id
            """
        return try await jobs.database.query(sql, queue).map { try $0.decode("id") }
    }
}
