// SPDX-License-Identifier: Apache-2.0

import StitchKafka
import StitchTesting
import TelemetryAPI
import TelemetryData
import Testing
import TraceContext
import TraceFlow

@testable import TracedKafka

@Suite("The spans of a record whose handler throws", .timeLimit(.minutes(2)))
struct FailureSpanTests {
    private static let carrierFields = ["traceparent", "tracestate", "baggage", "stitch"]

    private func topic(_ name: String, _ move: KafkaMoveAside) async throws -> String {
        let topic = try await TestCluster.topic(name)
        for delay in move.retry { try await TestCluster.create(move.retryTopic(of: topic, after: delay)) }
        try await TestCluster.create(move.deadTopic(of: topic))
        return topic
    }

    private func send(_ records: [KafkaRecord]) async throws {
        let producer = try TracedKafkaProducer(TestCluster.configuration())
        try await withSpan("POST /orders", ofKind: .server) { _ in
            for record in records { try await producer.send(record) }
        }
        await producer.shutdown()
    }

    /// Runs a consumer until `isDone` returns.
    private func run(_ consumer: TracedKafkaConsumer, until isDone: () async throws -> Void) async throws {
        let running = Task { try await consumer.run() }
        try await isDone()
        await consumer.shutdown()
        try await running.value
    }

    /// The first record of a topic's only partition.
    private func record(of topic: String) async throws -> KafkaConsumedRecord {
        let place = KafkaTopicPartition(topic: topic, partition: 0)
        let consumer = try KafkaConsumer(TestCluster.configuration(), partitions: [place: .beginning])
        var first: KafkaConsumedRecord?
        for try await record in consumer.records {
            first = record
            break
        }
        await consumer.shutdown()
        return try #require(first)
    }

    private func findings(_ spans: [SpanData]) -> [String] {
        let index = SpanIndex(spans)
        let flows = index.origins.lazy.map { index.flow(from: $0) }
        let report = FlowLint().report(on: spans, flows: flows) { flow in
            Set(CriticalPath(flow).segments.map(\.span))
        }
        return report.findings.filter { $0.severity <= .warning }.map { "\($0.code.id): \($0.description)" }
    }

