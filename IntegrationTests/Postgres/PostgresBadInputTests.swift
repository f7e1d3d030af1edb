// SPDX-License-Identifier: Apache-2.0

import PostgresTesting
import StitchPostgres
import StitchTesting
import Testing

@Suite("What goes wrong between the client of Postgres and its server", .timeLimit(.minutes(2)))
struct PostgresBadInputTests {
    @Test("A byte that is no text, from the one type that the server does not check, is told by column")
    func invalidText() async throws {
        try await withStitchTest { test in
            let result = try await test.database().fetch(#"SELECT (-1)::"char" AS letter"#)
            let error = try #require(throws: PostgresError.self) {
                _ = try result.map { row throws(PostgresError) in try row.decode(0, as: String.self) }
            }
            #expect(error.code == .decodingFailed)
            #expect(error.message.contains("Column letter holds bytes that are not UTF-8"))
            #expect(try result.rows[0].cell("letter").bytes == [0xff])
        }
    }

    @Test("Of a database's own types those that are text decode as String, and no other ones")
    func ownTypes() async throws {
        try await withStitchTest { test in
            try await test.database().withConnection { connection in
                try await connection.executeScript(
                    """
                    CREATE TYPE mood AS ENUM ('fine', 'übel');
                    CREATE DOMAIN code AS text CHECK (length(VALUE) = 3);
                    CREATE TYPE pair AS (a text, b integer);
                    CREATE TYPE span AS RANGE (subtype = integer);
                    """
                )
                let row = try await connection.query(
                    """
                    SELECT 'übel'::mood AS mood, 'abc'::code AS code, ROW('x', 7)::pair AS pair, 'empty'::span AS empty,
                        span(1, 5) AS span, span(NULL, NULL) AS unbounded
                    """
                )[0]
                #expect(try row.decode("mood") == "übel")
                #expect(try row.decode("code") == "abc")
                for column in ["pair", "empty", "span", "unbounded"] {
                    let error = #expect(throws: PostgresError.self) { try row.decode(column, as: String.self) }
                    #expect(error?.code == .decodingFailed && error?.message.contains("\(column)::text") == true)
                }
            }
        }
    }

    @Test("A row of 32 MB arrives whole, as text, as bytes and as an array")
    func hugeRow() async throws {
        try await withStitchTest { test in
            let database = try await test.database()
            let result = try await database.fetch(
                """
                SELECT repeat('ö', 8 << 20), decode(repeat('07', 16 << 20), 'hex'),
                    array_agg(number) FROM generate_series(1, 1 << 16) AS number
                """
            )
            let sizes = try result.map { row throws(PostgresError) in
                let numbers = try row.decode(2, as: [Int].self)
                return [
                    try row.decode(0, as: String.self).utf8.count, try row.decode(1, as: [UInt8].self).count,
                    numbers.count, numbers.last ?? 0,
                ]
            }
            #expect(sizes == [[16 << 20, 16 << 20, 1 << 16, 1 << 16]])
        }
    }

