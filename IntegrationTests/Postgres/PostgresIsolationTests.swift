// SPDX-License-Identifier: Apache-2.0

import PostgresTesting
import StitchPostgres
import StitchTesting
import Synchronization
import Testing

private struct Rejected: Error {}

private final class Runs: Sendable {
    private let count = Atomic(0)

    var value: Int { count.load(ordering: .relaxed) }

    @discardableResult
    func add() -> Int { count.add(1, ordering: .relaxed).newValue }
}

@Suite("Transactions beside others", .timeLimit(.minutes(1)))
struct PostgresIsolationTests {
    private func withCounter(_ body: (PostgresPool) async throws -> Void) async throws {
        try await withStitchTest { test in
            let database = try await test.database()
            try await database.execute("CREATE TABLE counter AS SELECT id, 0 AS total FROM generate_series(1, 2) AS id")
            try await body(database)
        }
    }

    private func totals(_ database: PostgresPool) async throws -> [Int] {
        try await database.fetch("SELECT total FROM counter ORDER BY id").map { row throws in try row.decode(0) }
    }

    /// Reads and writes the counter in two statements, which lets two transactions collide.
    private func count(_ transaction: PostgresTransaction) async throws {
        let total = try await transaction.query("SELECT total FROM counter WHERE id = 1")[0].decode(0, as: Int.self)
        try await transaction.execute("UPDATE counter SET total = $1 WHERE id = 1", total + 1)
    }

    @Test("Its isolation, and whether it may write, are what was asked for")
    func options() async throws {
        try await withCounter { database in
            let options = PostgresTransactionOptions(
                isolation: .serializable,
                isReadOnly: true,
                isDeferrable: true,
                statementTimeout: .milliseconds(1234)
            )
            let settings = [
                "transaction_isolation", "transaction_read_only", "transaction_deferrable", "statement_timeout",
            ]
            let found = try await database.withTransaction(options) { transaction in
                try await transaction.fetch("SELECT current_setting(name) FROM unnest($1::text[]) AS name", settings)
                    .map { row throws(PostgresError) in try row.decode(0, as: String.self) }
            }
            #expect(found == ["serializable", "on", "on", "1234ms"])
            let error = await #expect(throws: PostgresError.self) {
                try await database.withTransaction(.init(isReadOnly: true)) { transaction in
                    try await transaction.execute("UPDATE counter SET total = 1")
                }
            }
            #expect(error?.code == .server("25006"))
            let slow = await #expect(throws: PostgresError.self) {
                try await database.withTransaction(.init(statementTimeout: .milliseconds(20))) { transaction in
                    try await transaction.execute("SELECT pg_sleep(60)")
                }
            }
            #expect(slow?.code == .server("57014"))
            #expect(try await database.query("SELECT current_setting('statement_timeout')")[0].decode(0) == "0")
        }
    }

    @Test("Those that collide run again until each has had its effect")
    func collisions() async throws {
        try await withCounter { database in
            let runs = Runs()
            try await withThrowingTaskGroup { group in
                for _ in 0..<8 {
                    group.addTask {
                        for _ in 0..<5 {
                            try await database.withTransaction(.init(isolation: .serializable, attempts: 100)) {
                                runs.add()
                                try await count($0)
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await totals(database)[0] == 40)
            #expect(runs.value > 40)
        }
    }

    @Test("It runs no more often than it may, also when its closure makes another error of the server's")
    func bounded() async throws {
        try await withCounter { database in
            for attempts in 1...3 {
                var runs = 0
                await #expect(throws: Rejected.self) {
                    try await database.withTransaction(.init(isolation: .repeatableRead, attempts: attempts)) {
                        transaction in
                        runs += 1
                        _ = try await transaction.query("SELECT total FROM counter WHERE id = 1")
                        try await database.withTransaction { other in try await count(other) }
                        do { try await count(transaction) } catch { throw Rejected() }
                    }
                }
                #expect(runs == attempts)
            }
            let total = try await totals(database)[0]
            #expect(total == 6)
        }
    }

    @Test("Any other error ends it at once")
    func otherErrors() async throws {
        try await withCounter { database in
            var runs = 0
            await #expect(throws: PostgresError.self) {
                try await database.withTransaction(.init(attempts: 5)) { transaction in
                    runs += 1
                    try await transaction.execute("SELECT 1 / 0")
                }
            }
            #expect(runs == 1)
            let none = await #expect(throws: PostgresError.self) {
                try await database.withTransaction(.init(attempts: 0)) { _ in }
            }
            #expect(none?.code == .invalidConfiguration)
        }
    }

    @Test("What a part did is taken back when it throws, and the transaction goes on")
    func savepoints() async throws {
        try await withCounter { database in
            try await database.withTransaction { transaction in
                try await transaction.execute("UPDATE counter SET total = 1 WHERE id = 1")
                await #expect(throws: Rejected.self) {
                    try await transaction.withSavepoint {
                        try await transaction.execute("UPDATE counter SET total = 2 WHERE id = 1")
                        throw Rejected()
                    }
                }
                await #expect(throws: PostgresError.self) {
                    try await transaction.withSavepoint { try await transaction.execute("SELECT 1 / 0") }
                }
                try await transaction.withSavepoint {
                    try await transaction.execute("UPDATE counter SET total = 3 WHERE id = 2")
                    await #expect(throws: Rejected.self) {
                        try await transaction.withSavepoint {
                            try await transaction.execute("UPDATE counter SET total = 4 WHERE id = 2")
                            throw Rejected()
                        }
                    }
                }
            }
            let found = try await totals(database)
            #expect(found == [1, 3])
        }
    }

    @Test("Cancelling the task in a part rolls the whole back, and the connection can be used again")
    func cancelledPart() async throws {
        try await withCounter { database in
            let task = Task {
                try await database.withTransaction(.init(attempts: 3)) { transaction in
                    try await transaction.execute("UPDATE counter SET total = 1")
                    try await transaction.withSavepoint {
                        withUnsafeCurrentTask { $0?.cancel() }
                        try await transaction.execute("UPDATE counter SET total = 2")
                    }
                }
            }
            let error = await #expect(throws: PostgresError.self) { try await task.value }
            #expect(error?.code == .cancelled)
            let found = try await totals(database)
            #expect(found == [0, 0])
        }
    }

    @Test("A deadlock ends one of the two, which runs again")
    func deadlock() async throws {
        try await withCounter { database in
            // Each has its first row before either asks for its second; a run that is a repetition waits for nobody.
            let (arrivals, arrive) = AsyncStream.makeStream(of: Void.self)
            let gates = (0..<2).map { _ in AsyncStream.makeStream(of: Void.self) }
            @Sendable func move(_ first: Int, _ second: Int, _ gate: AsyncStream<Void>) async throws {
                let runs = Runs()
                try await database.withTransaction(.init(attempts: 5)) { transaction in
                    let run = runs.add()
                    try await transaction.execute("UPDATE counter SET total = total + 1 WHERE id = $1", first)
                    if run == 1 {
                        arrive.yield()
                        for await _ in gate { break }
                    }
                    try await transaction.execute("UPDATE counter SET total = total + 1 WHERE id = $1", second)
                }
            }
            async let one: Void = move(1, 2, gates[0].stream)
            async let other: Void = move(2, 1, gates[1].stream)
            var count = 0
            for await _ in arrivals {
                count += 1
                if count == 2 { break }
            }
            for gate in gates { gate.continuation.yield() }
            _ = try await (one, other)
            #expect(try await totals(database) == [2, 2])
        }
    }
}
