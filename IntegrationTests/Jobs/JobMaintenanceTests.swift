// SPDX-License-Identifier: Apache-2.0

import PostgresTesting
import StitchPostgres
import StitchTesting
import Testing

@testable import TracedJobs

@Suite("Maintenance of jobs that fails in part, on a real Postgres", .timeLimit(.minutes(2)))
struct JobMaintenanceTests {
    /// Breaks a function of the schema for good.
    private func breakDown(_ function: String, _ jobs: JobQueue) async throws {
        try await jobs.database.execute(
            """
            DO $$ DECLARE f record; BEGIN
                FOR f IN SELECT pg_get_functiondef(oid) AS text FROM pg_proc
                    WHERE proname = '\(function)' AND pronamespace = 'stitch'::regnamespace
                LOOP
                    EXECUTE regexp_replace(f.text, 'BEGIN', 'BEGIN RAISE EXCEPTION ''out of shared memory'';');
                END LOOP;
            END $$
            """
        )
    }

    /// Makes the last segment the one that is being filled.
    private func fill(_ jobs: JobQueue) async throws {
        _ = try await jobs.database.query(
            "SELECT setval('stitch.job_seq', (SELECT max(lo) FROM stitch.segment))"
        )
    }

    private static let isThere =
        "(SELECT count(*) FROM stitch.segment WHERE lo > (SELECT last_value FROM stitch.job_seq)) = 2"

    /// Whether something holds within twenty seconds.
    private func becomesTrue(_ condition: String, _ jobs: JobQueue) async throws -> Bool {
        try await jobs.database.execute(
            """
            DO $$ BEGIN
                FOR turn IN 1..1000 LOOP
                    EXIT WHEN \(condition);
                    PERFORM pg_sleep(0.02);
                END LOOP;
            END $$
            """
        )
        return try await jobs.database.query("SELECT \(condition) AS value")[0].decode("value")
    }

    @Test("A step that fails undoes no other: there is room for jobs, and what is old is forgotten")
    func steps() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let id = try await jobs.enqueue(SendReceipt(orderID: 7), after: .seconds(60))
            try await jobs.cancel(id)
            try await jobs.advanceClock(by: .seconds(86_400 * 8))
            try await fill(jobs)
            for function in ["fill_segment", "pass_segment"] { try await breakDown(function, jobs) }
            let store = JobStore(database: jobs.database, names: jobs.names)
            let error = await #expect(throws: JobError.self) { try await store.maintain(MaintenanceStep.allCases) }
            #expect(error?.message == "Maintaining the job queue failed at the step fill")
            #expect(try await becomesTrue(Self.isThere, jobs))
            #expect(try await jobs.column("state", of: id) == nil)
        }
    }

    @Test("Room is made while another step takes long elsewhere")
    func apart() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            try await fill(jobs)
            try await jobs.database.withTransaction { transaction in
                _ = try await transaction.query("SELECT stitch.maintain('clear')::text")
                let store = JobStore(database: jobs.database, names: jobs.names)
                try await store.maintain(MaintenanceStep.allCases)
            }
            #expect(try await becomesTrue(Self.isThere, jobs))
        }
    }

    @Test("A worker maintains where it can't rescue, and rescues where it can't maintain", arguments: [false, true])
    func independent(isRescueBroken: Bool) async throws {
        try await withStitchTest { test in
            let jobs = try await test.jobs()
            try await jobs.enqueue(SendReceipt(orderID: 7))
            try await jobs.loseWorker("lost", kind: SendReceipt.kind)
            try await fill(jobs)
            try await breakDown(isRescueBroken ? "rescue" : "maintain", jobs)
            var configuration = JobWorkerConfiguration(queues: ["default": 1])
            configuration.lease = .seconds(1)
            let store = JobStore(database: jobs.database, names: jobs.names)
            let maintenance = JobMaintenance(
                store: store,
                configuration: configuration,
                identity: WorkerIdentity(),
                tally: JobTally()
            )
            let rounds = Task { await maintenance.run() }
            #expect(
                try await becomesTrue(isRescueBroken ? Self.isThere : "NOT EXISTS (SELECT FROM stitch.worker)", jobs)
            )
            rounds.cancel()
            await rounds.value
        }
    }
}
