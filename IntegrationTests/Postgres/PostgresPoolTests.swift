// SPDX-License-Identifier: Apache-2.0

import PostgresTesting
import StitchPostgres
import StitchService
import StitchTesting
import Testing

@Suite("A pool on a real Postgres", .timeLimit(.minutes(1)))
struct PostgresPoolTests {
    private func withPool(
        _ change: (inout PostgresConfiguration) -> Void = { _ in },
        _ body: (PostgresPool) async throws -> Void
    ) async throws {
        try await withStitchTest { test in
            var configuration = try await test.database().configuration
            change(&configuration)
            let pool = try PostgresPool(configuration)
            try await body(pool)
            await pool.shutdown()
        }
    }

    @Test("It never opens more connections than it may, and serves all callers")
    func bound() async throws {
        try await withPool {
            $0.maximumConnections = 3
        } _: { pool in
            let processes = try await withThrowingTaskGroup { group in
                for _ in 0..<50 {
                    group.addTask {
                        try await pool.query("SELECT pg_backend_pid() AS pid FROM pg_sleep(0.005)")[0]
                            .decode("pid", as: Int.self)
                    }
                }
                return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
            }
            #expect((1...3).contains(processes.count))
        }
    }

    @Test("Who waits too long for a connection is told so")
    func timeout() async throws {
        try await withPool {
            $0.maximumConnections = 1
            $0.acquireTimeout = .milliseconds(50)
        } _: { pool in
            try await pool.withConnection { _ in
                let error = await #expect(throws: PostgresError.self) { try await pool.query("SELECT 1") }
                #expect(error?.code == .poolTimedOut)
                #expect(error?.isRetryable == true)
            }
            #expect(try await pool.query("SELECT 1").count == 1)
        }
    }

