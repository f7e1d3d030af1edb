// SPDX-License-Identifier: Apache-2.0

import PostgresTesting
import StitchTesting
import TelemetryAPI
import TelemetryData
import Testing
import TracedJobs

@Suite("What is measured of jobs on a real Postgres", .timeLimit(.minutes(3)))
struct JobMetricsTests {
    private let attempts = JobMetrics.attempts.instrument.name

    /// The names of the attributes that measurements of an instrument have.
    private func names(_ test: StitchTest, _ metric: String) -> Set<String> {
        Set(test.measurements.of(metric).flatMap { $0.attributes.elements.map(\.key) })
    }

    @Test("Attempts are counted by queue, kind and what became of the job, in their spans")
    func outcomes() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let worker = try JobWorker(jobs, queues: ["default": 1]).handle(SendReceipt.self) { job, attempt in
                switch job.orderID {
                case 1 where attempt.number == 1: throw Bounced()
                case 2: throw Bounced()
                case 3: throw JobControl.cancel("refunded")
                case 4: throw JobControl.discard("no such order")
                case 5 where test.measurements.total(of: attempts, where: ["stitch.job.outcome": "snoozed"]) == 0:
                    throw JobControl.snooze(.seconds(60))
                default: break
                }
            }
            for order in 1...5 { try await jobs.enqueue(SendReceipt(orderID: order), maximumAttempts: 2) }
            try await worker.drain(advancingTime: true)
            let expected = [
                "succeeded": 2.0, "failed": 2, "dead": 1, "cancelled": 1, "discarded": 1, "snoozed": 1, "returned": 0,
            ]
            for (outcome, count) in expected {
                let attributes: Attributes = [
                    "stitch.job.queue": "default", "stitch.job.kind": "send_receipt",
                    "stitch.job.outcome": .string(outcome),
                ]
                #expect(
                    test.measurements.total(of: attempts, where: attributes) == count,
                    "\(outcome): \(test.measurements.of(attempts).map { ($0.attributes, $0.context) })"
                )
            }
            let counted = test.measurements.of(attempts)
            let spans = Set(test.spans.process("default/send_receipt").map(\.spanID))
            #expect(Set(counted.compactMap { $0.context?.spanID }) == spans)
            #expect(names(test, attempts) == ["stitch.job.queue", "stitch.job.kind", "stitch.job.outcome"])
        }
    }

    @Test("A job's ready wait is what was neither asked for nor back-off")
    func waits() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let worker = try JobWorker(jobs, queues: ["default": 1]).handle(SendReceipt.self) { _, _ in }
            try await jobs.enqueue(SendReceipt(orderID: 7), after: .seconds(3600))
            try await jobs.advanceClock(by: .seconds(3700))
            try await worker.drain()
            let wait = try #require(test.measurements.of("stitch.job.ready_wait").first)
            #expect((100..<1000).contains(wait.value.doubleValue))
            #expect(names(test, "stitch.job.ready_wait") == ["stitch.job.queue", "stitch.job.kind"])
        }
    }

    @Test("An end that came too late is counted as such, and the attempt as lost by who rescued the job")
    func stale() async throws {
        try await withStitchTest { test in
            let jobs = try await test.jobs()
            let (began, mayEnd) = (Gate(), Gate())
            var patient = JobWorkerConfiguration(queues: ["default": 1])
            patient.lease = .seconds(300)
            let slow = try JobWorker(jobs, patient).handle(SendReceipt.self) { _, _ in
                began.open()
                await mayEnd.pass()
            }
            var configuration = JobWorkerConfiguration(queues: ["default": 1])
            configuration.maximumLosses = 1
            let quick = try JobWorker(jobs, configuration)
            try await jobs.enqueue(SendReceipt(orderID: 7))
            let run = Task { try await slow.drain() }
            await began.pass()
            try await jobs.advanceClock(by: .seconds(301))
            try await quick.drain()
            #expect(test.measurements.total(of: "stitch.job.stale") == 0)
            mayEnd.open()
            try await run.value
            #expect(test.measurements.total(of: "stitch.job.stale") == 1)
            // A worker that has no handler for the kind has no series for it.
            let lost: Attributes = ["stitch.job.kind": "unknown", "stitch.job.outcome": "lost"]
            #expect(test.measurements.total(of: attempts, where: lost) == 1)
        }
    }

    @Test("Of each queue of a worker it is measured how many jobs wait, are put off and dead, and since when")
    func depth() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let worker = try JobWorker(jobs, queues: ["default": 1, "mail": 1]).handle(SendReceipt.self) { _, _ in
                throw Bounced()
            }
            try await jobs.enqueue(SendReceipt(orderID: 1), maximumAttempts: 1)
            try await jobs.enqueue(SendReceipt(orderID: 2), after: .seconds(3600))
            try await jobs.enqueue(SendReceipt(orderID: 3), queue: "mail", after: .seconds(3600))
            try await jobs.pause("mail")
            for order in 4...6 { try await jobs.enqueue(SendReceipt(orderID: order), queue: "mail") }
            try await jobs.enqueue(SendReceipt(orderID: 7), queue: "others")
            try await jobs.advanceClock(by: .seconds(60))
            try await worker.drain()
            func depth(_ queue: String, _ state: String) -> Double? {
                test.measurements.of("stitch.job.queue.depth").last {
                    $0.attributes["stitch.job.queue"] == .string(queue)
                        && $0.attributes["stitch.job.state"] == .string(state)
                }?.value.doubleValue
            }
            #expect(depth("default", "ready") == 0 && depth("default", "dead") == 1)
            #expect(depth("default", "scheduled") == 1 && depth("default", "running") == 0)
            #expect(depth("mail", "ready") == 3 && depth("mail", "scheduled") == 1 && depth("mail", "dead") == 0)
            #expect(depth("mail", "unknown_kind") == 0 && depth("others", "ready") == nil)
            let oldest = test.measurements.of("stitch.job.queue.oldest")
            let ages = Dictionary(
                oldest.map { ($0.attributes["stitch.job.queue"]?.stringValue, $0.value.doubleValue) },
                uniquingKeysWith: { $1 }
            )
            #expect(ages.count == 2 && ages["default"] == 0 && (60..<1000).contains(ages["mail"] ?? 0))
        }
    }

    @Test("Of all workers of a queue one counts what waits, and the others report the same for a while")
    func shared() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            try await jobs.enqueue(SendReceipt(orderID: 1))
            func ready() async throws -> Int {
                let sql = "SELECT ready FROM stitch.measured('{default}', '10 seconds')"
                return try await jobs.database.query(sql)[0].decode("ready")
            }
            #expect(try await ready() == 1)
            try await jobs.enqueue(SendReceipt(orderID: 2))
            #expect(try await ready() == 1)
            try await jobs.advanceClock(by: .seconds(10))
            try await jobs.database.withTransaction { counting in
                _ = try await counting.query("SELECT * FROM stitch.measured('{default}', '1 second')")
                #expect(try await ready() == 1)
            }
            #expect(try await ready() == 2)
        }
    }

    @Test("A worker measures its queues as it runs, and asks the database nothing where nobody measures")
    func running() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let meter = SignallingMeter()
            let worker = try JobWorker(jobs, queues: ["default": 1])
            try await withMeter(meter) {
                async let running: Void = worker.run()
                await meter.measured.pass()
                await worker.shutdown()
                try await running
            }
            try await jobs.database.execute("CREATE TABLE stitch.asked (one integer)")
            try await jobs.database.execute(
                """
                CREATE OR REPLACE FUNCTION stitch.stats_of(queues text[]) RETURNS SETOF stitch.queue_stats LANGUAGE sql
                AS $$ INSERT INTO stitch.asked VALUES (1); SELECT * FROM stitch.queue_stats $$
                """
            )
            func asked(_ meter: any Meter) async throws -> Int? {
                try await withMeter(meter) { try await JobWorker(jobs, queues: ["default": 1]).drain() }
                return try await jobs.database.query("SELECT count(*) AS number FROM stitch.asked").first?.decode(
                    "number"
                )
            }
            #expect(try await asked(NoOpMeter()) == 0)
            #expect(try await asked(test.measurements) == 1)
        }
    }
}

/// Says when the depth of a queue was measured.
private struct SignallingMeter: Meter {
    private final class Recorder: MeasurementRecording {
        let gate: Gate

        init(gate: Gate) { self.gate = gate }

        func record(_ value: MeasurementValue, attributes: Attributes, context: SpanContext?) { gate.open() }
    }

    let measured = Gate()
    var isRecording: Bool { true }

    func recorder(of instrument: InstrumentDescription) -> (any MeasurementRecording)? {
        instrument == JobMetrics.queueDepth.instrument ? Recorder(gate: measured) : nil
    }
}
