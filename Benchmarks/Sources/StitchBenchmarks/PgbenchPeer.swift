// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchPostgres
import TracedJobs

/// The work of the queue as plain SQL, sent by `pgbench` on one connection: what its statements cost without a client.
///
/// `nil` figures, and a word about it, where there is no `pgbench`.
struct PgbenchPeer {
    let url: String
    let pool: PostgresPool
    let jobs: JobQueue
    let backlog: Int

    private static let queue = "pgbench"
    private static let rows = 5_000
    private static let batch = 512

    func run() async throws -> [Figure] {
        let schema = jobs.schema
        let row = try await pool.query(
            """
            SELECT worker, queue_ids[1] AS queue, kind_ids[1] AS kind
            FROM \(schema).register('pgbench', '1 hour', $1::text[], $2::text[], '{}')
            """,
            [Self.queue],
            [JobBenchmarks.Work.kind]
        )[0]
        let (worker, queue) = (try row.decode("worker", as: Int.self), try row.decode("queue", as: Int.self))
        let kind: Int = try row.decode("kind")
        // With spaces, since what follows a colon is a variable's name there.
        let payload = #"{"number": 7, "text": "\#(String(repeating: "x", count: 74))"}"#
        let enqueued = try run(
            """
            INSERT INTO \(schema).job (created_at, lane, kind, payload, max_attempts, trace_id, span_id, flags, carrier)
            SELECT now(), \(queue * 8 + 1), \(kind), convert_to('\(payload)', 'UTF8'), 20,
                '4bf92f35-77b3-4da6-a3ce-929d0e0e4736', g, 1, '{"stitch": "o=1767225600000"}'
            FROM generate_series(1, \(Self.rows)) AS g;
            """,
            count: backlog / Self.rows
        )
        let worked = try run(
            """
            \\set c :c + 1
            SELECT \(schema).claim(\(worker), :c, \(queue), \(Self.batch), 7, decode(repeat('01', 8 * \(Self.batch)), 'hex'));
            SELECT count(payload) FROM \(schema).fetch_jobs(\(worker), :c);
            SELECT count(*) FROM (
                SELECT array_agg(c) AS cs, array_agg(no) AS nos FROM \(schema).claim_log WHERE worker = \(worker) AND c = :c
            ) AS mine, \(schema).ack(\(worker), cs, nos, NULL::varbit[]);
            """,
            count: backlog / Self.batch
        )
        _ = try await pool.query("SELECT \(schema).leave($1)", worker)
        return [
            enqueued.map { Figure(name: "pgbench.enqueue_bulk", value: $0 * Double(Self.rows), unit: .perSecond) },
            worked.map { Figure(name: "pgbench.work", value: $0 * Double(Self.batch), unit: .perSecond) },
        ].compactMap { $0 }
    }

    /// Runs a script so many times; returns how often a second.
    private func run(_ script: String, count: Int) throws -> Double? {
        let file = FileManager.default.temporaryDirectory.appending(path: "stitch-\(UUID().uuidString).sql")
        try script.write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/bin/sh")
        // Debian keeps it beside the server.
        let find = """
            for p in "$(command -v pgbench)" /usr/lib/postgresql/*/bin/pgbench; do [ -x "$p" ] && exec "$p" "$@"; done
            """
        process.arguments = [
            "-c", find, "sh", "-n", "-M", "prepared", "-D", "c=0", "-t", "\(count)", "-f", file.path, url,
        ]
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        let line = text.split(separator: "\n").first { $0.hasPrefix("tps = ") }
        guard let line, let rate = Double(line.dropFirst(6).prefix { $0 != " " }) else {
            FileHandle.standardError.write(Data("bench: no figures of pgbench, which was not found or failed\n".utf8))
            return nil
        }
        return rate
    }
}
