// SPDX-License-Identifier: Apache-2.0

import Foundation
import PostgresTesting
import StitchTesting
import Testing
import TracedJobs

@testable import StitchPostgres

@Suite("Roles on a real Postgres", .timeLimit(.minutes(2)))
struct JobRolesTests {
    private let enqueuer = "stitch_test_enqueue_\(UUID().uuidString.prefix(8).lowercased())"
    private let worker = "stitch_test_work_\(UUID().uuidString.prefix(8).lowercased())"
    private let admin = "stitch_test_admin_\(UUID().uuidString.prefix(8).lowercased())"

    /// Runs something with three roles that have their rights to a queue, and takes the roles away again.
    private func withRoles(_ body: (StitchTest, JobQueue) async throws -> Void) async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            // With the real clock, which everybody may read.
            let jobs = try JobQueue(await test.database())
            try await jobs.migrate()
            let roles = [enqueuer, worker, admin]
            for role in roles { try await jobs.database.execute("CREATE ROLE \(role) NOLOGIN") }
            let outcome: Result<Void, any Error>
            do {
                _ = try await jobs.database
                    .query("SELECT stitch.grant_to($1, $2, $3)::text", enqueuer, worker, admin)
                outcome = .success(try await body(test, jobs))
            } catch { outcome = .failure(error) }
            for role in roles {
                try await jobs.database.execute("DROP OWNED BY \(role)")
                try await jobs.database.execute("DROP ROLE \(role)")
            }
            try outcome.get()
        }
    }

    /// Runs something with the queue as a role sees it.
    private func with(
        _ role: String,
        _ jobs: JobQueue,
        _ body: (JobQueue) async throws -> Void
    ) async throws {
        var configuration = jobs.database.configuration
        configuration.settings["options"] = "-c role=\(role)"
        let pool = try PostgresPool(configuration)
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body(JobQueue(pool))) } catch { outcome = .failure(error) }
        await pool.shutdown()
        try outcome.get()
    }

    @Test("Each of the three can do what it is for, and not what the next one is for")
    func rights() async throws {
        try await withRoles { test, jobs in
            try await with(enqueuer, jobs) { jobs in
                try await jobs.enqueue(SendReceipt(orderID: 1))
                try await jobs.enqueue(all: [SendReceipt(orderID: 2)])
                // As many as are copied; none of them is to stay.
                await #expect(throws: CancellationError.self) {
                    try await jobs.database.withTransaction { transaction in
                        let many = (1...300).map { SendReceipt(orderID: $0) }
                        #expect(try await jobs.enqueue(all: many, in: transaction).count == 300)
                        throw CancellationError()
                    }
                }
                try await jobs.enqueue(SendReceipt(orderID: 3), queue: "mail", after: .seconds(60))
                let idle = try JobWorker(jobs, queues: ["default": 1])
                await #expect(throws: JobError.self) { try await idle.drain() }
            }
            try await with(worker, jobs) { jobs in
                let working = try JobWorker(jobs, queues: ["default": 1]).handle(SendReceipt.self) { job, _ in
                    if job.orderID == 1 { throw JobControl.discard("no such order") }
                }
                try await working.drain()
                #expect(working.counts.succeeded == 1 && working.counts.steered == 1)
                #expect(test.measurements.of("stitch.job.queue.depth").count == 5)
                await #expect(throws: JobError.self) { try await jobs.pause("default") }
            }
            try await with(admin, jobs) { jobs in
                try await jobs.pause("default")
                #expect(try await jobs.findings().map(\.name) == ["paused queue"])
            }
        }
    }

    @Test("An owner who may not see the transactions of others is told of that, and of the right that it lacks")
    func hiddenTransactions() async throws {
        try await withRoles { _, jobs in
            let database = jobs.database
            try await database.execute(
                "DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO \(worker)', current_database()); END $$"
            )
            try await with(worker, jobs) { jobs in
                let own = try JobQueue(jobs.database, schema: "shop")
                try await own.migrate()
                let finding = try #require(await own.findings().first)
                #expect(finding.name == "hidden transactions")
                #expect(finding.detail.contains("GRANT pg_read_all_stats TO \(worker)"))
                try await database.execute("GRANT pg_read_all_stats TO \(worker)")
                #expect(try await own.findings().isEmpty)
                try await database.withTransaction { transaction in
                    _ = try await transaction.query("SELECT shop.enqueue('send_receipt')")
                    let open = try await jobs.database.query("SELECT finding FROM shop.health(interval '0 s')")
                    #expect(try open.map { try $0.decode("finding", as: String.self) }.contains("open transaction"))
                }
            }
        }
    }

    @Test("The admin has all that the command line needs")
    func commands() async throws {
        try await withRoles { test, jobs in
            let id = try await jobs.enqueue(SendReceipt(orderID: 1), maximumAttempts: 1)
            let failing = try JobWorker(jobs, queues: ["default": 1]).handle(SendReceipt.self) { _, _ in throw Bounced()
            }
            try await failing.drain()
            var console = try await JobsConsole(test)
            console.url = (console.url ?? "") + " options='-c role=\(admin)'"
            for arguments in [
                ["list"], ["list", "--state", "dead"], ["show", "\(id)"], ["stats"], ["redrive", "--dry-run"],
                ["retry", "\(id)"], ["cancel", "\(id)"], ["pause", "default"], ["resume", "default"],
            ] {
                let outcome = await console.run(["jobs"] + arguments)
                #expect(outcome.status == 0, "\(arguments): \(outcome.error)")
            }
            console.url = (console.url ?? "").replacing(admin, with: worker)
            let refused = await console.run(["jobs", "list"])
            #expect(refused.status == 1 && refused.error.contains("lacks the right"), "\(refused)")
        }
    }
}
