// SPDX-License-Identifier: Apache-2.0

import PostgresTesting
import StitchPostgres
import StitchTesting
import Testing
import TracedJobs

@Suite("Segments of tickets that go, while the queue is at work on a real Postgres", .timeLimit(.minutes(2)))
struct JobSegmentTests {
    private func value(_ sql: String, on runner: some JobStatementRunner) async throws -> String? {
        try await runner.rows("SELECT (\(sql))::text AS value").first?.decode("value")
    }

    private func maintain(_ step: String, _ jobs: JobQueue) async throws -> String? {
        try await jobs.database.query("SELECT done FROM stitch.maintain($1)", step).first?.decode("done")
    }

    /// Seals the first segment, for which some jobs of many queues were done.
    private func sealed(_ jobs: JobQueue, queues: Int = 1) async throws {
        try await jobs.database.execute(
            """
            DO $$ BEGIN
                PERFORM stitch.enqueue('send_receipt', '{"orderID": 7}', queue => 'q' || n)
                    FROM generate_series(1, \(queues)) AS n;
                PERFORM setval('stitch.job_seq', (SELECT hi FROM stitch.segment WHERE k = 0));
            END $$
            """
        )
        try await jobs.database.execute(
            """
            DO $$ DECLARE w bigint := (SELECT r.worker FROM stitch.register('w', '1 day',
                ARRAY(SELECT 'q' || n FROM generate_series(1, \(queues)) AS n), '{send_receipt}', '{}') AS r);
            BEGIN
                PERFORM stitch.claim(w, q.id, q.id, 1, 7, '\\x0102030405060708')
                    FROM stitch.queue AS q WHERE q.name ^@ 'q';
                PERFORM stitch.leave(w);
                DELETE FROM stitch.job WHERE seq < (SELECT hi FROM stitch.segment WHERE k = 0)
                    AND seq > \(queues);
            END $$
            """
        )
        #expect(try await maintain("seal", jobs) == "a segment sealed")
    }

    @Test("However many lanes there are, few are locked at once, and one that is claimed from holds up no other")
    func lanes() async throws {
        try await withStitchTest { test in
            let jobs = try await test.jobs()
            try await sealed(jobs, queues: 150)
            let held =
                "SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory' AND objsubid = 2"
            try await jobs.database.withTransaction { transaction in
                _ = try await transaction.query(
                    "SELECT pg_advisory_xact_lock('stitch.job'::regclass::oid::integer, 17)"
                )
                // Another connection passes all lanes but that one, for which it does not wait as long as it holds others.
                try await jobs.database.withTransaction { other in
                    let more = try await value("SELECT more FROM stitch.pass_segment(100)", on: other)
                    #expect(more == "true")
                    let locks = Int(try await value(held, on: other) ?? "") ?? 0
                    #expect((1...100).contains(locks))
                }
            }
            for _ in 1...3 { _ = try await maintain("pass", jobs) }
            let passed = "SELECT passed_at IS NOT NULL FROM stitch.segment WHERE k = 0"
            #expect(try await value(passed, on: jobs.database) == "true")
        }
    }

    @Test("A segment is not detached while a transaction is open that it would wait for, and nobody waits for it")
    func held() async throws {
        try await withStitchTest { test in
            let jobs = try await test.jobs()
            try await sealed(jobs)
            #expect(try await maintain("pass", jobs) == "a segment passed")
            #expect(try await maintain("retire", jobs) == "a segment is indexed")
            let tries = "SELECT detach_tries FROM stitch.segment WHERE k = 0"
            try await jobs.database.withTransaction { transaction in
                _ = try await transaction.query(
                    "SELECT stitch.enqueue('send_receipt', queue => 'q1'), pg_sleep(0.15)::text"
                )
                #expect(try await maintain("retire", jobs) == "")
                #expect(try await value(tries, on: jobs.database) == "0")
            }
            #expect(try await maintain("retire", jobs) == "a segment is kept")
        }
    }

    @Test("Detaching that was given up is tried again later, and later each time")
    func backOff() async throws {
        try await withStitchTest { test in
            let jobs = try await test.jobs()
            try await sealed(jobs)
            for step in ["pass", "retire"] { _ = try await maintain(step, jobs) }
            try await jobs.database.execute(
                "CREATE OR REPLACE FUNCTION stitch.are_tickets_held() RETURNS boolean LANGUAGE sql AS 'SELECT false'"
            )
            let tries = "SELECT detach_tries FROM stitch.segment WHERE k = 0"
            try await jobs.database.withTransaction { transaction in
                _ = try await transaction.query("SELECT stitch.enqueue('send_receipt', queue => 'q1')")
                for (advance, expected) in [(0, "1"), (0, "1"), (11, "2"), (11, "2"), (10, "3")] {
                    try await jobs.advanceClock(by: .seconds(advance))
                    #expect(try await maintain("retire", jobs) == "")
                    #expect(try await value(tries, on: jobs.database) == expected)
                }
            }
            try await jobs.advanceClock(by: .seconds(41))
            #expect(try await maintain("retire", jobs) == "a segment is kept")
        }
    }

    @Test("What belonged to a segment is deleted by and by after it is dropped")
    func cleared() async throws {
        try await withStitchTest { test in
            let jobs = try await test.jobs()
            try await sealed(jobs, queues: 5)
            for step in ["pass", "retire", "retire"] { _ = try await maintain(step, jobs) }
            try await jobs.advanceClock(by: .seconds(86_400 * 8))
            try await jobs.database.execute("UPDATE stitch.segment SET begun_no = 1000 WHERE k = 1")
            #expect(try await maintain("drop", jobs) == "segment 0 dropped")
            #expect(try await value("SELECT count(*) FROM stitch.note", on: jobs.database) == "5")
            var deleted: [String?] = []
            repeat {
                deleted.append(try await value("SELECT stitch.clear_segment(2)", on: jobs.database))
            } while deleted.last != "0"
            // Five receipts of claims beside those that passed the segment, five notes, the worker's row stays for a while.
            #expect(deleted == ["2", "2", "1", "2", "2", "1", "1", "0"])
            #expect(try await value("SELECT count(*) FROM stitch.segment WHERE k = 0", on: jobs.database) == "0")
        }
    }
}

/// Where a test asks for rows: the pool, or a transaction.
private protocol JobStatementRunner: Sendable {
    func rows(_ sql: String) async throws -> [PostgresRow]
}

extension PostgresPool: JobStatementRunner {
    fileprivate func rows(_ sql: String) async throws -> [PostgresRow] { try await query(sql) }
}

extension PostgresTransaction: JobStatementRunner {
    fileprivate func rows(_ sql: String) async throws -> [PostgresRow] { try await query(sql) }
}
