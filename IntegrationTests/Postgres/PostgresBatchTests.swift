// SPDX-License-Identifier: Apache-2.0

import PostgresTesting
import StitchPostgres
import StitchTesting
import Testing

@Suite("Statements that are sent together", .timeLimit(.minutes(1)))
struct PostgresBatchTests {
    private func withOrders(_ body: (PostgresConnection) async throws -> Void) async throws {
        try await withStitchTest { test in
            try await test.database().withConnection { connection in
                try await connection.executeScript(
                    """
                    CREATE TABLE orders (id integer PRIMARY KEY);
                    CREATE TABLE parts (orders integer REFERENCES orders DEFERRABLE INITIALLY DEFERRED)
                    """
                )
                try await body(connection)
            }
        }
    }

    private func ids(_ connection: PostgresConnection) async throws -> [Int] {
        try await connection.fetch("SELECT id FROM orders ORDER BY id").map { row throws in try row.decode(0) }
    }

    private func inserts(_ ids: Int...) throws -> PostgresBatch {
        var batch = PostgresBatch()
        for id in ids { try batch.add("INSERT INTO orders VALUES ($1)", id) }
        return batch
    }

    @Test("Answers come in the order of the statements, prepared or not")
    func order() async throws {
        try await withOrders { connection in
            for _ in 0..<4 {
                var batch = PostgresBatch()
                for number in 0..<100 {
                    try batch.add("SELECT $1::bigint", number)
                    try batch.add("SELECT \(number % 3), $1::text", "x")
                }
                let results = try await connection.run(batch)
                #expect(results.count == 200)
                let numbers = try results.enumerated().filter { $0.offset % 2 == 0 }
                    .flatMap { try $0.element.map { row throws in try row.decode(0, as: Int.self) } }
                #expect(numbers == Array(0..<100))
            }
            #expect(try await connection.query("SELECT 1").count == 1)
        }
    }

    @Test("All statements of a batch have an effect or none has, and the first failure is told")
    func together() async throws {
        try await withOrders { connection in
            for _ in 0..<3 {
                let error = await #expect(throws: PostgresError.self) {
                    _ = try await connection.run(inserts(1, 2, 1, 3))
                }
                #expect(error?.code == .server("23505"))
                #expect(try await ids(connection) == [])
            }
            _ = try await connection.run(inserts(1, 2, 3))
            #expect(try await ids(connection) == [1, 2, 3])
        }
    }

    @Test("Each statement on its own: a failure in the middle leaves the others")
    func each() async throws {
        try await withOrders { connection in
            for round in 0..<3 {
                let first = round * 10
                let results = try await connection.runEach(inserts(first, first + 1, first, first + 2))
                let codes = results.map { result in
                    switch result {
                    case .success(let result): "\(result.affectedRows)"
                    case .failure(let error): error.code.sqlState ?? "?"
                    }
                }
                #expect(codes == ["1", "1", "23505", "1"])
                #expect(try await ids(connection).suffix(3) == [first, first + 1, first + 2])
            }
        }
    }

    @Test("What only the commit refuses is a failure too")
    func deferred() async throws {
        try await withOrders { connection in
            var batch = try inserts(1)
            try batch.add("INSERT INTO parts VALUES ($1)", 7)
            for _ in 0..<3 {
                let batch = batch
                let error = await #expect(throws: PostgresError.self) { _ = try await connection.run(batch) }
                #expect(error?.code == .server("23503"))
                #expect(try await ids(connection) == [])
            }
            let results = try await connection.runEach(batch)
            #expect((try? results[0].get().affectedRows) == 1)
            #expect(throws: PostgresError.self) { _ = try results[1].get() }
        }
    }

    @Test("Statements that depend on each other may be sent together, again and again")
    func dependent() async throws {
        try await withOrders { connection in
            var batch = PostgresBatch()
            try batch.add("CREATE TEMPORARY TABLE lines (id bigint)")
            for id in 0..<3 { try batch.add("INSERT INTO lines VALUES ($1)", id) }
            try batch.add("SELECT count(*) FROM lines")
            try batch.add("DROP TABLE lines")
            for _ in 0..<4 {
                let counts = try await connection.run(batch)[4].map { row throws in try row.decode(0, as: Int.self) }
                #expect(counts == [3])
            }
        }
    }

    @Test("A batch far larger than the socket takes, with answers as large, passes")
    func large() async throws {
        try await withOrders { connection in
            var batch = PostgresBatch()
            let text = String(repeating: "x", count: 1 << 20)
            for _ in 0..<16 { try batch.add("SELECT $1::text", text) }
            let sizes = try await connection.run(batch)
                .flatMap { try $0.map { row throws in try row.decode(0, as: String.self).utf8.count } }
            #expect(sizes == Array(repeating: 1 << 20, count: 16))
        }
    }

    @Test("An empty batch is no round trip, a statement with a NUL character is refused when it is added")
    func bad() async throws {
        try await withOrders { connection in
            #expect(try await connection.run(PostgresBatch()).isEmpty)
            var batch = PostgresBatch()
            #expect(throws: PostgresError.self) { try batch.add("SELECT 1\0") }
            #expect(throws: PostgresError.self) { try batch.add("SELECT $1", "a\0") }
            let copy = try await connection.runEach(inserts(1))
            #expect(copy.count == 1)
        }
    }
}
