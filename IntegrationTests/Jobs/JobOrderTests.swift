// SPDX-License-Identifier: Apache-2.0

import PostgresTesting
import StitchPostgres
import StitchTesting
import Synchronization
import Testing

@testable import TracedJobs

@Suite("Orders to stop jobs on a real Postgres", .timeLimit(.minutes(3)))
struct JobOrderTests {
    @Test("A job that was claimed and has not begun is cancelled, and never begins")
    func unbegun() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let (began, mayEnd) = (Gate(), Gate())
            let orders = Mutex<[Int]>([])
            let worker = try JobWorker(jobs, queues: ["default": 1]).handle(SendReceipt.self) { job, _ in
                orders.withLock { $0.append(job.orderID) }
                guard job.orderID == 1 else { return }
                began.open()
                await mayEnd.pass()
            }
            // It claims as much as it does ahead of fast handlers.
            worker.plan.withLock { $0 = ClaimPlan(limits: ["default": 3]) }
            var ids: [JobID] = []
            for order in 1...3 { ids.append(try await jobs.enqueue(SendReceipt(orderID: order))) }
            async let run: Void = worker.run()
            await began.pass()
            let claimed = try await jobs.database.query("SELECT sum(n)::integer AS n FROM stitch.lease")[0]
            #expect(try claimed.decode("n", as: Int.self) == 3)
            #expect(try await jobs.cancel(ids[1], reason: "refunded") == .ordered)
            while !worker.running.takeOrder(for: ids[1]) { try await Task.sleep(for: .milliseconds(10)) }
            worker.running.stop([ids[1]])
            mayEnd.open()
            while worker.counts.succeeded < 2 { try await Task.sleep(for: .milliseconds(10)) }
            await worker.shutdown()
            try await run
            #expect(orders.withLock { $0 } == [1, 3])
            #expect(try await jobs.column("state", of: ids[1]) == "cancelled")
            #expect(try await jobs.column("reason", of: ids[1]) == "refunded")
            #expect(worker.counts.steered == 1 && worker.counts.returned == 0)
        }
    }

    @Test("An order that came when the job was as good as done is gone with it")
    func tooLate() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let (began, heard) = (Gate(), Gate())
            let worker = try JobWorker(jobs, queues: ["default": 1]).handle(SendReceipt.self) { _, _ in
                await withTaskCancellationHandler {
                    began.open()
                    await heard.passUncancelled()
                } onCancel: {
                    heard.open()
                }
            }
            let id = try await jobs.enqueue(SendReceipt(orderID: 7))
            async let run: Void = worker.run()
            await began.pass()
            #expect(try await jobs.cancel(id) == .ordered)
            while worker.counts.succeeded < 1 { try await Task.sleep(for: .milliseconds(10)) }
            await worker.shutdown()
            try await run
            #expect(try await jobs.column("state", of: id) == "succeeded")
            let orders = try await jobs.database.query("SELECT count(*) AS n FROM stitch.cancel")
            #expect(try orders[0].decode("n", as: Int.self) == 0)
        }
    }
}