    @Test("A connection that the server closed is replaced without the next caller noticing")
    func broken() async throws {
        try await withPool {
            $0.maximumConnections = 2
        } _: { pool in
            try await pool.withConnection { first in
                let process = try await first.query("SELECT pg_backend_pid() AS pid")[0].decode("pid", as: Int.self)
                _ = try await pool.query("SELECT pg_terminate_backend($1, 5000)", process)
                let error = await #expect(throws: PostgresError.self) { try await first.query("SELECT 1") }
                #expect(error?.isRetryable == true)
            }
            for _ in 0..<3 { #expect(try await pool.query("SELECT 1").count == 1) }
        }
    }

    @Test("A connection that comes back inside a transaction is not used again")
    func leftOpen() async throws {
        try await withPool {
            $0.maximumConnections = 1
        } _: { pool in
            try await pool.withConnection { connection in
                try await connection.execute("CREATE TABLE left_open ()")
                try await connection.execute("BEGIN")
                try await connection.execute("DROP TABLE left_open")
            }
            #expect(try await pool.query("SELECT FROM left_open").isEmpty)
        }
    }

    @Test("A shutdown waits for the connections in use, refuses all others, and ends run()")
    func shutdown() async throws {
        try await withPool { pool in
            async let running: Void = pool.run()
            let (entered, enter) = AsyncStream.makeStream(of: Void.self)
            async let used = pool.withConnection { connection in
                enter.yield()
                return try await connection.query("SELECT pg_sleep(0.2)::text").count
            }
            for await _ in entered { break }
            await pool.shutdown()
            #expect(try await used == 1)
            try await running
            let error = await #expect(throws: PostgresError.self) { try await pool.query("SELECT 1") }
            #expect(error?.code == .poolClosed)
        }
    }

    @Test("Cancelling run() breaks the connections in use")
    func cancelled() async throws {
        try await withPool { pool in
            let (entered, enter) = AsyncStream.makeStream(of: Void.self)
            let running = Task { try await pool.run() }
            let used = Task {
                try await pool.withConnection { connection in
                    try await connection.execute("SELECT 1")
                    enter.yield()
                    return try await connection.query("SELECT pg_sleep(60)::text").count
                }
            }
            for await _ in entered { break }
            running.cancel()
            try await running.value
            await #expect(throws: PostgresError.self) { try await used.value }
        }
    }

    @Test("An address where nobody answers gives an error that says so")
    func unreachable() async throws {
        let pool = try PostgresPool("postgres://nobody:hunter2@127.0.0.1:1/none")
        let error = try #require(await #expect(throws: PostgresError.self) { try await pool.query("SELECT 1") })
        #expect(error.code == .connectionFailed && error.isRetryable)
        #expect(error.message.contains("127.0.0.1") && !error.message.contains("hunter2"))
        #expect(!pool.health.isHealthy)
    }

    @Test("Who comes when as many wait as may is refused at once")
    func full() async throws {
        try await withPool {
            $0.maximumConnections = 1
            $0.maximumWaiters = 0
        } _: { pool in
            try await pool.withConnection { _ in
                let error = await #expect(throws: PostgresError.self) { try await pool.query("SELECT 1") }
                #expect(error?.code == .poolFull)
            }
            #expect(pool.statistics.refused == 1)
        }
    }

    @Test("Connections that nobody uses are closed, those that are too old are replaced, and the numbers say so")
    func aging() async throws {
        try await withPool {
            $0.maximumConnections = 2
            $0.idleTimeout = .milliseconds(20)
        } _: { pool in
            #expect(try await pool.query("SELECT 1").count == 1)
            // Another connection sees in the server's list that it has gone.
            _ = try await pool.withConnection { connection in
                try await connection.execute(
                    """
                    DO $$ BEGIN LOOP
                        EXIT WHEN NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()
                            AND pid <> pg_backend_pid() AND backend_type = 'client backend');
                        PERFORM pg_sleep(0.01), pg_stat_clear_snapshot();
                    END LOOP; END $$
                    """
                )
            }
            #expect(pool.statistics.acquired == 2 && pool.statistics.leased == 0)
        }
        try await withPool {
            $0.maximumConnections = 1
            $0.maximumLifetime = .zero
        } _: { pool in
            for _ in 0..<3 { try await pool.execute("SELECT 1") }
            let statistics = pool.statistics
            #expect(statistics.opened == 3 && statistics.closed == 3 && statistics.idle == 0)
        }
    }

    @Test("A connection that was idle is asked whether it lives, and replaced if it doesn't")
    func checked() async throws {
        try await withPool {
            $0.maximumConnections = 1
            $0.checkAfter = .zero
        } _: { pool in
            for _ in 0..<3 { try await pool.execute("SELECT 1") }
            #expect(pool.statistics.opened == 1)
        }
    }

    @Test("Connections that are closed say goodbye, so that the server counts none as abandoned")
    func goodbye() async throws {
        try await withStitchTest { test in
            let database = try await test.database()
            let pool = try PostgresPool(database.configuration)
            let processes = try await pool.withConnection { first in
                try await pool.withConnection { second in
                    [
                        try await first.query("SELECT pg_backend_pid()")[0].decode(0, as: Int.self),
                        try await second.query("SELECT pg_backend_pid()")[0].decode(0, as: Int.self),
                    ]
                }
            }
            await pool.shutdown()
            try await database.execute(
                """
                DO $$ BEGIN LOOP
                    EXIT WHEN NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid IN (\(processes[0]), \(processes[1])));
                    PERFORM pg_sleep(0.01), pg_stat_clear_snapshot();
                END LOOP; END $$
                """
            )
            let abandoned: Int = try await database.query(
                "SELECT sessions_abandoned FROM pg_stat_database WHERE datname = current_database()"
            )[0].decode(0)
            #expect(abandoned == 0)
        }
    }

    @Test("What a connection listened to before it came back is not kept for ever")
    func heard() async throws {
        try await withPool {
            $0.maximumConnections = 1
        } _: { pool in
            try await pool.withConnection { try await $0.listen(to: "orders") }
            _ = try await pool.query("SELECT pg_notify('orders', '1')::text")
            try await pool.withConnection { connection in
                #expect(try await connection.nextNotification(within: .milliseconds(50)) == nil)
                _ = try await connection.query("SELECT pg_notify('orders', '2')::text")
                #expect(try await connection.nextNotification().payload == "2")
            }
        }
    }

    @Test("A statement that takes longer than it may is stopped on the server, and the connection goes on")
    func statementTimeout() async throws {
        try await withPool {
            $0.maximumConnections = 1
            $0.statementTimeout = .milliseconds(50)
        } _: { pool in
            let error = await #expect(throws: PostgresError.self) { try await pool.query("SELECT pg_sleep(60)::text") }
            #expect(error?.code == .timedOut)
            #expect(error?.message.contains("0.05 seconds") == true)
            try await pool.withConnection { connection in
                await connection.limitStatements(to: nil)
                try await connection.execute("SELECT pg_sleep(0.1)::text")
            }
            #expect(pool.statistics.opened == 1)
        }
    }
}
