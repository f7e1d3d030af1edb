// SPDX-License-Identifier: Apache-2.0

import PostgresTesting
import StitchPostgres
import StitchTesting
import Testing
import TracedJobs

@Suite("Jobs behind a pooler in transaction mode", .timeLimit(.minutes(3)))
struct JobPoolerTests {
    /// Runs a worker whose database is behind a pooler, and lends its queue.
    private func withWorker(
        _ change: (inout JobWorkerConfiguration, PostgresConfiguration) -> Void,
        _ body: (JobQueue, Inbox<Int>) async throws -> Void
    ) async throws {
        try await withStitchTest { test in
            let direct = try await test.jobs().database.configuration
            var pooled = direct
            pooled.pooling = .transaction
            let database = try PostgresPool(pooled)
            let jobs = try JobQueue(database)
            let inbox = Inbox<Int>()
            var configuration = JobWorkerConfiguration(queues: ["default": 1])
            change(&configuration, direct)
            let worker = try JobWorker(jobs, configuration).handle(SendReceipt.self) { job, _ in
                inbox.put(job.orderID)
            }
            let running = Task { try await worker.run() }
            try await body(jobs, inbox)
            await worker.shutdown()
            try await running.value
            await database.shutdown()
        }
    }

    @Test("A worker with an address that leads past it hears of jobs")
    func direct() async throws {
        try await withWorker {
            $0.listener = $1
            // Only what it hears of wakes it.
            $0.fallbackInterval = .seconds(3600)
        } _: { jobs, inbox in
            for id in 1...3 {
                try await jobs.enqueue(SendReceipt(orderID: id))
                #expect(await inbox.take(1) == [id])
            }
        }
    }

    @Test("A worker without one looks for jobs at intervals")
    func polling() async throws {
        try await withWorker { configuration, _ in
            configuration.fallbackInterval = .milliseconds(20)
        } _: { jobs, inbox in
            for id in 1...3 {
                try await jobs.enqueue(SendReceipt(orderID: id))
                #expect(await inbox.take(1) == [id])
            }
        }
    }

    @Test("An address that can't be used is refused")
    func refused() async throws {
        try await withStitchTest { test in
            let jobs = try await test.jobs()
            var configuration = JobWorkerConfiguration(queues: ["default": 1])
            configuration.listener = jobs.database.configuration
            configuration.listener?.connectTimeout = .zero
            let error = #expect(throws: JobError.self) { try JobWorker(jobs, configuration) }
            #expect(error?.code == .invalidConfiguration)
        }
    }
}
