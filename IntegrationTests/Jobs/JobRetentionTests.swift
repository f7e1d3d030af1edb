// SPDX-License-Identifier: Apache-2.0

import PostgresTesting
import StitchPostgres
import StitchTesting
import Testing

@testable import TracedJobs

@Suite("What is kept of jobs on a real Postgres", .timeLimit(.minutes(2)))
struct JobRetentionTests {
    private static let day = Duration.seconds(86_400)

    /// As many rounds of maintenance as a segment needs to go.
    private func maintain(_ jobs: JobQueue, moving: Bool = false) async throws {
        for _ in 0..<8 {
            try await JobStore(database: jobs.database, names: jobs.names)
                .maintain(MaintenanceStep.allCases.filter { moving || $0 != .move })
        }
    }

    private func count(_ rows: String, in jobs: JobQueue) async throws -> Int {
        try await jobs.database.query("SELECT count(*) AS number FROM stitch.\(rows)")[0].decode("number")
    }

    private func worker(_ jobs: JobQueue) throws -> JobWorker {
        try JobWorker(jobs, queues: ["default": 1]).handle(SendReceipt.self) { job, _ in
            if job.orderID == 0 { throw JobControl.discard("no such order") }
        }
    }

    @Test(
        "A finished job can be looked up for as long as it is to be kept, and not much longer, however few there are",
        arguments: [false, true]
    )
    func few(isPublished: Bool) async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            if isPublished { try await jobs.database.execute("CREATE PUBLICATION every FOR ALL TABLES") }
            let id = try await jobs.enqueue(SendReceipt(orderID: 0))
            try await worker(jobs).drain()
            try await maintain(jobs)
            #expect(try await count("past_job", in: jobs) == 0)
            try await jobs.advanceClock(by: Self.day + .seconds(1))
            try await maintain(jobs)
            #expect(try await count("past_job", in: jobs) == 1)
            #expect(try await jobs.column("state", of: id) == "discarded")
            #expect(try await jobs.enqueue(SendReceipt(orderID: 1)).rawValue > id.rawValue + 1_000_000)
            try await worker(jobs).drain()
            try await jobs.advanceClock(by: Self.day * 6)
            try await maintain(jobs)
            #expect(try await jobs.column("state", of: id) == "discarded")
            try await jobs.advanceClock(by: Self.day)
            try await maintain(jobs)
            #expect(try await jobs.column("state", of: id) == nil)
            #expect(try await count("note", in: jobs) == 0)
        }
    }

    @Test("Where nothing is enqueued no segment follows another")
    func idle() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let segments = try await count("segment", in: jobs)
            for _ in 1...3 {
                try await jobs.advanceClock(by: Self.day * 3)
                try await maintain(jobs)
            }
            #expect(try await count("segment", in: jobs) == segments)
        }
    }

    @Test("With a job each day, receipts, completions and segments go as their jobs do")
    func daily() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            try await jobs.database.withTransaction { transaction in
                try await transaction.executeScript(
                    """
                    UPDATE stitch.setting SET segment_size = 1000;
                    DO $$ DECLARE s stitch.segment; BEGIN
                        FOR s IN DELETE FROM stitch.segment RETURNING * LOOP
                            EXECUTE format('DROP TABLE stitch.job_%s', s.k);
                        END LOOP;
                        PERFORM stitch.add_segments();
                    END $$;
                    """
                )
            }
            for order in 1...16 {
                try await jobs.enqueue(SendReceipt(orderID: order))
                try await worker(jobs).drain()
                try await maintain(jobs)
                try await jobs.advanceClock(by: Self.day + .seconds(1))
                try await maintain(jobs)
            }
            #expect((7...9).contains(try await count("ticket", in: jobs)))
            #expect(try await count("segment", in: jobs) < 12)
            // They are cleared away with a segment that was made later.
            #expect(try await count("done_log", in: jobs) < 12)
            #expect(try await count("claim_log WHERE n > 0", in: jobs) < 12)
        }
    }

    @Test("What a paused queue has in an old segment is moved, so that the segment goes, and is done in the end")
    func moved() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            try await jobs.pause("default")
            let id = try await jobs.enqueue(SendReceipt(orderID: 7))
            try await maintain(jobs)
            try await jobs.advanceClock(by: Self.day + .seconds(1))
            try await maintain(jobs)
            #expect(try await count("segment WHERE sealed_at IS NOT NULL AND passed_at IS NULL", in: jobs) == 1)
            try await maintain(jobs, moving: true)
            #expect(try await count("segment WHERE retired_at IS NOT NULL", in: jobs) == 1)
            try await jobs.advanceClock(by: Self.day * 7 + .seconds(1))
            try await maintain(jobs, moving: true)
            #expect(try await count("segment WHERE k = 0", in: jobs) == 0)
            #expect(try await jobs.column("state", of: id) == "ready")
            try await jobs.resume("default")
            let worker = try worker(jobs)
            try await worker.drain()
            #expect(worker.counts.succeeded == 1)
            #expect(try await jobs.column("state", of: id) == "succeeded")
        }
    }

    @Test("Cancelled jobs, keys whose time is over and old orders are forgotten, dead jobs only if that is said")
    func forgotten() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let failing = try JobWorker(jobs, queues: ["default": 1]).handle(SendReceipt.self) { _, _ in
                throw Bounced()
            }
            let dead = try await jobs.enqueue(SendReceipt(orderID: 1), maximumAttempts: 1)
            try await failing.drain()
            let cancelled = try await jobs.enqueue(SendReceipt(orderID: 2), after: Self.day)
            try await jobs.cancel(cancelled)
            let daily = JobUniqueness(.text("daily"), period: Self.day, keptAfter: [.succeeded])
            _ = try await jobs.enqueue(SendReceipt(orderID: 3), unique: daily)
            try await worker(jobs).drain()
            try await jobs.database.execute("INSERT INTO stitch.cancel (id) VALUES (4711)")
            try await maintain(jobs)
            for rows in ["uniq", "cancel", "parked WHERE state = 4"] { #expect(try await count(rows, in: jobs) == 1) }

            try await jobs.advanceClock(by: Self.day * 8)
            try await maintain(jobs)
            for rows in ["uniq", "cancel", "parked WHERE state = 4"] { #expect(try await count(rows, in: jobs) == 0) }
            #expect(try await jobs.column("state", of: cancelled) == nil)
            #expect(try await jobs.column("state", of: dead) == "dead")
            try await jobs.database.execute("UPDATE stitch.setting SET dead_retention = '7 days'")
            try await maintain(jobs)
            #expect(try await count("parked", in: jobs) == 0)
        }
    }
}
