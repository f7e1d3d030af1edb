// SPDX-License-Identifier: Apache-2.0

import PostgresTesting
import StitchPostgres
import StitchTesting
import Testing
import TracedJobs

/// `make test-pgbouncer` runs it.
@Suite(
    "Behind a real PgBouncer in transaction mode",
    .timeLimit(.minutes(2)),
    .enabled(if: PgBouncer.executable != nil, "needs PgBouncer")
)
struct PgBouncerTests {
    private struct Refused: Error {}

    private func withPool(
        _ change: (inout PostgresConfiguration) -> Void = { _ in },
        _ body: (_ pooled: PostgresPool, _ direct: PostgresPool) async throws -> Void
    ) async throws {
        try await withStitchTest { test in
            let direct = try await test.database()
            try await PgBouncer.with(direct) { address in
                var address = address
                address.pooling = .transaction
                change(&address)
                let pooled = try PostgresPool(address)
                try await body(pooled, direct)
                await pooled.shutdown()
            }
        }
    }

    @Test("Statements of many tasks get their own answers, however often they are used again")
    func statements() async throws {
        try await withPool { pooled, _ in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<16 {
                    group.addTask {
                        for number in 0..<50 {
                            let rows = try await pooled.query(
                                "SELECT $1::bigint * 2 AS twice, $2::text AS t",
                                number,
                                "\(task)"
                            )
                            #expect(try rows[0].decode("twice", as: Int.self) == number * 2)
                            #expect(try rows[0].decode("t", as: String.self) == "\(task)")
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test("Transactions keep together: savepoints, batches and COPY, and what is rolled back is gone")
    func transactions() async throws {
        try await withPool { pooled, direct in
            try await pooled.execute("CREATE TABLE item (id integer PRIMARY KEY, name text)")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<8 {
                    group.addTask {
                        try await pooled.withTransaction { transaction in
                            try await transaction.copy(into: "item", columns: ["id", "name"], 0..<100) {
                                id,
                                row throws(PostgresError) in
                                try row.write(Int32(task * 1000 + id))
                                try row.write("copied")
                            }
                            try? await transaction.withSavepoint {
                                try await transaction.execute(
                                    "INSERT INTO item VALUES ($1, 'gone')",
                                    Int32(task * 1000 + 500)
                                )
                                throw CancellationError()
                            }
                            var batch = PostgresBatch()
                            for id in 600..<610 {
                                try batch.add("INSERT INTO item VALUES ($1, $2)", Int32(task * 1000 + id), "batched")
                            }
                            _ = try await transaction.run(batch)
                        }
                    }
                }
                try await group.waitForAll()
            }
            await #expect(throws: CancellationError.self) {
                try await pooled.withTransaction { transaction in
                    try await transaction.execute("DELETE FROM item")
                    throw CancellationError()
                }
            }
            let rows = try await direct.query("SELECT name, count(*) FROM item GROUP BY name ORDER BY name")
            #expect(try rows.map { try $0.decode(0, as: String.self) } == ["batched", "copied"])
            #expect(try rows.map { try $0.decode(1, as: Int.self) } == [80, 800])
        }
    }

    @Test("A statement whose task is cancelled ends on the server, and the connection goes on")
    func cancellation() async throws {
        try await withPool { pooled, direct in
            func sleeping() async throws -> Int {
                let sql =
                    "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active'"
                return try await direct.query(sql)[0].decode(0)
            }
            let task = Task { try await pooled.execute("SELECT pg_sleep(600)") }
            while try await sleeping() == 0 { await Task.yield() }
            task.cancel()
            await #expect(throws: PostgresError.self) { try await task.value }
            while try await sleeping() > 0 { await Task.yield() }
            #expect(try await pooled.query("SELECT 1")[0].decode(0, as: Int.self) == 1)
        }
    }

    @Test("What would stay with a connection that others use is refused, with what to do instead")
    func refusals() async throws {
        try await withPool { pooled, _ in
            for sql in ["LISTEN news", "SET statement_timeout = 5", "SELECT pg_advisory_lock(1)"] {
                let error = await #expect(throws: PostgresError.self, "\(sql)") { try await pooled.execute(sql) }
                #expect(error?.code == .unsupportedByPooler)
            }
            // What is like these, and goes.
            try await pooled.withTransaction { transaction in
                try await transaction.execute("SET LOCAL statement_timeout = 5000")
                try await transaction.execute("SELECT pg_advisory_xact_lock(1)")
            }
        }
    }

    @Test(
        "Jobs are enqueued each way and worked off, with a listener that leads past it and without",
        arguments: [true, false]
    )
    func jobs(hasListener: Bool) async throws {
        try await withStitchTest { test in
            let direct = try await test.jobs().database
            try await PgBouncer.with(direct) { address in
                var address = address
                address.pooling = .transaction
                let pooled = try PostgresPool(address)
                let jobs = try JobQueue(pooled)
                let inbox = Inbox<Int>()
                var configuration = JobWorkerConfiguration(queues: ["default": 20])
                if hasListener { configuration.listener = direct.configuration }
                configuration.fallbackInterval = hasListener ? .seconds(3600) : .milliseconds(50)
                let worker = try JobWorker(jobs, configuration).handle(SendReceipt.self) { job, attempt in
                    if job.orderID == 1, attempt.number == 1 { throw Refused() }
                    inbox.put(job.orderID)
                }
                let running = Task { try await worker.run() }
                try await jobs.enqueue(SendReceipt(orderID: 1))
                try await jobs.enqueue(all: (2...50).map { SendReceipt(orderID: $0) })
                try await jobs.enqueue(all: (51...600).map { SendReceipt(orderID: $0) })
                try await pooled.withTransaction { try await jobs.enqueue(SendReceipt(orderID: 601), in: $0) }
                try await jobs.enqueue(SendReceipt(orderID: 602), after: .milliseconds(20))
                #expect(Set(await inbox.take(602)) == Set(1...602))
                await worker.shutdown()
                try await running.value
                await pooled.shutdown()
            }
        }
    }
}
