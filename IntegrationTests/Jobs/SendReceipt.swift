// SPDX-License-Identifier: Apache-2.0

import PostgresTesting
import StitchPostgres
import TracedJobs

struct SendReceipt: Job, Equatable {
    static let kind = "send_receipt"
    var orderID: Int
}

struct Bounced: Error {}

/// Where one task waits until another says so.
struct Gate: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream(of: Void.self) }

    func open() { continuation.yield() }

    /// Returns when the gate was opened, or when the task is cancelled.
    func pass() async {
        for await _ in stream { return }
    }
}

extension JobQueue {
    /// A column of a job as text.
    func column(_ expression: String, of job: JobID) async throws -> String? {
        try await database.query("SELECT (\(expression))::text AS value FROM stitch.jobs WHERE id = $1", job.rawValue)
            .first?.decode("value")
    }

    /// How the attempts at a job ended, in order.
    func outcomes(of job: JobID) async throws -> [String] {
        try await database.query("SELECT outcome FROM stitch.attempts WHERE job_id = $1 ORDER BY id", job.rawValue)
            .map { try $0.decode("outcome") }
    }

    /// Claims all jobs as a worker that is never heard of again, after those of others like it were rescued.
    func loseWorker(_ name: String, kind: String) async throws {
        _ = try await database.query("SELECT * FROM stitch.rescue()")
        let row = try await database.query(
            """
            SELECT worker, queue_ids[1] AS queue
            FROM stitch.register($1, '10 seconds', '{default}', ARRAY[$2], '{"mode": "automatic", "within": 600}')
            """,
            name,
            kind
        )[0]
        let (worker, queue): (Int64, Int32) = (try row.decode("worker"), try row.decode("queue"))
        for mode in [0, 2] {
            _ = try await database.query(
                """
                SELECT stitch.claim($1::bigint, $2::bigint + 1, $3::integer, 9, 7,
                    decode(replace(gen_random_uuid()::text || gen_random_uuid() || gen_random_uuid() || gen_random_uuid()
                        || gen_random_uuid(), '-', ''), 'hex'), $2::integer)
                """,
                worker,
                mode,
                queue
            )
        }
        try await database.execute(
            "UPDATE stitch.worker SET expires = stitch.now() - interval '1 second' WHERE id = $1",
            worker
        )
    }

    /// Runs the statement for other libraries as one of them does, with texts and bytes.
    func run(_ statement: JobStatement) async throws -> JobID {
        let p = statement.parameters
        let rows = try await database.query(
            statement.sql,
            p[0],
            p[1],
            p[2],
            p[3],
            p[4],
            p[5],
            p[6],
            p[7],
            p[8],
            p[9],
            p[10]
        )
        return JobID(rawValue: try rows[0].decode("id"))
    }

    /// Moves the test's clock.
    func advanceClock(by time: Duration) async throws {
        _ = try await database.query(
            "SELECT stitch.advance_clock(stitch.now() + $1::float8 * interval '1 second')::text",
            Double(time.components.seconds)
        )
    }

    /// Waits until the lease of the one worker ends so many seconds later than now, or for twenty seconds.
    func isLeaseProlonged(by seconds: Double) async throws -> Bool {
        guard
            let first: String = try await database.query("SELECT expires::text AS value FROM stitch.worker").first?
                .decode("value")
        else { return false }
        try await database.execute(
            """
            DO $$ BEGIN
                FOR turn IN 1..3000 LOOP
                    EXIT WHEN (SELECT expires > '\(first)'::timestamptz + interval '\(seconds) s' FROM stitch.worker);
                    PERFORM pg_sleep(0.02);
                END LOOP;
            END $$
            """
        )
        let rows = try await database.query(
            "SELECT expires > $1::text::timestamptz + $2::float8 * interval '1 s' AS value FROM stitch.worker",
            first,
            seconds
        )
        return try rows.first?.decode("value") ?? false
    }
}
