// SPDX-License-Identifier: Apache-2.0

import Foundation
import PostgresTesting
import StitchPostgres
import StitchTesting
import Testing

private struct Rejected: Error {}

@Suite("Commits, rollbacks and COPY that nobody answers", .timeLimit(.minutes(1)))
struct PostgresCommitTests {
    /// Whether the server's processes are on this machine.
    private static let isOwnServer = (ProcessInfo.processInfo.environment["POSTGRES_URL"] ?? "").isEmpty

    private func withOrders(
        _ change: (inout PostgresConfiguration) -> Void = { _ in },
        _ body: (PostgresPool) async throws -> Void
    ) async throws {
        try await withStitchTest { test in
            let database = try await test.database()
            try await database.execute("CREATE TABLE orders (id integer)")
            var configuration = database.configuration
            change(&configuration)
            let pool = try PostgresPool(configuration)
            try await body(pool)
            await pool.shutdown()
        }
    }

    @Test("A connection that breaks at COMMIT leaves open whether it happened, and nobody runs it again by himself")
    func unknown() async throws {
        try await withOrders { database in
            try await database.withConnection { connection in
                try await connection.executeScript(
                    """
                    CREATE FUNCTION break_off() RETURNS trigger LANGUAGE plpgsql AS $$
                    BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
                    CREATE CONSTRAINT TRIGGER late AFTER INSERT ON orders DEFERRABLE INITIALLY DEFERRED
                        FOR EACH ROW EXECUTE FUNCTION break_off();
                    """
                )
            }
            let error = await #expect(throws: PostgresError.self) {
                try await database.withTransaction(.init(attempts: 3)) { transaction in
                    try await transaction.execute("INSERT INTO orders VALUES (1)")
                }
            }
            #expect(error?.code == .commitOutcomeUnknown)
            #expect(error?.isRetryable == false)
            #expect(error?.cause is PostgresError)
        }
    }

    @Test("A connection that broke before COMMIT could be sent is lost, and the transaction may be run again")
    func neverSent() async throws {
        try await withOrders { database in
            let error = await #expect(throws: PostgresError.self) {
                try await database.withTransaction { transaction in
                    try await transaction.execute("INSERT INTO orders VALUES (1)")
                    _ = try? await transaction.query("SELECT pg_terminate_backend(pg_backend_pid())")
                }
            }
            #expect(error?.code == .connectionLost)
            #expect(error?.isRetryable == true)
        }
    }

    @Test("COMMIT, ROLLBACK and the data of a COPY wait no longer than a statement may", .enabled(if: isOwnServer))
    func stopped() async throws {
        try await withOrders {
            $0.statementTimeout = .milliseconds(300)
        } _: { database in
            var stopped: [pid_t] = []
            defer { for process in stopped { kill(process, SIGCONT) } }
            func stop(_ transaction: PostgresTransaction) async throws {
                let process: Int = try await transaction.query("SELECT pg_backend_pid()")[0].decode(0)
                #expect(kill(pid_t(process), SIGSTOP) == 0)
                stopped.append(pid_t(process))
            }
            let committing = await #expect(throws: PostgresError.self) {
                try await database.withTransaction { transaction in
                    try await transaction.execute("INSERT INTO orders VALUES (1)")
                    try await stop(transaction)
                }
            }
            #expect(committing?.code == .commitOutcomeUnknown)
            #expect((committing?.cause as? PostgresError)?.code == .timedOut)
            await #expect(throws: Rejected.self) {
                try await database.withTransaction { transaction in
                    try await stop(transaction)
                    throw Rejected()
                }
            }
            let copying = await #expect(throws: PostgresError.self) {
                try await database.withTransaction { transaction in
                    var isStopped = false
                    let process: Int = try await transaction.query("SELECT pg_backend_pid()")[0].decode(0)
                    stopped.append(pid_t(process))
                    let lines = sequence(first: 0) { ($0 + 1) & 0xffff }
                    try await transaction.copy(into: "orders", columns: ["id"], lines) {
                        id,
                        row throws(PostgresError) in
                        if !isStopped { isStopped = kill(pid_t(process), SIGSTOP) == 0 }
                        try row.write(id)
                    }
                }
            }
            #expect(copying?.code == .timedOut, "\(String(describing: copying))")
        }
    }
}
