// SPDX-License-Identifier: Apache-2.0

import PostgresTesting
import StitchPostgres
import StitchTesting
import Synchronization
import Testing
import TracedJobs

@Suite("The cursor of a queue on a real Postgres", .timeLimit(.minutes(3)))
struct JobCursorTests {
    @Test("A job that is committed late is not passed over, and one that is rolled back is not done")
    func late() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            try await jobs.declare(queues: ["default"], kinds: [SendReceipt.self])
            let orders = Mutex<[Int]>([])
            let worker = try JobWorker(jobs, queues: ["default": 8]).handle(SendReceipt.self) { job, _ in
                orders.withLock { $0.append(job.orderID) }
            }
            let (early, mayCommit, late) = (Gate(), Gate(), Gate())
            let open = Task {
                try await jobs.database.withTransaction { transaction in
                    _ = try await jobs.enqueue(SendReceipt(orderID: 1), in: transaction)
                    early.open()
                    await mayCommit.pass()
                }
                late.open()
            }
            await early.pass()
            await #expect(throws: Bounced.self) {
                try await jobs.database.withTransaction { transaction in
                    _ = try await jobs.enqueue(SendReceipt(orderID: 2), in: transaction)
                    throw Bounced()
                }
            }
            // Each of its own transaction: the cursor goes a long way past the one that is open.
            for order in 3...6 {
                try await jobs.enqueue(SendReceipt(orderID: order))
                try await worker.drain()
            }
            #expect(orders.withLock { $0 } == [3, 4, 5, 6])
            mayCommit.open()
            await late.pass()
            try await open.value
            try await worker.drain()
            #expect(orders.withLock { $0 } == [3, 4, 5, 6, 1])
        }
    }

    @Test("A rescue takes what was not completed, and no more")
    func partial() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let ids = try await jobs.enqueue(all: (1...3).map { SendReceipt(orderID: $0) })
            try await jobs.loseWorker("lost", kind: "send_receipt")
            // It was heard of once: it had done the second.
            let done = try await jobs.database.query(
                """
                SELECT a.n FROM stitch.lease AS l,
                    stitch.ack(l.worker, ARRAY[l.c], ARRAY[l.no], ARRAY['010'::varbit]) AS a
                """
            )
            #expect(try done.map { try $0.decode("n", as: Int.self) } == [1])
            let orders = Mutex<[Int]>([])
            let worker = try JobWorker(jobs, queues: ["default": 1]).handle(SendReceipt.self) { job, _ in
                orders.withLock { $0.append(job.orderID) }
            }
            try await worker.drain()
            #expect(orders.withLock { $0 } == [1, 3])
            #expect(try await jobs.outcomes(of: ids[0]) == ["lost", "succeeded"])
            #expect(try await jobs.outcomes(of: ids[1]) == ["succeeded"])
        }
    }

    @Test("A dead job can be looked up, also where its place is among those that were claimed and in part done since")
    func parked() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let id = try await jobs.enqueue(SendReceipt(orderID: 1), maximumAttempts: 1)
            let failing = try JobWorker(jobs, queues: ["default": 1]).handle(SendReceipt.self) { _, _ in
                throw Bounced()
            }
            try await failing.drain()
            try await jobs.enqueue(all: [SendReceipt(orderID: 2), SendReceipt(orderID: 3)])
            try await jobs.loseWorker("other", kind: "send_receipt")
            _ = try await jobs.database.query(
                """
                SELECT a.n FROM stitch.lease AS l,
                    stitch.ack(l.worker, ARRAY[l.c], ARRAY[l.no], ARRAY['01'::varbit]) AS a
                """
            )
            #expect(try await jobs.column("state", of: id) == "dead")
        }
    }

    @Test("Nobody is notified of a job while nobody sleeps")
    func quiet() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let channel: String = try await jobs.database.query("SELECT stitch.wake_channel() AS channel")[0].decode(
                "channel"
            )
            try await jobs.database.withListener(to: [channel]) { connection in
                try await jobs.enqueue(SendReceipt(orderID: 7))
                try await jobs.enqueue(SendReceipt(orderID: 8), after: .seconds(1))
                _ = try await jobs.database.query("SELECT pg_notify($1, 'last')::text", channel)
                #expect(try await connection.nextNotification().payload == "last")
                _ = try await connection.query("SELECT stitch.fall_asleep(ARRAY[stitch.queue_id('default')])::text")
                try await jobs.enqueue(SendReceipt(orderID: 9))
                #expect(try await connection.nextNotification().payload != "last")
            }
        }
    }

    @Test("A claim, and whatever else rests on the newest snapshot, is refused where that is frozen")
    func isolation() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            for call in ["rescue()", "promote()", "maintain('seal')", "beat(1, '{}', 1)", "ack(1, '{}', '{}', '{}')"] {
                let error = await #expect(throws: PostgresError.self) {
                    try await jobs.database.withTransaction { transaction in
                        try await transaction.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                        _ = try await transaction.query("SELECT * FROM stitch.\(call)")
                    }
                }
                #expect(error?.code.sqlState == "25000")
            }
        }
    }
}
