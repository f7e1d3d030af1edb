// SPDX-License-Identifier: Apache-2.0

import PostgresTesting
import StitchPostgres
import StitchTesting
import TelemetryAPI
import TelemetryData
import Testing
import TracedJobs

@Suite("Jobs that are looked up among many on a real Postgres", .timeLimit(.minutes(2)))
struct JobLookupTests {
    private func number(_ sql: String, _ transaction: PostgresTransaction) async throws -> Int {
        try await transaction.query("SELECT (\(sql))::bigint AS value")[0].decode("value")
    }

    /// Enqueues and claims by ones and twos, so that there are many receipts, some with tickets that committed late.
    private func work(_ jobs: JobQueue, turns: Int) async throws {
        try await jobs.database.execute(
            """
            DO $$ DECLARE w bigint; q integer := stitch.queue_id('default'); BEGIN
                SELECT r.worker INTO w FROM stitch.register('w', '1 day', '{default}', '{send_receipt}', '{}') AS r;
                COMMIT;
                FOR turn IN 1..\(turns) LOOP
                    PERFORM stitch.enqueue('send_receipt', '{"orderID": 7}') FROM generate_series(1, 1 + turn % 3);
                    COMMIT;
                    PERFORM stitch.claim(w, turn, q, 1 + turn % 4, 7, sha256(turn::text::bytea));
                    COMMIT;
                END LOOP;
            END $$
            """
        )
    }

    @Test("The receipt of a ticket is found among many with a few looks, and is the right one")
    func receipts() async throws {
        try await withStitchTest { test in
            let jobs = try await test.jobs()
            // The first job of a queue or a kind would hold up all others of it.
            try await jobs.declare(queues: ["default"], kinds: [SendReceipt.self])
            try await jobs.database.withTransaction { late in
                _ = try await late.query("SELECT stitch.enqueue('send_receipt')")
                try await work(jobs, turns: 60)
            }
            try await work(jobs, turns: 60)
            try await jobs.database.withTransaction { transaction in
                let wrong = try await number(
                    """
                    SELECT count(*) FROM stitch.job AS j, stitch.receipt_of(j) AS f
                    WHERE (f.receipt).no IS DISTINCT FROM (
                        SELECT k.no FROM stitch.claim_log AS k
                        WHERE k.n > 0 AND EXISTS (SELECT FROM stitch.tickets_of(k) AS t WHERE t.seq = j.seq))
                    """,
                    transaction
                )
                #expect(wrong == 0)
            }
            try await jobs.database.withTransaction { transaction in
                let reads =
                    "SELECT idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relid = 'stitch.claim_log'::regclass"
                let before = try await number(reads, transaction)
                let look = "SELECT (f.receipt).no FROM stitch.job AS j, stitch.receipt_of(j) AS f WHERE j.seq = 30"
                _ = try await number(look, transaction)
                #expect(try await number(reads, transaction) - before < 40)
            }
        }
    }

    @Test("A list asks of no more jobs what became of them than it tells")
    func list() async throws {
        try await withStitchTest { test in
            let jobs = try await test.jobs()
            try await work(jobs, turns: 50)
            try await jobs.database.withTransaction { transaction in
                _ = try await transaction.query("SELECT set_config('track_functions', 'all', true)")
                let list = try await transaction.query("SELECT id, state FROM stitch.list_jobs(at_most => 3)")
                #expect(list.count == 3)
                let calls = try await number(
                    "SELECT calls FROM pg_stat_xact_user_functions WHERE funcname = 'attempt_of'",
                    transaction
                )
                #expect(calls == 3)
            }
        }
    }

    @Test("How long jobs waited is told of every queue, however busy the others are")
    func waits() async throws {
        try await withStitchTest { test in
            let jobs = try await test.jobs()
            try await jobs.enqueue(SendReceipt(orderID: 7), queue: "quiet")
            let quiet = try JobWorker(jobs, queues: ["quiet": 1]).handle(SendReceipt.self) { _, _ in }
            try await quiet.drain()
            try await work(jobs, turns: 50)
            let waits = "SELECT queue FROM stitch.waits('1 hour', 5) ORDER BY queue"
            let queues = try await jobs.database.query(waits).map { try $0.decode("queue", as: String.self) }
            #expect(queues == ["default", "quiet"])
        }
    }

    @Test("The traces of a job and the jobs of a trace are found, also of attempts that started a trace of their own")
    func traces() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let worker = try JobWorker(jobs, queues: ["default": 1])
                .handle(SendReceipt.self, continuation: .newTrace) { _, attempt in
                    if attempt.number == 1 { throw Bounced() }
                }
            let id = try await jobs.enqueue(SendReceipt(orderID: 7))
            try await jobs.enqueue(SendReceipt(orderID: 8), after: .seconds(86_400))
            try await worker.drain()
            try await jobs.advanceClock(by: .seconds(3600))
            try await worker.drain()
            let send = test.spans.send("default/send_receipt")[0]
            let attempts = test.spans.process("default/send_receipt")
            try #require(attempts.count == 2 && Set(attempts.map(\.traceID)).count == 2)
            let rows = try await jobs.database.query(
                "SELECT what || coalesce(' ' || state, '') AS what, trace_id, span_id FROM stitch.traces_of_job($1)",
                id.rawValue
            )
            #expect(try rows.map { try $0.decode("what") } == ["created", "attempt failed", "attempt succeeded"])
            let expected = [send] + attempts
            #expect(try rows.map { try $0.decode("trace_id") } == expected.map { "\($0.traceID)" })
            #expect(try rows.map { try $0.decode("span_id") } == expected.map { "\($0.spanID)" })
            for span in expected {
                let found = try await jobs.database.query(
                    "SELECT id FROM stitch.jobs_of_trace($1)",
                    "\(span.traceID)"
                )
                #expect(try found.map { try $0.decode("id", as: Int64.self) } == [id.rawValue])
            }
        }
    }
}
