// SPDX-License-Identifier: Apache-2.0

import Foundation
import PostgresTesting
import StitchPostgres
import StitchTesting
import Testing

private struct Line: Sendable {
    var id: Int
    var note: String?
}

@Suite("Rows written by COPY", .timeLimit(.minutes(1)))
struct PostgresCopyTests {
    private static let columns = ["id", "Odd \"note\"", "data", "at", "shop", "counts", "json"]

    private func withLines(_ body: (PostgresConnection) async throws -> Void) async throws {
        try await withStitchTest { test in
            try await test.database().withConnection { connection in
                try await connection.execute(
                    #"""
                    CREATE TABLE lines (id integer PRIMARY KEY, "Odd ""note""" text, data bytea, at timestamptz,
                        shop uuid, counts bigint[], json jsonb, extra text DEFAULT 'none')
                    """#
                )
                try await body(connection)
            }
        }
    }

    private func count(_ connection: PostgresConnection) async throws -> Int {
        try await connection.query("SELECT count(*) FROM lines")[0].decode(0)
    }

    private func copy(_ lines: some Sequence<Line>, _ connection: PostgresConnection) async throws(PostgresError) -> Int
    {
        try await connection.copy(into: "lines", columns: ["id", "data"], lines) { line, row throws(PostgresError) in
            try row.write(line.id)
            try row.write([UInt8](repeating: 7, count: 100))
        }
    }

    @Test("Values of many types arrive as they were written")
    func types() async throws {
        try await withLines { connection in
            let id = UUID()
            let lines = [Line(id: 1, note: "ö"), Line(id: 2, note: nil)]
            for offset in [0, 2] {
                let written = try await connection.copy(into: "lines", columns: Self.columns, lines) {
                    line,
                    row throws(PostgresError) in
                    try row.write(line.id + offset)
                    try row.write(line.note)
                    try row.write([UInt8(0), 255])
                    try row.write(PostgresInstant(microseconds: 7))
                    try row.write(id)
                    try row.write([1, 2, 3])
                    try row.write("[1]")
                }
                #expect(written == 2)
            }
            let result = try await connection.fetch("SELECT * FROM lines ORDER BY id")
            let notes = try result.map { row throws in
                #expect(try row.decode(2) == [UInt8(0), 255])
                #expect(try row.decode(3) == PostgresInstant(microseconds: 7))
                #expect(try row.decode(4) == id)
                #expect(try row.decode(5) == [1, 2, 3])
                #expect(try row.decode(6) == "[1]")
                #expect(try row.decode(7) == "none")
                return try row.decode(1, as: String?.self)
            }
            #expect(notes == ["ö", nil, "ö", nil])
        }
    }

    @Test("A sequence longer than what is sent at once arrives whole, and an empty one too")
    func long() async throws {
        try await withLines { connection in
            let written = try await copy((0..<50_000).lazy.map { Line(id: $0) }, connection)
            #expect(written == 50_000)
            #expect(try await count(connection) == 50_000)
            #expect(try await copy([], connection) == 0)
        }
    }

    @Test("A value that doesn't fit, a row too short or too long: no row is written, and the connection goes on")
    func unfit() async throws {
        try await withLines { connection in
            func refuses(
                _ word: String,
                _ write: (Int, inout PostgresCopyWriter) throws(PostgresError) -> Void
            ) async throws {
                let error = try #require(
                    await #expect(throws: PostgresError.self) {
                        try await connection.copy(into: "lines", columns: ["id", "extra"], 0..<20_000, write: write)
                    }
                )
                #expect(error.code == .invalidParameter)
                #expect(error.message.contains(word), "\(error.message)")
                #expect(try await count(connection) == 0)
            }
            try await refuses("Int has no binary form for column id, which is of type integer") {
                id,
                row throws(PostgresError) in
                try row.write(id < 15_000 ? id : 1 << 40)
                try row.write("")
            }
            try await refuses("column extra contains a NUL") { id, row throws(PostgresError) in
                try row.write(id)
                try row.write("\0")
            }
            try await refuses("a row has 1 values") { id, row throws(PostgresError) in try row.write(id) }
            try await refuses("more values") { id, row throws(PostgresError) in
                for _ in 0..<3 { try row.write(id < 0 ? nil : String?.none) }
            }
        }
    }

    @Test("What the server refuses is its error, nothing is written, and the connection goes on")
    func refused() async throws {
        try await withLines { (connection) async throws in
            let twice = await #expect(throws: PostgresError.self) {
                _ = try await copy((0..<20_000).map { Line(id: $0 % 15_000) }, connection)
            }
            #expect(twice?.code == .server("23505"))
            let missing = await #expect(throws: PostgresError.self) {
                try await connection.copy(into: "nowhere", columns: ["id"], 0..<1) { id, row throws(PostgresError) in
                    try row.write(id)
                }
            }
            #expect(missing?.code == .server("42P01"))
            #expect(try await count(connection) == 0)
            #expect(try await copy([Line(id: 1)], connection) == 1)
        }
    }

    @Test("A column that gets another type is seen at once, also where the bytes would pass for its own")
    func changed() async throws {
        try await withLines { (connection) async throws in
            #expect(try await copy([Line(id: 1)], connection) == 1)
            try await connection.execute("ALTER TABLE lines ALTER COLUMN id TYPE bigint")
            #expect(try await copy([Line(id: 1 << 34)], connection) == 1)
            try await connection.execute("ALTER TABLE lines ALTER COLUMN id TYPE timestamptz USING to_timestamp(id)")
            let error = await #expect(throws: PostgresError.self) { _ = try await copy([Line(id: 7)], connection) }
            #expect(error?.code == .invalidParameter)
            #expect(error?.message.contains("timestamptz") == true)
            #expect(try await count(connection) == 2)
        }
    }

    @Test("Cancelling the task takes the rows back, also when the server waits for a lock")
    func cancelled() async throws {
        try await withStitchTest { test in
            let database = try await test.database()
            try await database.execute("CREATE TABLE lines (id integer PRIMARY KEY, data bytea)")
            try await database.withTransaction { transaction in
                try await transaction.execute("INSERT INTO lines VALUES (7, NULL)")
                let holder = try await transaction.query("SELECT pg_backend_pid()")[0].decode(0, as: Int.self)
                let writing = Task {
                    try await database.withConnection { connection in
                        let error = await #expect(throws: PostgresError.self) {
                            _ = try await copy((0..<200_000).lazy.map { Line(id: $0) }, connection)
                        }
                        #expect(error?.code == .cancelled)
                    }
                }
                // Until somebody waits for this transaction.
                try await database.execute(
                    """
                    DO $$ BEGIN LOOP
                        EXIT WHEN EXISTS (SELECT FROM pg_stat_activity WHERE \(holder) = ANY (pg_blocking_pids(pid)));
                        PERFORM pg_sleep(0.01), pg_stat_clear_snapshot();
                    END LOOP; END $$
                    """
                )
                writing.cancel()
                try await writing.value
            }
            #expect(try await database.query("SELECT FROM lines").count == 1)
        }
    }
}