    @Test("are one for each try, linked to the creation and to the try before, and count one delivery")
    func inPlace() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let topic = try await TestCluster.topic("tries")
            try await send([KafkaRecord(topic: topic, value: [1])])
            let tries = Inbox<Void>()
            let consumer = try TracedKafkaConsumer(
                TestCluster.configuration(),
                group: topic,
                topics: [topic],
                onFailure: .stop(tries: 3, backoff: .constant(.milliseconds(5)))
            ) { _ in
                tries.put(())
                if test.spans.process(topic).count < 2 { throw Bounced() }
            }
            try await run(consumer) { _ = await tries.take(3) }
            let sent = try #require(test.spans.send(topic).first)
            let spans = test.spans.process(topic)
            #expect(spans.count == 3 && spans.allSatisfy { $0.traceID == sent.traceID })
            #expect(
                spans.map { $0.links.map(\.spanID) } == [
                    [sent.spanID], [sent.spanID, spans[0].spanID], [sent.spanID, spans[1].spanID],
                ]
            )
            #expect(spans.map { $0.links.map(\.role) }.last == [.creation, .previousAttempt])
            #expect(spans.map { $0.status.isError } == [true, true, false])
            #expect(spans.map { $0.attributes["stitch.message.attempt"] } == [nil, .int(2), .int(3)])
            #expect(test.flow(of: spans[0]).isStitched)
            #expect(findings(test.spans.all) == [])
        }
    }

    @Test("stay in one flow through retry topic, dead topic and redrive, with the first record's age and context")
    func moved() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let move = KafkaMoveAside(retry: [.milliseconds(30)])
            let topic = try await topic("story", move)
            let (retry, dead) = ("\(topic).retry.30ms", "\(topic).dead")
            try await send([KafkaRecord(topic: topic, key: "7", value: [1])])
            let first = try await record(of: topic)
            let isWell = Inbox<Void>()
            let handled = Inbox<Void>()
            let consumer = try TracedKafkaConsumer(
                TestCluster.configuration(),
                group: topic,
                topics: [topic],
                onFailure: .moveAside(retry: move.retry)
            ) { _ in
                guard test.spans.send(dead).isEmpty else { return handled.put(()) }
                throw Bounced()
            }
            try await run(consumer) {
                _ = await test.spans.first { $0.name == "send \(dead)" }
                let selection = DeadRecords.Selection()
                let report = try await DeadRecords(TestCluster.configuration(), topic: dead).redrive(selection)
                #expect(report.moved == [topic: 1] && report.unseen == 0)
                isWell.put(())
                _ = await handled.next()
            }

            let sent = try #require(test.spans.send(topic).first { $0.kind == .producer })
            let tries = test.spans.process(topic) + test.spans.process(retry)
            let inTopic = test.spans.process(topic)
            let inRetry = try #require(test.spans.process(retry).first)
            try #require(tries.count == 3 && inTopic.count == 2)
            let moves =
                [retry, dead].compactMap { test.spans.send($0).first }
                + test.spans.send(topic).filter { $0.kind == .client }
            try #require(moves.count == 3)
            // Each move is of the try that failed, each try after a move links to the try before it.
            for (move, attempt) in zip(moves, [inTopic[0], inRetry, inRetry]) {
                #expect(move.kind == .client)
                #expect(move.links.map(\.spanID) == [sent.spanID, attempt.spanID])
                #expect(move.links.map(\.role) == [.creation, .attempt])
                #expect(move.attributes["messaging.kafka.offset"] == .int(move.name == "send \(topic)" ? 1 : 0))
            }
            #expect(
                moves.map { $0.attributes["stitch.move.reason"] }
                    == ["retry", "exhausted", "redrive"].map { .string($0) }
            )
            #expect(inRetry.links.map(\.spanID) == [sent.spanID, inTopic[0].spanID])
            #expect(inTopic[1].links.map(\.spanID) == [sent.spanID, inRetry.spanID])
            #expect(
                [inTopic[0], inRetry, inTopic[1]].map { $0.attributes["stitch.message.attempt"] } == [
                    nil, .int(2), .int(3),
                ]
            )

            // What was sent first is what goes on.
            let last = try await record(of: dead)
            let source = try #require(last.moved?.source)
            #expect(source.offset == 0 && source.topic == topic && source.timestamp == first.timestamp.milliseconds)
            for name in Self.carrierFields { #expect(last.headers.values(of: name) == first.headers.values(of: name)) }
            // The wait is that of the first record, the back-off that of the one in the retry topic.
            let written = try #require(try await record(of: retry).timestamp.milliseconds)
            let gap = Double(written - (first.timestamp.milliseconds ?? 0)) / 1000
            let wait = try #require(inRetry.attributes["stitch.wait"]?.doubleValue)
            let backoff = try #require(inRetry.attributes["stitch.wait.backoff"]?.doubleValue)
            #expect(backoff >= 0.029 && abs(wait - backoff - gap) < 0.002)

            let flow = test.flow(of: inTopic[1])
            #expect(flow.isStitched, "\(flow)")
            let names = Set(flow.flow.spans.map(\.spanID))
            for span in tries + moves { #expect(names.contains(span.spanID)) }
            #expect(findings(test.spans.all) == [])
        }
    }

    @Test("go on where a redrive from a common dead topic to another leads, with age, attempt and links")
    func elsewhere() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let move = KafkaMoveAside(retry: [], dead: "dead-of-all")
            let topic = try await topic("elsewhere", move)
            let other = try await TestCluster.topic("elsewhere-v2")
            try await send([KafkaRecord(topic: topic, value: [1])])
            let first = try await record(of: topic)
            let failing = try TracedKafkaConsumer(
                TestCluster.configuration(),
                group: topic,
                topics: [topic],
                onFailure: .moveAside(retry: [], dead: "dead-of-all")
            ) { _ in throw Bounced() }
            try await run(failing) { _ = await test.spans.first { $0.name == "send dead-of-all" } }
            #expect(try await record(of: "dead-of-all").moved?.source.topic == topic)
            var selection = DeadRecords.Selection()
            selection.target = other
            let report = try await DeadRecords(TestCluster.configuration(), topic: "dead-of-all").redrive(selection)
            #expect(report.moved == [other: 1])
            let handled = Inbox<KafkaConsumedRecord>()
            let consumer = try TracedKafkaConsumer(TestCluster.configuration(), group: other, topics: [other]) {
                handled.put($0)
            }
            var record: KafkaConsumedRecord?
            try await run(consumer) { record = await handled.next() }
            let source = try #require(record?.moved?.source)
            #expect(source.topic == topic && source.timestamp == first.timestamp.milliseconds)
            let failed = try #require(test.spans.process(topic).first)
            let process = try #require(test.spans.process(other).first)
            #expect(process.attributes["stitch.message.attempt"] == .int(2))
            #expect(process.links.filter { $0.role == .previousAttempt }.map(\.spanID) == [failed.spanID])
        }
    }

    @Test("keep the records of a batch apart: each move is in the flow of its record alone")
    func batch() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let topic = try await topic("apart", KafkaMoveAside(retry: []))
            for index in 0..<3 { try await send([KafkaRecord(topic: topic, value: [UInt8(index)])]) }
            let consumer = try TracedKafkaConsumer(
                TestCluster.configuration(),
                group: topic,
                topics: [topic],
                batchesOf: 3,
                onFailure: .moveAside(retry: [], tries: 2, backoff: .none)
            ) { records in
                let failed = records.filter { $0.value == [1] }
                if !failed.isEmpty { throw KafkaBatchFailure(of: failed, cause: Bounced()) }
            }
            try await run(consumer) { _ = await test.spans.first { $0.name == "send \(topic).dead" } }
            let sent = test.spans.send(topic)
            let move = try #require(test.spans.send("\(topic).dead").first)
            let tries = test.spans.process(topic).filter { span in span.links.contains { $0.spanID == sent[1].spanID } }
            #expect(tries.count == 2 && move.links.map(\.spanID) == [sent[1].spanID, tries[1].spanID])
            #expect(tries[1].links.filter { $0.role == .previousAttempt }.map(\.spanID) == [tries[0].spanID])
            let index = SpanIndex(test.spans.all)
            let flows = index.origins.map { index.flow(from: $0) }.filter { flow in
                flow.spans.contains { $0.spanID == move.spanID }
            }
            #expect(flows.map(\.origin.traceID) == [sent[1].traceID])
        }
    }

    @Test("of a stranger's record go on from its own moves, and take no word of others: neither age nor tries")
    func external() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let move = KafkaMoveAside(retry: [.milliseconds(20)])
            let topic = try await topic("strange", move)
            let claims: KafkaHeaders = [
                "stitch-attempt": "\(Int.max)", "stitch-source": "\(topic)/0/9/5",
                "stitch-previous": "0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7", "stitch-target": topic,
            ]
            try await send([KafkaRecord(topic: topic, value: [1], headers: claims)])
            let first = try await record(of: topic)
            let numbers = Inbox<Int>()
            let consumer = try TracedKafkaConsumer(
                TestCluster.configuration(),
                group: topic,
                topics: [topic],
                onFailure: .moveAside(retry: move.retry) { _, attempt in
                    numbers.put(attempt.number)
                    return nil
                },
                external: true
            ) { _ in throw Bounced() }
            var dead: KafkaConsumedRecord?
            try await run(consumer) {
                _ = await test.spans.first { $0.name == "send \(topic).dead" }
                dead = try await self.record(of: "\(topic).dead")
            }
            #expect(await numbers.take(2) == [1, 2])
            let moved = try #require(dead?.moved)
            #expect(moved.attempt == 2 && moved.source.offset == 0)
            #expect(moved.source.timestamp == first.timestamp.milliseconds)
            let tries = [topic, "\(topic).retry.20ms"].compactMap { test.spans.process($0).first }
            try #require(tries.count == 2)
            #expect(tries.map { $0.attributes["stitch.message.attempt"] } == [nil, .int(2)])
            #expect(tries[0].links.map(\.role) == [.creation])
            #expect(tries[1].links.filter { $0.role == .previousAttempt }.map(\.spanID) == [tries[0].spanID])
        }
    }

    @Test("of a batch say why its records failed")
    func batchCause() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let topic = try await TestCluster.topic("cause")
            try await send([KafkaRecord(topic: topic, value: [1])])
            let consumer = try TracedKafkaConsumer(
                TestCluster.configuration(),
                group: topic,
                topics: [topic],
                batchesOf: 3,
                onFailure: .stop(tries: 2, backoff: .none) { _, attempt in attempt.number == 1 ? nil : .skip }
            ) { records in
                throw KafkaBatchFailure(of: records, cause: KafkaError(.decoding, "not an order"))
            }
            try await run(consumer) {
                while test.spans.process(topic).count < 2 {
                    _ = await test.spans.first { $0.name == "process \(topic)" && $0.links.count == 2 }
                }
            }
            #expect(
                test.spans.process(topic).map { $0.attributes["error.type"] } == [
                    .string("decoding"), .string("decoding"),
                ]
            )
        }
    }

    @Test("are none where nobody traces, and the record keeps the context that it came with")
    func untraced() async throws {
        let topic = try await topic("untraced-move", KafkaMoveAside(retry: []))
        let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        let producer = try KafkaProducer(TestCluster.configuration())
        try await producer.send(KafkaRecord(topic: topic, value: [1], headers: ["traceparent": parent]))
        await producer.shutdown()
        let tried = Inbox<Void>()
        let consumer = try TracedKafkaConsumer(
            TestCluster.configuration(),
            group: topic,
            topics: [topic],
            onFailure: .moveAside(retry: [])
        ) { _ in
            tried.put(())
            throw Bounced()
        }
        try await run(consumer) {
            let dead = try await record(of: "\(topic).dead")
            #expect(dead.headers.text("traceparent") == parent && dead.headers.text("stitch-previous") == nil)
        }
        #expect(await tried.take(1).count == 1)
    }
}
