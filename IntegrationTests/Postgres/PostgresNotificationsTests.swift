// SPDX-License-Identifier: Apache-2.0

import Foundation
import PostgresTesting
import StitchPostgres
import StitchTesting
import Testing

@Suite("Listening to channels", .timeLimit(.minutes(1)))
struct PostgresNotificationsTests {
    private static let isOwnServer = (ProcessInfo.processInfo.environment["POSTGRES_URL"] ?? "").isEmpty

    /// The server's process that listens.
    private func listener(_ database: PostgresPool) async throws -> Int {
        try await database.query(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"
        )[0].decode(0)
    }

    private func notify(_ database: PostgresPool, _ payload: String) async throws {
        _ = try await database.query("SELECT pg_notify('Orders', $1)::text", payload)
    }

    private func expectListening(_ iterator: inout PostgresNotifications.Iterator) async throws {
        guard case .listening = try await iterator.next() else { throw Unexpected() }
    }

    private func expectInterruption(_ iterator: inout PostgresNotifications.Iterator) async throws {
        guard case .interrupted(let error) = try await iterator.next() else { throw Unexpected() }
        #expect(error.isRetryable)
    }

    private func expectPayload(_ payload: String, _ iterator: inout PostgresNotifications.Iterator) async throws {
        guard case .notification(let notification) = try await iterator.next() else { throw Unexpected() }
        #expect(notification.channel == "Orders" && notification.payload == payload)
    }

    private struct Unexpected: Error {}

    @Test("It says that it listens, then passes on what is sent, and begins again when the connection was lost")
    func reconnects() async throws {
        try await withStitchTest { test in
            let database = try await test.database()
            var iterator = database.notifications(of: ["Orders", "others"]).makeAsyncIterator()
            try await expectListening(&iterator)
            for payload in ["1", "2"] { try await notify(database, payload) }
            for payload in ["1", "2"] { try await expectPayload(payload, &iterator) }
            for round in 0..<2 {
                _ = try await database.query("SELECT pg_terminate_backend($1, 5000)", try await listener(database))
                try await expectInterruption(&iterator)
                try await expectListening(&iterator)
                try await notify(database, "again \(round)")
                try await expectPayload("again \(round)", &iterator)
            }
        }
    }

    @Test("Cancelling the task ends it")
    func cancelled() async throws {
        try await withStitchTest { test in
            let database = try await test.database()
            let (entered, enter) = AsyncStream.makeStream(of: Void.self)
            let listening = Task {
                for try await _ in database.notifications(of: ["Orders"]) { enter.yield() }
            }
            for await _ in entered { break }
            listening.cancel()
            try await listening.value
        }
    }

    @Test("A server that keeps quiet for long is asked whether it lives, and hears of nothing if it does")
    func quiet() async throws {
        try await withStitchTest { test in
            let database = try await test.database()
            var configuration = database.configuration
            configuration.listenerCheck = .milliseconds(5)
            let pool = try PostgresPool(configuration)
            var iterator = pool.notifications(of: ["Orders"]).makeAsyncIterator()
            try await expectListening(&iterator)
            // Until it has been asked: an empty statement is the last that the server's list has of it.
            let sender = Task {
                try await database.execute(
                    """
                    DO $$ BEGIN LOOP
                        EXIT WHEN EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND query = '');
                        PERFORM pg_sleep(0.01), pg_stat_clear_snapshot();
                    END LOOP; END $$
                    """
                )
                try await notify(database, "at last")
            }
            try await expectPayload("at last", &iterator)
            try await sender.value
            await pool.shutdown()
        }
    }

    @Test("A server that gives no sign of life is left, and another connection is made", .enabled(if: isOwnServer))
    func halfOpen() async throws {
        try await withStitchTest { test in
            let database = try await test.database()
            var configuration = database.configuration
            configuration.listenerCheck = .milliseconds(50)
            let pool = try PostgresPool(configuration)
            var iterator = pool.notifications(of: ["Orders"]).makeAsyncIterator()
            try await expectListening(&iterator)
            let process = pid_t(try await listener(database))
            #expect(kill(process, SIGSTOP) == 0)
            defer { kill(process, SIGCONT) }
            try await expectInterruption(&iterator)
            try await expectListening(&iterator)
            await pool.shutdown()
        }
    }

    @Test("An address where nobody answers is tried again and again, and the reason is told each time")
    func unreachable() async throws {
        let pool = try PostgresPool("postgres://nobody:hunter2@127.0.0.1:1/none")
        var iterator = pool.notifications(of: ["Orders"]).makeAsyncIterator()
        for _ in 0..<2 { try await expectInterruption(&iterator) }
    }

    @Test("Through a pooler in transaction mode nobody can listen or lock a session, and the error says what to do")
    func pooler() async throws {
        try await withStitchTest { test in
            var configuration = try await test.database().configuration
            configuration.pooling = .transaction
            let pool = try PostgresPool(configuration)
            var iterator = pool.notifications(of: ["Orders"]).makeAsyncIterator()
            let error = await #expect(throws: PostgresError.self) { _ = try await iterator.next() }
            #expect(error?.code == .unsupportedByPooler)
            #expect(error?.message.contains("past the pooler") == true)
            for sql in ["SELECT pg_advisory_lock(1)", "SET work_mem = '1MB'"] {
                let error = await #expect(throws: PostgresError.self) { try await pool.execute(sql) }
                #expect(error?.code == .unsupportedByPooler)
                await #expect(throws: PostgresError.self) {
                    try await pool.withConnection { try await $0.executeScript(sql) }
                }
            }
            try await pool.withTransaction { transaction in
                for _ in 0..<3 { try await transaction.execute("SELECT pg_advisory_xact_lock($1)", 1) }
                try await transaction.execute("SET LOCAL work_mem = '1MB'")
                let names = try await transaction.query("SELECT name FROM pg_prepared_statements")
                #expect(names.isEmpty)
            }
            await pool.shutdown()
        }
    }
}
