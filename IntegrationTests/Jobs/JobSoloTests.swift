// SPDX-License-Identifier: Apache-2.0

import PostgresTesting
import StitchPostgres
import StitchTesting
import Synchronization
import Testing
import TracedJobs

@Suite("Jobs that are claimed alone on a real Postgres", .timeLimit(.minutes(3)))
struct JobSoloTests {
    /// Enqueues a job, and takes two workers from it.
    private func loseTwice(_ job: SendReceipt, in jobs: JobQueue) async throws {
        try await jobs.enqueue(job)
        for name in ["first", "second"] {
            try await jobs.loseWorker(name, kind: "send_receipt")
            _ = try await jobs.database.query("SELECT * FROM stitch.rescue()")
        }
    }

    @Test("A worker with a long job goes on with others, and takes the one that is to be alone when it has none")
    func longJob() async throws {
        try await withStitchTest { test in
            let jobs = try await test.jobs()
            try await loseTwice(SendReceipt(orderID: 1), in: jobs)
            var configuration = JobWorkerConfiguration(queues: ["default": 2])
            configuration.lease = .seconds(15)
            let (began, mayEnd, otherDone, aloneDone) = (Gate(), Gate(), Gate(), Gate())
            let running = Mutex(0)
            let worker = try JobWorker(jobs, configuration).handle(SendReceipt.self) { job, attempt in
                running.withLock { $0 += 1 }
                defer { running.withLock { $0 -= 1 } }
                switch job.orderID {
                case 1:
                    #expect(attempt.losses == 2 && running.withLock { $0 } == 1)
                    aloneDone.open()
                case 2:
                    began.open()
                    await mayEnd.pass()
                default: otherDone.open()
                }
            }
            try await jobs.enqueue(SendReceipt(orderID: 2))
            // Which has begun before the first beat tells of the other.
            async let run: Void = worker.run()
            await began.pass()
            #expect(try await jobs.isLeaseProlonged(by: 0.5))
            try await jobs.enqueue(SendReceipt(orderID: 3))
            await otherDone.pass()
            mayEnd.open()
            await aloneDone.pass()
            await worker.shutdown()
            try await run
            #expect(worker.counts.succeeded == 3)
        }
    }

    @Test("No worker makes room for a job that is to be claimed alone while its queue is paused")
    func paused() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            try await loseTwice(SendReceipt(orderID: 1), in: jobs)
            _ = try await jobs.database.query(
                "SELECT * FROM stitch.register('worker', '10 seconds', '{default}', '{send_receipt}', '{}')"
            )
            for (isPaused, number) in [(true, 0), (false, 1)] {
                if isPaused { try await jobs.pause("default") } else { try await jobs.resume("default") }
                let beat = try await jobs.database.query(
                    "SELECT cardinality(solo) AS number FROM stitch.beat((SELECT max(id) FROM stitch.worker), '{}', 1)"
                )
                #expect(try beat[0].decode("number", as: Int.self) == number)
            }
        }
    }
}
