// SPDX-License-Identifier: Apache-2.0

import Foundation
import PostgresTesting
import StitchPostgres
import StitchTesting
import Testing

@Suite("Statements that are used again", .timeLimit(.minutes(1)))
struct PostgresPreparedTests {
    private func withConnection(
        _ change: (inout PostgresConfiguration) -> Void = { _ in },
        _ body: (PostgresConnection) async throws -> Void
    ) async throws {
        try await withStitchTest { test in
            var configuration = try await test.database().configuration
            change(&configuration)
            let pool = try PostgresPool(configuration)
            try await pool.withConnection(body)
            await pool.shutdown()
        }
    }

    private func prepared(_ connection: PostgresConnection) async throws -> [String] {
        try await connection.fetch("SELECT statement FROM pg_prepared_statements ORDER BY prepare_time")
            .map { row throws(PostgresError) in try row.decode(0) }
    }

    @Test("A number of few digits is the same whether its statement is prepared or not, and so are values without end")
    func singles() async throws {
        try await withConnection { connection in
            for number in [Float(0.1), -.infinity, .greatestFiniteMagnitude, 16_777_216] {
                var read: [Double] = []
                for _ in 0..<3 {
                    read.append(try await connection.query("SELECT $1::float8", number)[0].decode(0))
                }
                #expect(Set(read).count == 1, "\(read)")
                #expect(Float(read[0]) == number)
            }
            let row = try await connection.query(
                """
                SELECT 'infinity'::timestamptz, '-infinity'::timestamptz, '0044-03-15 12:00:00+00 BC'::timestamptz,
                    'NaN'::float8, '-infinity'::float4, '294276-12-31 23:59:59.999999+00'::timestamptz
                """
            )[0]
            for index in [0, 1, 2, 5] {
                let instant: PostgresInstant = try row.decode(index)
                for _ in 0..<3 {
                    let back = try await connection.query("SELECT $1::timestamptz", instant)[0]
                    #expect(try back.decode(0) == instant)
                }
            }
            #expect(try row.decode(0, as: PostgresInstant.self) == PostgresInstant(microseconds: .max))
            #expect(try row.decode(1, as: PostgresInstant.self) == PostgresInstant(microseconds: .min))
            #expect(try row.decode(2, as: Date.self) < Date(timeIntervalSince1970: -63_000_000_000))
            #expect(try row.decode(3, as: Double.self).isNaN)
            #expect(try row.decode(4, as: Double.self) == -.infinity)
        }
    }

    @Test("Values of all types come back as they were sent, by text and in binary form")
    func roundTrips() async throws {
        try await withConnection { connection in
            let id = UUID()
            let instant = PostgresInstant(microseconds: 848_880_000_123_457)
            let texts: [String?] = ["x\"", nil, "\\y", ""]
            for _ in 0..<4 {
                let result = try await connection.fetch(
                    """
                    SELECT $1::bigint, $2::integer, $3::smallint, $4::float8, $5::boolean, $6::text, $7::bytea, $8::uuid,
                        $9::timestamptz, $10::jsonb, $11::text, $12::text[], $13::real, $14::xid8, $15::bigint[],
                        $16::bytea[], $17::numeric::text, $18::integer[], $19::uuid[]
                    """,
                    Int.min,
                    Int32.max,
                    Int16(-3),
                    0.1,
                    true,
                    "ö\u{1F600}'; DROP",
                    [UInt8]((0...255).map(UInt8.init)),
                    id,
                    instant,
                    #"{"a": 1}"#,
                    String?.none,
                    texts,
                    Float(1.5),
                    UInt64.max,
                    [Int64.min, 7],
                    [[UInt8(0), 255], []],
                    29.9,
                    [Int](),
                    [id]
                )
                let read = try result.map { row throws in
                    #expect(try row.decode(0) == Int.min)
                    #expect(try row.decode(1) == Int32.max)
                    #expect(try row.decode(2) == Int16(-3))
                    #expect(try row.decode(3) == 0.1)
                    #expect(try row.decode(4) == true)
                    #expect(try row.decode(5) == "ö\u{1F600}'; DROP")
                    #expect(try row.decode(6) == [UInt8]((0...255).map(UInt8.init)))
                    #expect(try row.decode(7) == id)
                    #expect(try row.decode(8) == instant)
                    #expect(try row.decode(9) == #"{"a": 1}"#)
                    #expect(try row.decode(10, as: String?.self) == nil)
                    #expect(try row.decode(11) == texts)
                    #expect(try row.decode(12) == 1.5)
                    #expect(try row.decode(13) == UInt64.max)
                    #expect(try row.decode(14) == [Int64.min, 7])
                    #expect(try row.decode(15) == [[UInt8(0), 255], []])
                    #expect(try row.decode(16) == "29.9")
                    #expect(try row.decode(17) == [Int]())
                    #expect(try row.decode(18) == [id])
                    return true
                }
                #expect(read == [true])
            }
            #expect(try await prepared(connection).count == 1)
        }
    }

    @Test("A statement is prepared at its second use, and the server forgets those that the connection has no room for")
    func bounded() async throws {
        try await withConnection {
            $0.preparedStatements = 3
        } _: { connection in
            try await connection.execute("SELECT 0")
            #expect(try await prepared(connection) == [])
            for number in 0..<10 {
                for _ in 0..<2 { try await connection.execute("SELECT \(number)") }
            }
            #expect(try await prepared(connection).suffix(1) == ["SELECT 9"])
            #expect(try await prepared(connection).count <= 4)
        }
    }

