// SPDX-License-Identifier: Apache-2.0

import PostgresTesting
import StitchPostgres
import StitchTesting
import Synchronization
import Testing
import TracedJobs

@Suite("Ends of attempts that are said twice, on a real Postgres", .timeLimit(.minutes(3)))
struct JobRepeatTests {
    /// How an end is said: along with others, or by itself.
    enum Function: String, CaseIterable {
        case ack = "bigint, bigint[], bigint[], varbit[]"
        case settle = """
            bigint, bigint[], bigint[], integer[], integer[], double precision[], text[], uuid[], bigint[], smallint[]
            """

        var returned: String {
            self == .ack ? "no bigint, n integer" : "no bigint, ord integer, id bigint, became text"
        }
        var name: String { "\(self)" }
        var arguments: String { rawValue.split(separator: ",").indices.map { "$\($0 + 1)" }.joined(separator: ", ") }
    }

    /// Lets the first call fail as one whose connection is lost, and does something else before the second.
    private func cut(_ function: Function, _ jobs: JobQueue, between: String) async throws {
        let name = "stitch.\(function.name)"
        try await jobs.database.withTransaction { transaction in
            try await transaction.executeScript(
                """
                CREATE SEQUENCE public.tries;
                CREATE SCHEMA itself;
                ALTER FUNCTION \(name) (\(function.rawValue)) SET SCHEMA itself;
                CREATE FUNCTION \(name) (\(function.rawValue)) RETURNS TABLE (\(function.returned)) LANGUAGE plpgsql AS $$
                BEGIN
                    CASE nextval('public.tries')
                    WHEN 1 THEN RAISE EXCEPTION 'the connection is cut' USING ERRCODE = '08006';
                    WHEN 2 THEN \(between);
                    ELSE NULL;
                    END CASE;
                    RETURN QUERY SELECT * FROM itself.\(function.name)(\(function.arguments));
                END $$;
                """
            )
        }
    }

    private func worker(_ function: Function, _ jobs: JobQueue) throws -> JobWorker {
        let attempts = Mutex(0)
        return try JobWorker(jobs, queues: ["default": 1]).handle(SendReceipt.self) { _, _ in
            let isFirst = attempts.withLock { attempts in
                attempts += 1
                return attempts == 1
            }
            if isFirst, function == .settle { throw Bounced() }
        }
    }

    @Test("One that the first time had its effect, though nobody heard of it, counts", arguments: Function.allCases)
    func heardLate(function: Function) async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let worker = try worker(function, jobs)
            let id = try await jobs.enqueue(SendReceipt(orderID: 7))
            try await cut(function, jobs, between: "PERFORM itself.\(function.name)(\(function.arguments))")
            try await worker.drain()
            #expect(worker.counts.stale == 0)
            #expect(worker.counts.succeeded + worker.counts.failed == 1)
            #expect(try await jobs.outcomes(of: id) == [function == .ack ? "succeeded" : "failed"])
            #expect(test.spans.process("default/send_receipt").count == 1)
        }
    }

    @Test(
        "One that had no effect, since the job was rescued between, is stale, and its span is the rescuer's",
        arguments: Function.allCases
    )
    func rescuedBetween(function: Function) async throws {
        try await withStitchTest { test in
            let jobs = try await test.jobs()
            let worker = try worker(function, jobs)
            let id = try await jobs.enqueue(SendReceipt(orderID: 7))
            try await cut(
                function,
                jobs,
                between: """
                    UPDATE stitch.worker SET expires = stitch.now() - interval '1 second'; PERFORM stitch.rescue()
                    """
            )
            try await worker.drain()
            #expect(worker.counts.stale == 1 && worker.counts.succeeded == 1 && worker.counts.failed == 0)
            #expect(try await jobs.outcomes(of: id) == ["lost", "succeeded"])
            // Of the first the rescuer would have told, which here told nobody.
            #expect(test.spans.process("default/send_receipt").count == 1)
            #expect(test.spans.settle("default/send_receipt").isEmpty)
        }
    }
}
