// SPDX-License-Identifier: Apache-2.0

import CPostgresLoops
import Foundation
import StitchPostgres

/// What the client of Postgres costs, against loops of bare C with libpq in the same rounds.
///
/// The server is the one that `POSTGRES_URL` names, else a temporary one without syncing.
enum PostgresBenchmarks: BenchmarkGroup {
    static let name = "postgres"

    private static let rounds = 7

    static func run() async throws -> [Figure] {
        try await BenchmarkDatabase.with { url in
            let pool = try PostgresPool(url)
            let figures = try await pool.withConnection { connection in
                try await roundTrips(connection, url) + answers(connection, url) + copies(connection, url)
            }
            await pool.shutdown()
            return figures
        }
    }

    // MARK: One row to and fro

    private static func roundTrips(_ connection: PostgresConnection, _ url: String) async throws -> [Figure] {
        let count = 4000
        var swift: [Double] = []
        var bare: [Double] = []
        var onExecutor: [Double] = []
        var batched: [Double] = []
        for _ in 0..<rounds {
            bare.append(try loop { postgres_loop_round_trips(url, count, $0) } / Double(count))
            swift.append(
                try await seconds {
                    for index in 0..<count {
                        let result = try await connection.fetch("SELECT $1::bigint", index)
                        blackHole(try result.map { row throws(PostgresError) in try row.decode(0, as: Int.self) })
                    }
                } / Double(count)
            )
            onExecutor.append(
                try await withTaskExecutorPreference(PostgresPool.executor) {
                    try await seconds {
                        for index in 0..<count {
                            let result = try await connection.fetch("SELECT $1::bigint", index)
                            blackHole(try result.map { row throws(PostgresError) in try row.decode(0, as: Int.self) })
                        }
                    } / Double(count)
                }
            )
            batched.append(
                try await seconds {
                    for start in stride(from: 0, to: count, by: 100) {
                        var batch = PostgresBatch()
                        for index in start..<start + 100 { try batch.add("SELECT $1::bigint", index) }
                        blackHole(try await connection.run(batch))
                    }
                } / Double(count)
            )
        }
        return [
            Figure(name: "postgres.round_trip", value: median(swift) * 1e6, unit: .microseconds),
            Figure(name: "postgres.round_trip_c", value: median(bare) * 1e6, unit: .microseconds),
            Figure(
                name: "postgres.round_trip_over_c",
                value: (median(swift) - median(bare)) * 1e6,
                unit: .microseconds
            ),
            Figure(name: "postgres.round_trip_on_executor", value: median(onExecutor) * 1e6, unit: .microseconds),
            Figure(name: "postgres.batched_statement", value: median(batched) * 1e6, unit: .microseconds),
        ]
    }

    // MARK: A thousand rows of twelve columns

    private struct Claimed {
        var id: Int64
        var kind: Int32
        var attempt: Int16
        var flags: Int16
        var traceID: UUID
        var spanID: Int64
        var created: PostgresInstant
        var isSampled: Bool
        var state: String?
        var payload: [UInt8]
        var queue: String
        var baggage: String?

        init(_ row: borrowing PostgresRowReader) throws(PostgresError) {
            id = try row.decode(0)
            kind = try row.decode(1)
            attempt = try row.decode(2)
            flags = try row.decode(3)
            traceID = try row.decode(4)
            spanID = try row.decode(5)
            created = try row.decode(6)
            isSampled = try row.decode(7)
            state = try row.decode(8)
            payload = try row.decode(9)
            queue = try row.decode(10)
            baggage = try row.decode(11)
        }
    }

    private static let claim = """
        SELECT id::bigint, 7::integer, 1::smallint, 3::smallint, '4bf92f35-77b3-4da6-a3ce-929d0e0e4736'::uuid,
            id::bigint * 7, now(), true, NULL::text, decode(repeat('07', 100), 'hex'), 'default'::text, NULL::text
        FROM generate_series(1, 1000) AS id
        """

    private static func answers(_ connection: PostgresConnection, _ url: String) async throws -> [Figure] {
        let count = 50
        var whole: [Double] = []
        var bare: [Double] = []
        var decoding: [Double] = []
        let kept = try await connection.fetch(claim)
        for _ in 0..<rounds {
            bare.append(try loop { postgres_loop_read(url, claim, count, $0) } / Double(count))
            whole.append(
                try await seconds {
                    for _ in 0..<count {
                        let result = try await connection.fetch(claim)
                        blackHole(try result.map { row throws(PostgresError) in try Claimed(row) })
                    }
                } / Double(count)
            )
            decoding.append(
                try await seconds {
                    for _ in 0..<count {
                        blackHole(try kept.map { row throws(PostgresError) in try Claimed(row) })
                    }
                } / Double(count * 1000)
            )
        }
        return [
            Figure(name: "postgres.thousand_rows", value: median(whole) * 1e6, unit: .microseconds),
            Figure(name: "postgres.thousand_rows_c", value: median(bare) * 1e6, unit: .microseconds),
            Figure(name: "postgres.decode_row", value: median(decoding) * 1e9, unit: .nanoseconds),
        ]
    }

    // MARK: Many rows by COPY

    private static func copies(_ connection: PostgresConnection, _ url: String) async throws -> [Figure] {
        let count = 100_000
        try await connection.executeScript(
            """
            DROP TABLE IF EXISTS stitch_benchmark_rows;
            CREATE UNLOGGED TABLE stitch_benchmark_rows (id bigint, kind integer, payload bytea);
            """
        )
        let payload = [UInt8](repeating: 7, count: 100)
        let sql = "COPY stitch_benchmark_rows (id, kind, payload) FROM STDIN (FORMAT binary)"
        var swift: [Double] = []
        var bare: [Double] = []
        for _ in 0..<rounds {
            try await connection.execute("TRUNCATE stitch_benchmark_rows")
            bare.append(Double(count) / (try loop { postgres_loop_copy(url, sql, count, $0) }))
            try await connection.execute("TRUNCATE stitch_benchmark_rows")
            swift.append(
                Double(count)
                    / (try await seconds {
                        try await connection.copy(
                            into: "stitch_benchmark_rows",
                            columns: ["id", "kind", "payload"],
                            0..<count
                        ) { id, row throws(PostgresError) in
                            try row.write(id)
                            try row.write(id % 7)
                            try row.write(payload)
                        }
                    })
            )
        }
        try await connection.execute("DROP TABLE stitch_benchmark_rows")
        return [
            Figure(name: "postgres.copy", value: median(swift), unit: .perSecond),
            Figure(name: "postgres.copy_c", value: median(bare), unit: .perSecond),
        ]
    }

    // MARK: Measuring

    private struct LoopFailed: Error {
        var reason: String
    }

    private static func loop(_ body: (UnsafeMutablePointer<Double>) -> UnsafePointer<CChar>?) throws -> Double {
        var seconds = 0.0
        if let failure = body(&seconds) { throw LoopFailed(reason: String(cString: failure)) }
        return seconds
    }

    private static func seconds(_ body: () async throws -> Void) async throws -> Double {
        let elapsed = try await ContinuousClock().measure { try await body() }.components
        return Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18
    }
}