    @Test("Where none may be kept, none is")
    func none() async throws {
        try await withConnection {
            $0.preparedStatements = 0
        } _: { connection in
            for _ in 0..<3 {
                let sum = try await connection.fetch("SELECT $1::bigint + 1", 41)
                    .map { row throws(PostgresError) in try row.decode(0, as: Int.self) }
                #expect(sum == [42])
            }
            #expect(try await prepared(connection) == [])
        }
    }

    @Test("A table that changes, or a server that forgets, does not disturb a statement that was prepared")
    func stale() async throws {
        try await withConnection { connection in
            try await connection.execute("CREATE TABLE orders (id bigint, note text)")
            try await connection.execute("INSERT INTO orders VALUES (1, 'x')")
            for _ in 0..<3 { #expect(try await connection.query("SELECT * FROM orders").first?.count == 2) }
            try await connection.execute("ALTER TABLE orders ADD COLUMN total bigint")
            for _ in 0..<3 { #expect(try await connection.query("SELECT * FROM orders").first?.count == 3) }
            try await connection.executeScript("DEALLOCATE ALL")
            for _ in 0..<3 { #expect(try await connection.query("SELECT * FROM orders").first?.count == 3) }
        }
    }

    @Test("Inside a transaction, and in a batch, one that is stale fails once, and is prepared anew after that")
    func staleInside() async throws {
        try await withConnection { connection in
            try await connection.execute("CREATE TABLE orders (id bigint)")
            let sql = "SELECT * FROM orders"
            for _ in 0..<3 { #expect(try await connection.fetch(sql).rows.isEmpty) }
            try await connection.execute("ALTER TABLE orders ADD COLUMN total bigint")
            let inside = await #expect(throws: PostgresError.self) {
                try await connection.withTransaction { transaction in _ = try await transaction.fetch(sql) }
            }
            #expect(inside?.code == .server("0A000"))
            for _ in 0..<3 {
                try await connection.withTransaction { transaction in _ = try await transaction.fetch(sql) }
            }
            try await connection.execute("ALTER TABLE orders ADD COLUMN note text")
            var batch = PostgresBatch()
            try batch.add(sql)
            let statements = batch
            let together = await #expect(throws: PostgresError.self) { _ = try await connection.run(statements) }
            #expect(together?.code == .server("0A000"))
            for _ in 0..<3 { #expect(try await connection.run(statements).count == 1) }
        }
    }

    @Test("Another type of value for the same place works before and after the statement was prepared")
    func otherTypes() async throws {
        try await withConnection { (connection) async throws in
            let sql = "SELECT pg_typeof($1)::text, $1 IS NULL"
            for _ in 0..<3 { #expect(try await connection.fetch("SELECT $1::text", "a").count == 1) }
            #expect(try await connection.query("SELECT $1::text", 7)[0].decode(0) == "7")
            #expect(try await connection.query("SELECT $1::text", [UInt8(1)])[0].decode(0) == #"\x01"#)
            for _ in 0..<3 { #expect(try await connection.query(sql, [UInt8]())[0].decode(0) == "bytea") }
            let length = "SELECT octet_length($1)"
            for _ in 0..<3 { #expect(try await connection.query(length, "abc")[0].decode(0) == 3) }
            #expect(try await connection.query(length, [UInt8(1), 2, 3, 4])[0].decode(0) == 4)
        }
    }

    @Test("A number too large for its place is refused by the server, prepared or not, and the value is not shown")
    func tooLarge() async throws {
        try await withConnection { connection in
            for _ in 0..<4 {
                let error = await #expect(throws: PostgresError.self) {
                    try await connection.query("SELECT $1::integer", 1_234_567_890_123)
                }
                #expect(error?.code.sqlState == "22003")
                #expect(error.map { !"\($0)".contains("1234567890123") } == true)
            }
        }
    }

    @Test("What a row does not hold is told by column, and bytes that are no text are no text")
    func wrongTypes() async throws {
        try await withConnection { connection in
            let result = try await connection.fetch(
                "SELECT 7::bigint AS a, NULL::bigint AS b, 'x' AS c, 1 AS d, ARRAY[[1, 2]] AS e"
            )
            func refuses<Value: PostgresDecodable>(_ column: Int, _ type: Value.Type, _ word: String) throws {
                let error = try #require(throws: PostgresError.self) {
                    _ = try result.map { row throws(PostgresError) in try row.decode(column, as: type) }
                }
                #expect(error.code == .decodingFailed)
                #expect(error.message.contains(word), "\(error.message)")
            }
            try refuses(0, Bool.self, "Column a is of type bigint")
            try refuses(1, Int.self, "Column b is NULL")
            try refuses(2, Int.self, "Column c is of type text")
            try refuses(0, [Int].self, "Column a is of type bigint")
            try refuses(4, [Int].self, "Column e is of type integer[]")
            try refuses(5, Int.self, "5 columns")
            try refuses(-1, Int.self, "no column -1")
            #expect(throws: PostgresError.self) { _ = try result.column("z") }
            #expect(try result.column("d") == 3)
        }
    }
}