    @Test("A NUL character in a text is refused on every way, by place, and the text is not shown")
    func nul() async throws {
        try await withStitchTest { test in
            try await test.database().withConnection { connection in
                var errors: [PostgresError] = []
                for _ in 0..<3 {
                    errors.append(
                        try #require(
                            await #expect(throws: PostgresError.self) {
                                try await connection.query("SELECT $1::bigint, $2::text", 1, "hunter2\0")
                            }
                        )
                    )
                    errors.append(
                        try #require(
                            await #expect(throws: PostgresError.self) {
                                try await connection.query("SELECT 1, $1::text[]", ["a", "hunter2\0"])
                            }
                        )
                    )
                }
                for error in errors {
                    #expect(error.code == .invalidParameter && error.message.contains("$"))
                    #expect(!"\(error)".contains("hunter2"))
                }
                #expect(try await connection.query("SELECT 1").count == 1)
            }
        }
    }

    @Test("A NUL character in a statement or a channel is refused at every use, and nothing before it runs")
    func nulInStatement() async throws {
        try await withStitchTest { test in
            try await test.database().withConnection { connection in
                try await connection.execute("CREATE TABLE orders (id integer)")
                for _ in 0..<3 {
                    let errors = [
                        await #expect(throws: PostgresError.self) {
                            try await connection.execute("INSERT INTO orders VALUES (1) --\0 RETURNING id")
                        },
                        await #expect(throws: PostgresError.self) {
                            try await connection.execute("INSERT INTO orders VALUES ($1) --\0", 1)
                        },
                        await #expect(throws: PostgresError.self) { try await connection.listen(to: "orders\0") },
                        await #expect(throws: PostgresError.self) { try await connection.executeScript("SELECT 1;\0") },
                    ]
                    for error in errors { #expect(error?.code == .invalidParameter, "\(String(describing: error))") }
                }
                #expect(try await connection.query("SELECT FROM orders").isEmpty)
                #expect(try await connection.query("SELECT FROM pg_listening_channels()").isEmpty)
            }
        }
    }

    @Test("A server that stops in the middle: what runs fails as lost, what comes later can't connect, nothing hangs")
    func serverStops() async throws {
        let server = try await TemporaryPostgres()
        var configuration = try PostgresConfiguration(server.url)
        configuration.maximumConnections = 4
        configuration.drain = .zero
        let pool = try PostgresPool(configuration)
        try await withThrowingTaskGroup { group in
            let (begun, begin) = AsyncStream.makeStream(of: Void.self)
            for _ in 0..<3 {
                group.addTask {
                    let error = await #expect(throws: PostgresError.self) {
                        try await pool.withConnection { connection in
                            try await connection.execute("SELECT 1")
                            begin.yield()
                            try await connection.execute("SELECT pg_sleep(600)")
                        }
                    }
                    #expect(error?.isRetryable == true, "\(String(describing: error))")
                }
            }
            group.addTask {
                await #expect(throws: PostgresError.self) {
                    try await pool.withConnection { connection in
                        begin.yield()
                        let lines = sequence(first: 0) { $0 + 1 }
                        try await connection.execute("CREATE TEMPORARY TABLE lines (id bigint)")
                        try await connection.copy(into: "lines", columns: ["id"], lines) {
                            id,
                            row throws(PostgresError) in
                            try row.write(id)
                        }
                    }
                }
            }
            var count = 0
            for await _ in begun {
                count += 1
                if count == 4 { break }
            }
            await server.stop()
            try await group.waitForAll()
        }
        let error = await #expect(throws: PostgresError.self) { try await pool.query("SELECT 1") }
        #expect(error?.code == .connectionFailed)
        #expect(pool.statistics.failed == 1 && pool.statistics.leased == 0)
        await pool.shutdown()
    }

    @Test("A statement whose connection was ended in its middle fails as lost or as the server says, never as done")
    func terminated() async throws {
        try await withStitchTest { test in
            let database = try await test.database()
            for batched in [false, true] {
                try await database.withConnection { connection in
                    let process = try await connection.query("SELECT pg_backend_pid()")[0].decode(0, as: Int.self)
                    var batch = PostgresBatch()
                    for _ in 0..<3 { try batch.add("SELECT pg_sleep(20)::text") }
                    let statements = batch
                    async let running: Int =
                        batched
                        ? connection.run(statements).count : connection.execute("SELECT pg_sleep(60)::text")
                    try await database.execute(
                        """
                        DO $$ BEGIN LOOP
                            EXIT WHEN EXISTS (SELECT FROM pg_stat_activity WHERE pid = \(process) AND state = 'active');
                            PERFORM pg_sleep(0.01), pg_stat_clear_snapshot();
                        END LOOP; END $$
                        """
                    )
                    _ = try await database.query("SELECT pg_terminate_backend($1, 5000)", process)
                    do {
                        _ = try await running
                        Issue.record("the statement was told to be done")
                    } catch {
                        #expect((error as? PostgresError)?.isRetryable == true, "\(error)")
                    }
                    await #expect(throws: PostgresError.self) { try await connection.execute("SELECT 1") }
                }
            }
        }
    }

    @Test("A wrong password, database or host is told, the password is not")
    func refusedConnections() async throws {
        try await withStitchTest { test in
            let database = try await test.database()
            var configuration = database.configuration
            configuration.database = "no_such_database"
            let unknown = try PostgresPool(configuration)
            let error = try #require(await #expect(throws: PostgresError.self) { try await unknown.query("SELECT 1") })
            #expect(error.code == .connectionFailed && error.message.contains("no_such_database"))
            await unknown.shutdown()
            for name in ["host=elsewhere.invalid dbname=shop", "postgres://elsewhere.invalid/shop"] {
                configuration.database = name
                let strange = try PostgresPool(configuration)
                let error = await #expect(throws: PostgresError.self) { try await strange.query("SELECT 1") }
                #expect(error?.message.contains("database \"\(name)\" does not exist") == true)
                await strange.shutdown()
            }
            let nowhere = try PostgresPool("postgres://me:hunter2@no-such-host.invalid/shop?password=hunter2")
            let lost = try #require(await #expect(throws: PostgresError.self) { try await nowhere.query("SELECT 1") })
            #expect(lost.message.contains("no-such-host.invalid") && !"\(lost)".contains("hunter2"))
            await nowhere.shutdown()
            do { _ = try PostgresPool("postgres://me:hunter2@ho st:badport") } catch {
                #expect(!"\(error)".contains("hunter2"))
            }
        }
    }
}
