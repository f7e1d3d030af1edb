// SPDX-License-Identifier: Apache-2.0

import Foundation
import PostgresTesting
import StitchPostgres
import StitchTesting
import Synchronization
import Testing

@Suite("Statements on a real Postgres", .timeLimit(.minutes(1)))
struct PostgresStatementTests {
    @Test("Values of all types come back as they were sent")
    func roundTrip() async throws {
        try await withStitchTest { test in
            let database = try await test.database()
            let id = UUID()
            let date = Date(timeIntervalSince1970: 1_795_564_800.123_456)
            let row = try #require(
                try await database.query(
                    """
                    SELECT $1::bigint AS a, $2::integer AS b, $3::smallint AS c, $4::float8 AS d, $5::boolean AS e,
                        $6::text AS f, $7::bytea AS g, $8::uuid AS h, $9::timestamptz AS i, $10::jsonb AS j,
                        $11::text AS k, array_length($12::text[], 1) AS l, $13::real AS m
                    """,
                    Int.min,
                    Int32.max,
                    Int16(-3),
                    0.1,
                    true,
                    "ö\u{1F600}'; DROP",
                    [UInt8]((0...255).map(UInt8.init)),
                    id,
                    date,
                    #"{"a": 1}"#,
                    String?.none,
                    ["x\"", "\\y", ""],
                    Float(1.5)
                ).first
            )
            #expect(try row.decode("a") == Int.min)
            #expect(try row.decode("b") == Int32.max)
            #expect(try row.decode("c") == -3)
            #expect(try row.decode("d") == 0.1)
            #expect(try row.decode("e") == true)
            #expect(try row.decode("f") == "ö\u{1F600}'; DROP")
            #expect(try row.decode("g") == [UInt8]((0...255).map(UInt8.init)))
            #expect(try row.decode("h") == id)
            #expect(try abs(row.decode("i", as: Date.self).timeIntervalSince(date)) < 1e-6)
            #expect(try row.decode("j") == #"{"a": 1}"#)
            #expect(try row.decode("k", as: String?.self) == nil)
            #expect(try row.decode("l") == 3)
            #expect(try row.decode("m") == 1.5)
            #expect(try row.decode(0, as: Int.self) == Int.min)
            #expect(throws: PostgresError.self) { try row.decode("k", as: String.self) }
            #expect(throws: PostgresError.self) { try row.decode("zz", as: String.self) }
            #expect(throws: PostgresError.self) { try row.decode(99, as: String.self) }
        }
    }

    @Test("The number of rows that a statement changed is returned, and NUL characters are refused")
    func execute() async throws {
        try await withStitchTest { test in
            let database = try await test.database()
            try await database.execute("CREATE TABLE orders (id integer PRIMARY KEY, total numeric, note text)")
            let inserted = try await database.execute(
                "INSERT INTO orders (id, total, note) VALUES ($1, $2, $3), ($4, $5, NULL)",
                1,
                29.9,
                "x",
                2,
                5
            )
            #expect(inserted == 2)
            #expect(try await database.execute("UPDATE orders SET note = $1", String?.none) == 2)
            let refused = await #expect(throws: PostgresError.self) {
                try await database.execute("UPDATE orders SET note = $1", "a\0b")
            }
            #expect(refused?.code == .invalidParameter)
            let rows = try await database.query("SELECT id, total::text FROM orders ORDER BY id")
            #expect(try rows.map { try $0.decode("total", as: String.self) } == ["29.9", "5"])
        }
    }

    @Test("An error of the server has its SQLSTATE, names the statement, and shows no parameter")
    func errors() async throws {
        try await withStitchTest { test in
            let database = try await test.database()
            try await database.execute("CREATE TABLE users (email text PRIMARY KEY)")
            try await database.execute("INSERT INTO users VALUES ($1)", "hunter2@example.org")
            let duplicate = try #require(
                await #expect(throws: PostgresError.self) {
                    try await database.execute("INSERT INTO users VALUES ($1)", "hunter2@example.org")
                }
            )
            #expect(duplicate.code == .server("23505"))
            #expect(duplicate.message.contains("INSERT INTO users") && duplicate.message.contains("users_pkey"))
            let invalid = try #require(
                await #expect(throws: PostgresError.self) { try await database.query("SELECT $1::int", "hunter2") }
            )
            #expect(invalid.code.sqlState == "22P02")
            for error in [duplicate, invalid] { #expect(!"\(error)".contains("hunter2")) }
            let copy = await #expect(throws: PostgresError.self) { try await database.execute("COPY users TO STDOUT") }
            #expect(copy?.code == .unsupportedStatement)
            #expect(try await database.query("SELECT 1 AS one").count == 1)
        }
    }

    @Test("Cancelling the task makes the server stop the statement, and the connection can be used again")
    func cancellation() async throws {
        try await withStitchTest { test in
            let database = try await test.database()
            try await database.withConnection { connection in
                let process = try await connection.query("SELECT pg_backend_pid() AS pid")[0].decode(
                    "pid",
                    as: Int.self
                )
                let sleeping = Task { try await connection.query("SELECT pg_sleep(60)::text") }
                // Sees in the server's own list when the statement has begun, and later that it has ended.
                try await database.execute(
                    """
                    DO $$ BEGIN LOOP
                        EXIT WHEN EXISTS (SELECT FROM pg_stat_activity WHERE pid = \(process) AND state = 'active');
                        PERFORM pg_sleep(0.01), pg_stat_clear_snapshot();
                    END LOOP; END $$
                    """
                )
                sleeping.cancel()
                let error = await #expect(throws: PostgresError.self) { try await sleeping.value }
                #expect(error?.code == .cancelled)
                let state = try await database.query("SELECT state FROM pg_stat_activity WHERE pid = $1", process)
                #expect(try state.first?.decode("state") == "idle")
                #expect(try await connection.query("SELECT 1 AS one")[0].decode("one") == 1)
            }
        }
    }

    @Test("A second statement on a connection that runs one is refused")
    func busy() async throws {
        try await withStitchTest { test in
            let database = try await test.database()
            try await database.withConnection { connection in
                async let first = connection.query("SELECT pg_sleep(0.3)::text")
                async let second = connection.query("SELECT pg_sleep(0.3)::text")
                var codes: [PostgresError.Code] = []
                do { _ = try await first } catch let error as PostgresError { codes.append(error.code) }
                do { _ = try await second } catch let error as PostgresError { codes.append(error.code) }
                #expect(codes == [.connectionBusy])
            }
        }
    }

    @Test("A large answer and a large parameter pass")
    func large() async throws {
        try await withStitchTest { test in
            let database = try await test.database()
            let text = String(repeating: "x", count: 8_000_000)
            let row = try await database.query("SELECT $1::text AS text", text)[0]
            #expect(try row.decode("text", as: String.self).utf8.count == text.utf8.count)
        }
    }

    @Test("A notification wakes the one that listens, and cancellation ends the wait")
    func notifications() async throws {
        try await withStitchTest { test in
            let database = try await test.database()
            try await database.withListener(to: ["Odd \"channel\""]) { connection in
                try await database.query("SELECT pg_notify($1, $2)::text", "Odd \"channel\"", "hello").isEmpty ? () : ()
                let notification = try await connection.nextNotification()
                #expect(notification.channel == "Odd \"channel\"" && notification.payload == "hello")
                let waiting = Task { try await connection.nextNotification() }
                waiting.cancel()
                let error = await #expect(throws: PostgresError.self) { try await waiting.value }
                #expect(error?.code == .cancelled)
                #expect(try await connection.query("SELECT 1 AS one").count == 1)
            }
        }
    }
}
