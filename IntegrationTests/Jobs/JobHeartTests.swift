// SPDX-License-Identifier: Apache-2.0

import PostgresTesting
import StitchService
import StitchTesting
import Testing
import TracedJobs

@testable import StitchPostgres

@Suite("The heart of a worker on a real Postgres", .timeLimit(.minutes(3)))
struct JobHeartTests {
    @Test("A worker keeps its lease while its handlers hold all connections of its pool")
    func exhaustedPool() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            var single = jobs.database.configuration
            single.maximumConnections = 1
            let pool = try PostgresPool(single)
            var configuration = JobWorkerConfiguration(queues: ["default": 1])
            configuration.lease = .seconds(15)
            let (began, mayEnd) = (Gate(), Gate())
            let worker = try JobWorker(JobQueue(pool), configuration).handle(SendReceipt.self) { _, _ in
                try await pool.withTransaction { _ in
                    began.open()
                    await mayEnd.pass()
                }
            }
            try await jobs.enqueue(SendReceipt(orderID: 7))
            async let run: Void = worker.run()
            await began.pass()
            #expect(try await jobs.isLeaseProlonged(by: 1))
            mayEnd.open()
            await worker.shutdown()
            try await run
            #expect(worker.counts.succeeded == 1 && worker.counts.stale == 0)
            await pool.shutdown()
        }
    }

    @Test("A beat that takes too long is given up, told, and made anew")
    func slowBeat() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            var configuration = JobWorkerConfiguration(queues: ["default": 1])
            configuration.lease = .seconds(15)
            let (began, mayEnd) = (Gate(), Gate())
            let worker = try JobWorker(jobs, configuration).handle(SendReceipt.self) { _, _ in
                began.open()
                await mayEnd.pass()
            }
            try await jobs.enqueue(SendReceipt(orderID: 7))
            async let run: Void = worker.run()
            await began.pass()
            try await jobs.database.withTransaction { transaction in
                _ = try await transaction.query("SELECT id FROM stitch.worker FOR UPDATE")
                while worker.health.blocker == nil { try await Task.sleep(for: .milliseconds(20)) }
            }
            #expect(try await jobs.isLeaseProlonged(by: 1))
            mayEnd.open()
            await worker.shutdown()
            try await run
            #expect(worker.counts.succeeded == 1 && worker.counts.stale == 0)
        }
    }
}
