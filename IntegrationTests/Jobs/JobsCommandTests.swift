// SPDX-License-Identifier: Apache-2.0

import Foundation
import PostgresTesting
import StitchTesting
import TelemetryAPI
import Testing
import TracedJobs

@testable import StitchCommand

@Suite("stitch jobs on a real Postgres", .timeLimit(.minutes(2)))
struct JobsCommandTests {
    /// Seven jobs: one each that is done, dead, cancelled, discarded, put off and ready, and one of
    /// another queue that is ready.
    private func enqueueSome(_ jobs: JobQueue) async throws -> [String: JobID] {
        let worker = try JobWorker(jobs, queues: ["default": 1]).handle(SendReceipt.self) { job, _ in
            switch job.orderID {
            case 2: throw Bounced()
            case 3: throw JobControl.discard("no such \u{1B}[31morder\u{202E}")
            default: break
            }
        }
        var ids: [String: JobID] = [:]
        ids["succeeded"] = try await withSpan("POST /orders") { _ in try await jobs.enqueue(SendReceipt(orderID: 1)) }
        ids["dead"] = try await jobs.enqueue(SendReceipt(orderID: 2), maximumAttempts: 1)
        ids["discarded"] = try await jobs.enqueue(SendReceipt(orderID: 3))
        try await worker.drain()
        ids["cancelled"] = try await jobs.enqueue(SendReceipt(orderID: 4), after: .seconds(60))
        try await jobs.cancel(#require(ids["cancelled"]), reason: "refunded")
        ids["late"] = try await jobs.enqueue(SendReceipt(orderID: 5), after: .seconds(3600))
        ids["mail"] = try await jobs.enqueue(SendReceipt(orderID: 6), queue: "mail")
        ids["ready"] = try await jobs.enqueue(SendReceipt(orderID: 7))
        return ids
    }

    private func decoded(_ line: String) throws -> [String: Any] {
        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
    }

    /// The jobs that a list names, by state.
    private func listed(_ command: JobsConsole, _ options: String...) async throws -> [Int64: String] {
        let outcome = await command.run(["jobs", "list", "--json"] + options)
        let documents = try outcome.lines.filter { !$0.isEmpty }.map { try decoded($0) }
        return Dictionary(
            documents.map { (($0["id"] as? NSNumber)?.int64Value ?? 0, $0["state"] as? String ?? "") },
            uniquingKeysWith: { $1 }
        )
    }

    @Test("Jobs are listed by state, queue and kind, each once, also while they run")
    func list() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let command = try await JobsConsole(test)
            let ids = try await enqueueSome(jobs).mapValues(\.rawValue)
            let states = ["late": "ready", "mail": "ready"]
            let all = Dictionary(ids.map { ($0.value, states[$0.key] ?? $0.key) }, uniquingKeysWith: { $1 })
            #expect(try await listed(command) == all)
            for state in Set(all.values) {
                #expect(try await listed(command, "--state", state) == all.filter { $0.value == state }, "\(state)")
            }
            #expect(try await listed(command, "--queue", "mail") == all.filter { $0.key == ids["mail"] })
            #expect(try await listed(command, "--kind", "send_receipt", "--limit", "3").count == 3)

            let (began, mayEnd) = (Gate(), Gate())
            let worker = try JobWorker(jobs, queues: ["default": 1]).handle(SendReceipt.self) { _, _ in
                began.open()
                await mayEnd.pass()
            }
            let run = Task { try await worker.drain() }
            await began.pass()
            #expect(try await listed(command, "--state", "running") == [#require(ids["ready"]): "running"])
            #expect(try await listed(command)[#require(ids["ready"])] == "running")
            mayEnd.open()
            try await run.value
            #expect(try await listed(command, "--state", "running").isEmpty)
            #expect(try await listed(command, "--state", "succeeded").count == 2)
            // One that is done again is listed as what it is now.
            #expect(try await jobs.retry(#require(ids["succeeded"].map { JobID(rawValue: $0) })))
            #expect(try await listed(command)[#require(ids["succeeded"])] == "ready")
        }
    }

    @Test("A list for people has a line for each job, and nothing in it that moves a cursor")
    func table() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let ids = try await enqueueSome(test.jobs())
            let outcome = try await JobsConsole(test).run(["jobs", "list"])
            #expect(outcome.lines.first?.split(separator: " ").prefix(4) == ["JOB", "STATE", "QUEUE", "KIND"])
            #expect(outcome.lines.count == ids.count + 2)
            let dead = outcome.lines.first { $0.contains(" dead ") }
            #expect(dead?.contains("1/1") == true && dead?.contains("Bounced()") == true)
            #expect(outcome.lines.contains { $0.contains("due in ") })
            #expect(!outcome.output.contains("\u{1B}") && !outcome.output.contains("\u{202E}"))
            #expect(outcome.lines.allSatisfy { $0.count <= 100 })
        }
    }

    @Test("A job is shown with its data, its creation and each attempt's trace and span")
    func show() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let worker = try JobWorker(jobs, queues: ["default": 1]).handle(SendReceipt.self) { _, attempt in
                if attempt.number == 1 { throw Bounced() }
            }
            let id = try await withSpan("POST /orders") { _ in try await jobs.enqueue(SendReceipt(orderID: 7)) }
            try await worker.drain(advancingTime: true)
            let command = try await JobsConsole(test)
            let outcome = await command.run(["jobs", "show", id.description], width: 200)
            let send = try #require(test.spans.send("default/send_receipt").first)
            let attempts = test.spans.process("default/send_receipt")
            #expect(outcome.output.contains("created in trace \(send.traceID) by span \(send.spanID)"))
            #expect(outcome.output.contains(#"data {"orderID": 7}"#))
            for (attempt, outcomeName) in zip(attempts, ["failed", "succeeded"]) {
                let line = outcome.lines.first { $0.contains(attempt.spanID.description) }
                #expect(line?.contains(outcomeName) == true && line?.contains(attempt.traceID.description) == true)
            }
            let document = try decoded(await command.run(["jobs", "show", "--json", id.description]).output)
            #expect(document["state"] as? String == "succeeded" && document["trace"] as? String == "\(send.traceID)")
            let documents = document["attempts"] as? [[String: Any]] ?? []
            #expect(documents.map { $0["span"] as? String } == attempts.map { $0.spanID.description })
            #expect(documents.first?["error"] as? String == "Bounced()")
            let missing = await command.run(["jobs", "show", "4711"])
            #expect(missing.status == 1 && missing.error.contains("there is no job 4711"))
        }
    }

    @Test("Jobs are retried and cancelled, and the exit status tells of those that were not")
    func steer() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let command = try await JobsConsole(test)
            let ids = try await enqueueSome(jobs)
            let (dead, ready) = (try #require(ids["dead"]), try #require(ids["ready"]))
            let retried = await command.run(["jobs", "retry", "\(dead)", "\(ready)", "--attempts", "3"])
            #expect(retried.status == 1 && retried.output == "job \(dead) is ready\n")
            #expect(retried.error.contains("job \(ready) was left"))
            #expect(try await jobs.column("maximum_attempts", of: dead) == "4")
            let late = try #require(ids["late"])
            let cancelled = await command.run(["jobs", "cancel", "\(late)", "\(ready)", "--reason", "refunded"])
            #expect(cancelled.status == 0 && cancelled.output.contains("job \(late) is cancelled"))
            #expect(cancelled.output.contains("job \(ready) will be cancelled"))
            #expect(try await jobs.column("reason", of: late) == "refunded")
            let again = await command.run(["jobs", "cancel", "\(late)"])
            #expect(again.status == 1 && again.error.contains("had ended"))
        }
    }

    @Test("Dead jobs are counted, revived up to a limit, and those that are left are told")
    func redrive() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let command = try await JobsConsole(test)
            let worker = try JobWorker(jobs, queues: ["default": 3]).handle(SendReceipt.self) { _, _ in throw Bounced()
            }
            for order in 1...3 { try await jobs.enqueue(SendReceipt(orderID: order), maximumAttempts: 1) }
            try await worker.drain()
            let dry = await command.run(["jobs", "redrive", "--dry-run"])
            #expect(dry.output == "default/send_receipt: 3 dead jobs\n")
            let some = await command.run(["jobs", "redrive", "--queue", "default", "--limit", "2"])
            #expect(some.output == "2 dead jobs revived\nleft: 1 dead job\n")
            let wrong = await command.run(["jobs", "redrive", "--kind", "send_recipt"])
            #expect(wrong.status == 1 && wrong.error.contains("did you mean 'send_receipt'?"))
            #expect(await command.run(["jobs", "redrive"]).output == "1 dead job revived\n")
            #expect(await command.run(["jobs", "redrive"]).output == "no job revived\n")
        }
    }

    @Test("A queue is paused and resumed, which its numbers and its health tell; a mistyped one is made nowhere")
    func pause() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let command = try await JobsConsole(test)
            _ = try await enqueueSome(jobs)
            #expect(await command.run(["jobs", "pause", "default"]).output == "queue default is paused\n")
            let wrong = await command.run(["jobs", "pause", "defualt"])
            #expect(wrong.status == 1 && wrong.error.contains("did you mean 'default'?"))
            let stats = await command.run(["jobs", "stats"])
            #expect(stats.lines.count == 4 && stats.lines[1].contains("paused"), "\(stats)")
            let health = await command.run(["jobs", "health"])
            #expect(health.status == 1 && health.output.contains("paused queue (default)"))
            #expect(health.output.contains("no worker (mail)"))
            let documents = try await command.run(["jobs", "stats", "--json"]).lines.filter { !$0.isEmpty }
                .map { try decoded($0) }
            #expect(documents.map { $0["queue"] as? String } == ["default", "mail"])
            #expect(documents[0]["ready"] as? Int == 1 && documents[0]["dead"] as? Int == 1)
            #expect(documents[0]["scheduled"] as? Int == 1 && documents[0]["isPaused"] as? Bool == true)
            #expect(documents[0]["claimed"] as? Int == 3 && documents[1]["claimed"] as? Int == 0)
            #expect(await command.run(["jobs", "resume", "default"]).output == "queue default is open\n")
            let worker = try JobWorker(jobs, queues: ["default": 1, "mail": 1]).handle(SendReceipt.self) { _, _ in }
            try await worker.drain()
            let well = await command.run(["jobs", "health"])
            #expect(well.status == 0 && well.output == "nothing holds the queues up\n")
        }
    }

    @Test("What is wrong with a call, or not there, is told with what to change, and no password")
    func refused() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let command = try await JobsConsole(test)
            _ = try await test.database()
            let missing = await command.run(["jobs", "list"])
            #expect(missing.status == 1 && missing.error.contains("stitch migrate"))
            let wrong: [([String], String)] = [
                (["jobs"], "needs an action: list, show"), (["jobs", "lst"], "did you mean 'list'?"),
                (["jobs", "list", "--state", "done"], "--state is one of ready"), (["jobs", "show"], "needs JOB"),
                (["jobs", "show", "seven"], "named by its number"), (["jobs", "list", "--limit", "0"], "--limit"),
                (["jobs", "list", "postgres://shop:hunter2@db/shop"], "postgres://shop:•••@db/shop"),
                (["jobs", "list", "--postgres", "postgres://shop:hunter2@[db/shop"], "could not be read"),
            ]
            for (arguments, text) in wrong {
                let outcome = await command.run(arguments)
                #expect(outcome.status != 0 && outcome.error.contains(text), "\(outcome)")
                #expect(!outcome.error.contains("hunter2"))
            }
            let unnamed = await JobsConsole(url: nil).run(["jobs", "list"])
            #expect(unnamed.status == 64 && unnamed.error.contains("--postgres"))
        }
    }
}
