// SPDX-License-Identifier: Apache-2.0

import Foundation
import PostgresTesting
import StitchPostgres
import StitchService
import StitchTesting
import Testing

@Suite("A pool whose connections die", .timeLimit(.minutes(2)))
struct PostgresPoolFailureTests {
    private static let isOwnServer = (ProcessInfo.processInfo.environment["POSTGRES_URL"] ?? "").isEmpty

    private func withPool(
        _ change: (inout PostgresConfiguration) -> Void = { _ in },
        _ body: (_ pool: PostgresPool, _ database: PostgresPool) async throws -> Void
    ) async throws {
        try await withStitchTest { test in
            let database = try await test.database()
            var configuration = database.configuration
            change(&configuration)
            let pool = try PostgresPool(configuration)
            try await body(pool, database)
            await pool.shutdown()
        }
    }

    private func process(_ connection: PostgresConnection) async throws -> Int {
        try await connection.query("SELECT pg_backend_pid()")[0].decode(0)
    }

    @Test("Callers are served in their order although the connection dies under each of them")
    func order() async throws {
        try await withPool {
            $0.maximumConnections = 1
        } _: { pool, database in
            let (served, serve) = AsyncStream.makeStream(of: Int.self)
            try await withThrowingTaskGroup { group in
                try await pool.withConnection { connection in
                    for caller in 0..<4 {
                        group.addTask {
                            try await pool.withConnection { connection in
                                serve.yield(caller)
                                _ = try? await connection.query("SELECT pg_terminate_backend(pg_backend_pid())")
                            }
                        }
                        while pool.statistics.waiting <= caller, !Task.isCancelled { await Task.yield() }
                    }
                    let process = try await process(connection)
                    _ = try await database.query("SELECT pg_terminate_backend($1, 5000)", process)
                }
                try await group.waitForAll()
            }
            serve.finish()
            let order = await served.reduce(into: []) { $0.append($1) }
            #expect(order == [0, 1, 2, 3])
            #expect(pool.statistics.opened == 5 && pool.statistics.timedOut == 0)
        }
    }

    @Test("Connections that the server closed while they were idle are replaced, and nobody notices")
    func closedIdle() async throws {
        try await withPool {
            $0.maximumConnections = 2
        } _: { pool, database in
            let processes = try await pool.withConnection { first in
                try await pool.withConnection { second in [try await process(first), try await process(second)] }
            }
            for process in processes { _ = try await database.query("SELECT pg_terminate_backend($1, 5000)", process) }
            let found = try await pool.withConnection { first in
                try await pool.withConnection { second in [try await process(first), try await process(second)] }
            }
            #expect(Set(found).isDisjoint(with: processes))
            #expect(pool.statistics.opened == 4 && pool.statistics.closed == 2 && pool.statistics.failed == 0)
        }
    }

    @Test("After one idle connection was found silent the others are not asked, but closed", .enabled(if: isOwnServer))
    func silent() async throws {
        try await withPool {
            $0.maximumConnections = 3
            $0.checkAfter = .zero
        } _: { pool, _ in
            var stopped: [pid_t] = []
            defer { for process in stopped { kill(process, SIGCONT) } }
            stopped = try await pool.withConnection { first in
                try await pool.withConnection { second in
                    try await pool.withConnection { third in
                        [try await process(first), try await process(second), try await process(third)].map {
                            pid_t($0)
                        }
                    }
                }
            }
            for process in stopped { #expect(kill(process, SIGSTOP) == 0) }
            #expect(try await pool.query("SELECT 1").count == 1)
            let statistics = pool.statistics
            #expect(statistics.closed == 3 && statistics.opened == 4)
        }
    }

    @Test(
        "Cancelling who waits gives its place to the next",
        .enabled(if: isOwnServer)
    )
    func cancelled() async throws {
        try await withPool {
            $0.maximumConnections = 1
            $0.checkAfter = .zero
        } _: { pool, _ in
            let stopped = try await pool.withConnection { pid_t(try await process($0)) }
            #expect(kill(stopped, SIGSTOP) == 0)
            defer { kill(stopped, SIGCONT) }
            let asking = Task { try await pool.query("SELECT 1").count }
            while pool.statistics.leased == 0, !Task.isCancelled { await Task.yield() }
            let waiting = Task { try await pool.query("SELECT 1").count }
            let other = Task { try await pool.query("SELECT 1").count }
            while pool.statistics.waiting < 2, !Task.isCancelled { await Task.yield() }
            waiting.cancel()
            asking.cancel()
            for task in [asking, waiting] {
                let error = await #expect(throws: PostgresError.self) { try await task.value }
                #expect(error?.code == .cancelled)
            }
            #expect(try await other.value == 1)
        }
    }

    @Test("A server that crashes and comes back: nobody waits beyond a moment, and the pool is healthy again")
    func crash() async throws {
        let server = try await TemporaryPostgres()
        var configuration = try PostgresConfiguration(server.url)
        configuration.maximumConnections = 4
        let pool = try PostgresPool(configuration)
        try await withThrowingTaskGroup { group in
            for _ in 0..<4 { group.addTask { _ = try await pool.query("SELECT pg_sleep(0.05)::text") } }
            try await group.waitForAll()
        }
        #expect(pool.statistics.idle > 1)
        server.crash()
        var failures = 0
        while true {
            do {
                let uptime: Double = try await pool.query(
                    "SELECT extract(epoch FROM now() - pg_postmaster_start_time())::float8"
                )[0].decode(0)
                if uptime < 10, failures > 0 || pool.statistics.closed > 0 { break }
            } catch {
                failures += 1
                #expect(error.isRetryable, "\(error)")
            }
        }
        // Connecting was tried again and again, at growing intervals.
        #expect(failures < 200)
        #expect(pool.health.isHealthy)
        await pool.shutdown()
        await server.stop()
    }

    @Test("A connection that could not be made is no news once all are served by those that there are")
    func recovered() async throws {
        try await withPool {
            $0.maximumConnections = 2
        } _: { pool, database in
            let name: String = try await database.query("SELECT current_database()::text")[0].decode(0)
            var other = database.configuration
            other.database = "postgres"
            let administrator = try PostgresPool(other)
            func allow(_ isAllowed: Bool) async throws {
                try await administrator.execute(
                    "ALTER DATABASE \(PostgresIdentifier(name)) ALLOW_CONNECTIONS \(isAllowed)"
                )
            }
            try await pool.withConnection { connection in
                try await connection.execute("SELECT 1")
                try await allow(false)
                await #expect(throws: PostgresError.self) { try await pool.query("SELECT 1") }
                #expect(!pool.health.isHealthy)
            }
            #expect(pool.health.isHealthy)
            try await allow(true)
            await administrator.shutdown()
        }
    }
}
