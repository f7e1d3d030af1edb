// SPDX-License-Identifier: Apache-2.0

import PostgresTesting
import StitchPostgres
import StitchTesting
import Synchronization
import Testing
import TracedJobs

@Suite("A queue whose rows came from another cluster", .timeLimit(.minutes(3)))
struct JobRebaseTests {
    private final class Done: Sendable {
        private let orders = Mutex<[Int]>([])
        var all: [Int] { orders.withLock { $0.sorted() } }
        func add(_ order: Int) { orders.withLock { $0.append(order) } }
    }

    private func worker(_ jobs: JobQueue, _ done: Done) throws -> JobWorker {
        try JobWorker(jobs, queues: ["default": 10]).handle(SendReceipt.self) { job, _ in done.add(job.orderID) }
    }

    private func enqueue(_ orders: ClosedRange<Int>, in jobs: JobQueue) async throws {
        // One by one, so that each has a transaction of its own.
        for order in orders { try await jobs.enqueue(SendReceipt(orderID: order)) }
    }

    /// Copies all rows of a schema, as a dump does, through files in a folder that both servers may use; replication leaves
    /// sequences as they are.
    private func copy(
        _ source: PostgresPool,
        _ target: PostgresPool,
        through folder: String,
        withSequences: Bool
    ) async throws {
        let tables = try await source.query(
            "SELECT relname::text AS name, relkind::text AS kind FROM pg_class WHERE relnamespace = 'stitch'::regnamespace"
        )
        for row in tables {
            let (name, kind): (String, String) = (try row.decode("name"), try row.decode("kind"))
            let file = "\(folder)/\(name).copy"
            if kind == "r" {
                try await source.execute("COPY stitch.\(name) TO '\(file)'")
                try await target.execute("TRUNCATE stitch.\(name)")
                try await target.execute("COPY stitch.\(name) FROM '\(file)'")
            } else if kind == "S", withSequences {
                let last: Int64 = try await source.query("SELECT last_value FROM stitch.\(name)")[0].decode(
                    "last_value"
                )
                _ = try await target.query("SELECT setval('stitch.\(name)', $1)", last)
            }
        }
    }

    @Test(
        "No open job is lost and no finished one done again, though some were enqueued before the queue was told",
        arguments: [true, false]
    )
    func restored(withSequences: Bool) async throws {
        let (old, new) = (try await TemporaryPostgres(), try await TemporaryPostgres())
        let (source, target) = (try PostgresPool(old.url), try PostgresPool(new.url))
        // The transactions of the old cluster have higher numbers than those of the new one have for long.
        try await source.execute(
            "DO $$ BEGIN FOR turn IN 1..3000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$"
        )
        let (there, here) = (try JobQueue(source), try JobQueue(target))
        try await there.migrate()
        try await here.migrate()
        let done = Done()
        try await enqueue(1...5, in: there)
        try await worker(there, done).drain()
        try await enqueue(6...8, in: there)
        try await there.loseWorker("lost", kind: SendReceipt.kind)
        try await enqueue(9...10, in: there)
        try await copy(source, target, through: old.folder, withSequences: withSequences)
        #expect(done.all == Array(1...5))

        // Where the numbers lag behind, nobody can enqueue a job without taking that of another.
        if withSequences { try await enqueue(11...13, in: here) }
        let refused = await #expect(throws: (any Error).self) { try await worker(here, done).drain() }
        #expect("\(String(describing: refused))".contains("rebase()"), "\(String(describing: refused))")
        let count: Int64 = try await target.query("SELECT stitch.rebase() AS count")[0].decode("count")
        #expect(count == (withSequences ? 8 : 5))
        if !withSequences {
            try await enqueue(11...13, in: here)
            let twice = "SELECT count(*) - count(DISTINCT seq) AS number FROM stitch.job"
            #expect(try await target.query(twice)[0].decode("number", as: Int.self) == 0)
            // Queues and kinds too have numbers.
            try await here.enqueue(SendReceipt(orderID: 99), queue: "other")
        }
        try await enqueue(14...14, in: here)
        try await worker(here, done).drain()
        #expect(done.all == Array(1...14))
        // Said again, it changes nothing but the place of what nobody works on.
        let again: Int64 = try await target.query("SELECT stitch.rebase() AS count")[0].decode("count")
        #expect(again == (withSequences ? 0 : 1))
        try await worker(here, done).drain()
        #expect(done.all == Array(1...14))
        let states = "SELECT count(*) FILTER (WHERE state = 'succeeded') AS number FROM stitch.jobs"
        #expect(try await target.query(states)[0].decode("number", as: Int.self) == 14)
        for database in [source, target] { await database.shutdown() }
        for server in [old, new] { await server.stop() }
    }

    @Test("A job is kept whose transaction was open when the queue was told, and draws no claim past itself")
    func enqueuedMeanwhile() async throws {
        try await withStitchTest { test in
            let jobs = try await test.jobs()
            let done = Done()
            try await enqueue(1...2, in: jobs)
            var rebase: Task<Void, any Error>?
            try await jobs.database.withTransaction { transaction in
                try await jobs.enqueue(SendReceipt(orderID: 3), in: transaction)
                rebase = Task { _ = try await jobs.database.query("SELECT stitch.rebase()") }
                // Until it waits for this transaction.
                try await jobs.database.execute(
                    """
                    DO $$ BEGIN
                        FOR turn IN 1..500 LOOP
                            EXIT WHEN EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'stitch.job'::regclass);
                            PERFORM pg_sleep(0.02);
                        END LOOP;
                    END $$
                    """
                )
            }
            try await rebase?.value
            try await worker(jobs, done).drain()
            #expect(done.all == [1, 2, 3])
        }
    }
}
