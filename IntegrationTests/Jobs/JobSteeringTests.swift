// SPDX-License-Identifier: Apache-2.0

import PostgresTesting
import StitchPostgres
import StitchTesting
import Testing
import TracedJobs

@Suite("Steering jobs from outside on a real Postgres", .timeLimit(.minutes(3)))
struct JobSteeringTests {
    @Test("A job that waits, is put off, or runs can be cancelled, and done all the same later")
    func cancel() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let began = Gate()
            let waiting = try await jobs.enqueue(SendReceipt(orderID: 1))
            let delayed = try await jobs.enqueue(SendReceipt(orderID: 2), after: .seconds(60))
            #expect(try await jobs.cancel(waiting, reason: "refunded") == .ordered)
            #expect(try await jobs.cancel(delayed, reason: "refunded") == .cancelled)
            #expect(try await jobs.cancel(delayed) == .finished)
            var configuration = JobWorkerConfiguration(queues: ["default": 1])
            configuration.fallbackInterval = .seconds(3600)
            let worker = try JobWorker(jobs, configuration).handle(SendReceipt.self) { _, _ in
                began.open()
                await Gate().pass()
                try Task.checkCancellation()
            }
            let running = try await jobs.enqueue(SendReceipt(orderID: 3))
            async let run: Void = worker.run()
            await began.pass()
            #expect(try await jobs.cancel(running, reason: "refunded") == .ordered)
            // Comes back when the job is cancelled.
            try await jobs.database.execute(
                "DO $$ BEGIN WHILE EXISTS (SELECT FROM stitch.lease) LOOP PERFORM pg_sleep(0.02); END LOOP; END $$"
            )
            await worker.shutdown()
            try await run
            for id in [waiting, delayed, running] {
                #expect(try await jobs.column("state", of: id) == "cancelled")
                #expect(try await jobs.column("reason", of: id) == "refunded")
                #expect(try await jobs.retry(id))
            }
            let last = try JobWorker(jobs, queues: ["default": 1]).handle(SendReceipt.self) { _, _ in }
            try await last.drain()
            #expect(last.counts.succeeded == 3)
            // Only the one that ran has been attempted before.
            let attempts = test.spans.process("default/send_receipt").suffix(3).map {
                $0.attributes["stitch.job.attempt"]
            }
            #expect(attempts.sorted { $0.debugDescription < $1.debugDescription } == [.int(1), .int(1), .int(2)])
        }
    }

    @Test("Dead jobs are kept, and done when they are revived, with the links that they had")
    func redrive() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let worker = try JobWorker(jobs, queues: ["default": 1]).handle(SendReceipt.self) { _, attempt in
                if attempt.number == 1 { throw Bounced() }
                #expect(attempt.number == 2 && attempt.maximumAttempts == 2)
            }
            let id = try await jobs.enqueue(SendReceipt(orderID: 7), maximumAttempts: 1)
            try await worker.drain()
            #expect(try await jobs.column("state", of: id) == "dead")
            #expect(try await jobs.redrive(queue: "other") == 0)
            #expect(try await jobs.redrive(queue: "default", kind: "send_receipt", limit: .min) == 0)
            for attempts in [Int.min, 0, .max] {
                let error = await #expect(throws: JobError.self) { try await jobs.retry(id, attempts: attempts) }
                #expect(error?.code == .invalidConfiguration)
            }
            #expect(test.spans.settle("default/send_receipt").count == 1)
            #expect(try await jobs.redrive(queue: "default", kind: "send_receipt", limit: .max) == 1)
            try await worker.drain()
            #expect(try await jobs.column("state", of: id) == "succeeded")
            let attempts = test.spans.process("default/send_receipt")
            let send = test.spans.send("default/send_receipt")[0]
            #expect(attempts[1].links.map(\.spanID) == [send.spanID, attempts[0].spanID])
            let revived = try #require(test.spans.settle("default/send_receipt").last)
            #expect(revived.attributes["stitch.settle.reason"] == "redrive")
            #expect(revived.attributes["messaging.message.id"] == .string(id.description))
            #expect(revived.links.map(\.spanID) == [attempts[0].spanID] && revived.parentSpanID == attempts[0].spanID)
        }
    }

    @Test("Many dead jobs are revived by the thousand, without a lock for each, but for those whose key is taken")
    func redriveMany() async throws {
        try await withStitchTest { test in
            let jobs = try await test.jobs()
            try await jobs.database.execute(
                """
                DO $$ BEGIN
                    PERFORM stitch.enqueue('send_receipt', delay => '1 day', unique_by => CASE WHEN n <= 3 THEN n::text END)
                        FROM generate_series(1, 2500) AS n;
                    UPDATE stitch.parked SET state = 3, due = stitch.now();
                    DELETE FROM stitch.uniq;
                    PERFORM stitch.enqueue('send_receipt', unique_by => '1');
                END $$
                """
            )
            try await jobs.database.withTransaction { transaction in
                let row = try await transaction.query(
                    """
                    SELECT stitch.redrive(at_most => 400) AS revived, (SELECT count(*) FROM pg_locks
                        WHERE pid = pg_backend_pid() AND locktype = 'advisory') AS locks
                    """
                )[0]
                #expect(try row.decode("revived", as: Int.self) == 400)
                let locks = try await transaction.query(
                    "SELECT count(*) AS number FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory'"
                )
                #expect(try locks[0].decode("number", as: Int.self) == 0)
            }
            #expect(try await jobs.redrive(limit: 1500) == 1500)
            #expect(try await jobs.redrive(limit: 50_000) == 599)
            let left = try await jobs.database.query("SELECT count(*) AS number FROM stitch.parked WHERE state = 3")
            #expect(try left[0].decode("number", as: Int.self) == 1)
        }
    }

    @Test("A job that is done again links to the attempt that was done before")
    func doneAgain() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            var configuration = JobWorkerConfiguration(queues: ["default": 1])
            configuration.name = "worker"
            let worker = try JobWorker(jobs, configuration).handle(SendReceipt.self) { _, attempt in
                if attempt.number == 2 { throw JobControl.discard("no such order") }
            }
            let id = try await jobs.enqueue(SendReceipt(orderID: 7))
            for _ in 1...3 {
                try await worker.drain()
                #expect(try await jobs.retry(id))
            }
            let send = test.spans.send("default/send_receipt")[0]
            let attempts = test.spans.process("default/send_receipt")
            try #require(attempts.count == 3)
            for (before, attempt) in zip(attempts, attempts.dropFirst()) {
                #expect(attempt.links.map(\.spanID) == [send.spanID, before.spanID])
                #expect(attempt.links.last?.attributes["service.instance.id"] == "worker")
            }
        }
    }

    @Test("However often a job is revived, it gets as many attempts more as it was enqueued with")
    func budget() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let worker = try JobWorker(jobs, queues: ["default": 1]).handle(SendReceipt.self) { _, _ in
                throw Bounced()
            }
            let id = try await jobs.enqueue(SendReceipt(orderID: 7), maximumAttempts: 2)
            for attempts in [2, 4, 7, 9] {
                try await worker.drain(advancingTime: true)
                #expect(try await jobs.column("state", of: id) == "dead")
                #expect(try await jobs.column("attempt", of: id) == "\(attempts)")
                #expect(try await jobs.retry(id, attempts: attempts == 4 ? 3 : nil))
            }
        }
    }

    @Test("Nothing is claimed from a paused queue, which is told to whoever asks what holds it up")
    func pause() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let worker = try JobWorker(jobs, queues: ["default": 1]).handle(SendReceipt.self) { _, _ in }
            try await jobs.enqueue(SendReceipt(orderID: 7))
            try await jobs.pause("default")
            try await worker.drain()
            #expect(worker.counts.succeeded == 0)
            #expect(try await jobs.findings().map(\.name) == ["paused queue"])
            try await jobs.resume("default")
            #expect(try await jobs.findings().map(\.name) == ["no worker"])
            try await worker.drain()
            #expect(worker.counts.succeeded == 1)
        }
    }

    @Test("A kind that no worker knows is dead after the stated time, with the reason")
    func unknownKind() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let ignorant = try JobWorker(jobs, queues: ["default": 1])
            let id = try await jobs.enqueue(SendReceipt(orderID: 7))
            try await ignorant.drain()
            try await jobs.advanceClock(by: .seconds(86_401))
            try await ignorant.drain()
            #expect(try await jobs.column("state", of: id) == "dead")
            #expect(try await jobs.column("reason", of: id) == "no worker knows the kind send_receipt")
            #expect(try await jobs.retry(id))
            let worker = try JobWorker(jobs, queues: ["default": 1]).handle(SendReceipt.self) { _, _ in }
            try await ignorant.drain()
            try await worker.drain()
            #expect(worker.counts.succeeded == 1)
        }
    }

    @Test("An attempt that takes longer than it may is stopped, failed, and tried again")
    func timeOut() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            var configuration = JobWorkerConfiguration(queues: ["default": 1])
            configuration.attemptLimit = .milliseconds(20)
            let worker = try JobWorker(jobs, configuration).handle(SendReceipt.self) { _, attempt in
                guard attempt.number == 1 else { return }
                await Gate().pass()
                try Task.checkCancellation()
            }
            let id = try await jobs.enqueue(SendReceipt(orderID: 7))
            try await worker.drain(advancingTime: true)
            #expect(worker.counts.failed == 1 && worker.counts.succeeded == 1)
            #expect(try await jobs.outcomes(of: id) == ["failed", "succeeded"])
            #expect(test.spans.process("default/send_receipt")[0].attributes["error.type"] == "JobError")
        }
    }
}
