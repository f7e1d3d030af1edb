// SPDX-License-Identifier: Apache-2.0

import PostgresTesting
import StitchPostgres
import StitchTesting
import Testing

private struct Rejected: Error {}

@Suite("Transactions on a real Postgres")
struct PostgresTransactionTests {
    private func withOrders(_ body: (PostgresPool) async throws -> Void) async throws {
        try await withStitchTest { test in
            let database = try await test.database()
            try await database.execute("CREATE TABLE orders (id integer PRIMARY KEY)")
            try await body(database)
        }
    }

    private func count(_ database: PostgresPool) async throws -> Int {
        try await database.query("SELECT count(*) AS count FROM orders")[0].decode("count")
    }

    @Test("It is invisible until it is committed")
    func commit() async throws {
        try await withOrders { database in
            try await database.withTransaction { transaction in
                try await transaction.execute("INSERT INTO orders VALUES ($1)", 1)
                #expect(try await count(database) == 0)
            }
            #expect(try await count(database) == 1)
        }
    }

    @Test("An error that leaves the closure rolls it back and goes on to the caller")
    func rollback() async throws {
        try await withOrders { database in
            await #expect(throws: Rejected.self) {
                try await database.withTransaction { transaction in
                    try await transaction.execute("INSERT INTO orders VALUES ($1)", 1)
                    throw Rejected()
                }
            }
            let rows = try await count(database)
            #expect(rows == 0)
        }
    }

    @Test("Cancelling the task in the middle rolls it back")
    func cancelled() async throws {
        try await withOrders { database in
            let task = Task {
                try await database.withTransaction { transaction in
                    try await transaction.execute("INSERT INTO orders VALUES ($1)", 1)
                    withUnsafeCurrentTask { $0?.cancel() }
                    try await transaction.execute("INSERT INTO orders VALUES ($1)", 2)
                }
            }
            let error = await #expect(throws: PostgresError.self) { try await task.value }
            #expect(error?.code == .cancelled)
            let rows = try await count(database)
            #expect(rows == 0)
        }
    }

    @Test("An error that was swallowed inside makes the commit fail, instead of losing the rows silently")
    func swallowed() async throws {
        try await withOrders { database in
            let error = await #expect(throws: PostgresError.self) {
                try await database.withTransaction { transaction in
                    try await transaction.execute("INSERT INTO orders VALUES ($1)", 1)
                    _ = try? await transaction.execute("INSERT INTO orders VALUES ($1)", 1)
                }
            }
            #expect(error?.code == .transactionAborted)
            let rows = try await count(database)
            #expect(rows == 0)
        }
    }

    @Test("A transaction that was kept is of no use afterwards")
    func kept() async throws {
        try await withOrders { database in
            let kept = try await database.withTransaction { $0 }
            let error = await #expect(throws: PostgresError.self) { try await kept.execute("SELECT 1") }
            #expect(error?.code == .transactionEnded)
        }
    }

    @Test("A second one on the same connection is refused, and the first goes on")
    func nested() async throws {
        try await withOrders { database in
            try await database.withConnection { connection in
                func nest() async throws {
                    try await connection.withTransaction { inner in
                        try await inner.execute("INSERT INTO orders VALUES (2)")
                    }
                }
                _ = await #expect(throws: Rejected.self) {
                    try await connection.withTransaction { outer in
                        try await outer.execute("INSERT INTO orders VALUES (1)")
                        var error: PostgresError?
                        do { try await nest() } catch let refusal as PostgresError { error = refusal }
                        #expect(error?.code == .transactionOpen)
                        #expect(error?.message.contains("withSavepoint") == true)
                        try await outer.execute("INSERT INTO orders VALUES (3)")
                        throw Rejected()
                    }
                }
            }
            let rows = try await count(database)
            #expect(rows == 0)
        }
    }

    @Test("A statement that ends it inside is told, instead of a commit that was none", arguments: [true, false])
    func endedInside(byCommit: Bool) async throws {
        try await withOrders { database in
            let error = await #expect(throws: PostgresError.self) {
                try await database.withTransaction { transaction in
                    try await transaction.execute("INSERT INTO orders VALUES (1)")
                    try await transaction.execute(byCommit ? "COMMIT" : "ROLLBACK")
                }
            }
            #expect(error?.code == .transactionEnded)
            let rows = try await count(database)
            #expect(rows == (byCommit ? 1 : 0))
        }
    }

    @Test("A part that ends after its transaction leaves alone who has the connection by then")
    func latePart() async throws {
        try await withOrders { database in
            var configuration = database.configuration
            configuration.maximumConnections = 1
            let pool = try PostgresPool(configuration)
            let (ended, end) = AsyncStream.makeStream(of: Void.self)
            let (begun, begin) = AsyncStream.makeStream(of: Void.self)
            let part = try await pool.withTransaction { transaction in
                let part = Task {
                    try await transaction.withSavepoint {
                        begin.yield()
                        for await _ in ended { break }
                        throw Rejected()
                    }
                }
                for await _ in begun { break }
                return part
            }
            try await pool.withTransaction { transaction in
                end.yield()
                await #expect(throws: Rejected.self) { try await part.value }
                try await transaction.execute("INSERT INTO orders VALUES (1)")
            }
            #expect(try await count(pool) == 1)
            await pool.shutdown()
        }
    }
}
