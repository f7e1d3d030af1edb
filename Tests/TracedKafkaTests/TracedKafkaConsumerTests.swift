// SPDX-License-Identifier: Apache-2.0

import MessageTracing
import StitchKafka
import StitchTesting
import TelemetryAPI
import TelemetryData
import Testing
import TracedKafka

@Suite("A traced consumer", .timeLimit(.minutes(1)))
struct TracedKafkaConsumerTests {
    private func send(_ records: [KafkaRecord]) async throws {
        let producer = try TracedKafkaProducer(TestCluster.configuration())
        for record in records { try await producer.send(record) }
        await producer.shutdown()
    }

    /// Runs a consumer until `isDone` returns.
    private func run(_ consumer: TracedKafkaConsumer, until isDone: () async throws -> Void) async throws {
        let running = Task { try await consumer.run() }
        try await isDone()
        await consumer.shutdown()
        try await running.value
    }

    @Test("continues the trace of a record in a process span, current for the handler and linked to the send span")
    func continues() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let topic = try await TestCluster.topic("continues")
            let current = Inbox<Span?>()
            try await send([KafkaRecord(topic: topic, key: "7", value: [1])])
            let consumer = try TracedKafkaConsumer(TestCluster.configuration(), group: topic, topics: [topic]) {
                record in
                // The span is there already: this is a plain call.
                await record.process { current.put(Span.current) }
            }
            try await run(consumer) {
                let seen = await current.next()
                let span = await test.spans.first { $0.name == "process \(topic)" }
                let sent = try #require(test.spans.send(topic).first)
                #expect(seen??.spanID == span.spanID)
                #expect(span.kind == .consumer && span.traceID == sent.traceID && span.parentSpanID == sent.spanID)
                #expect(span.links.map(\.spanID) == [sent.spanID])
                #expect(span.attributes["messaging.consumer.group.name"] == .string(topic))
                #expect(span.attributes["messaging.destination.partition.id"] == .string("0"))
                #expect(span.attributes["messaging.kafka.offset"] == .int(0))
                #expect(span.attributes["messaging.kafka.message.key"] == .string("7"))
                #expect(span.attributes["stitch.message.timestamp_type"] == .string("create_time"))
                #expect(span.attributes["stitch.wait"] != nil || span.attributes["stitch.clock_skew"] != nil)
                #expect(span.status == .unset)
            }
            #expect(test.spans.process(topic).count == 1)
        }
    }

    @Test("starts a new trace with a link when the policy says so")
    func newTrace() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let topic = try await TestCluster.topic("new-trace")
            try await send([KafkaRecord(topic: topic, value: [1])])
            let consumer = try TracedKafkaConsumer(
                TestCluster.configuration(),
                group: topic,
                topics: [topic],
                continuation: .newTrace
            ) { _ in }
            try await run(consumer) {
                let span = await test.spans.first { $0.name == "process \(topic)" }
                let sent = try #require(test.spans.send(topic).first)
                #expect(span.parentSpanID == nil && span.traceID != sent.traceID)
                #expect(span.links.map(\.spanID) == [sent.spanID])
            }
        }
    }

    @Test("starts a trace for a record that carries none, or rubbish")
    func untraced() async throws {
        try await withStitchTest { test in
            let topic = try await TestCluster.topic("untraced")
            let producer = try KafkaProducer(TestCluster.configuration())
            try await producer.send(KafkaRecord(topic: topic, value: [1]))
            try await producer.send(KafkaRecord(topic: topic, value: [2], headers: ["traceparent": "rubbish"]))
            await producer.shutdown()
            let handled = Inbox<Void>()
            let consumer = try TracedKafkaConsumer(TestCluster.configuration(), group: topic, topics: [topic]) { _ in
                handled.put(())
            }
            try await run(consumer) { _ = await handled.take(2) }
            let spans = test.spans.process(topic)
            #expect(spans.count == 2 && Set(spans.map(\.traceID)).count == 2)
            #expect(spans.allSatisfy { $0.parentSpanID == nil && $0.links.isEmpty })
        }
    }

    @Test("puts what a handler throws on its span")
    func handlerThrows() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let topic = try await TestCluster.topic("throws")
            try await send([KafkaRecord(topic: topic, value: [1])])
            let consumer = try TracedKafkaConsumer(TestCluster.configuration(), group: topic, topics: [topic]) {
                record in
                _ = try record.decode([String: Int].self)
            }
            let error = await #expect(throws: KafkaError.self) { try await consumer.run() }
            #expect(error?.code == .handler && (error?.cause as? KafkaError)?.code == .decoding)
            let span = try #require(test.spans.process(topic).first)
            #expect(span.attributes["error.type"] == .string("decoding"))
            #expect(span.status.isError && span.events.count == 1)
        }
    }

    @Test("counts a handler that was cancelled as no error")
    func cancelled() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let topic = try await TestCluster.topic("cancelled")
            try await send([KafkaRecord(topic: topic, value: [1])])
            let started = Inbox<Void>()
            let never = Inbox<Void>()
            let consumer = try TracedKafkaConsumer(TestCluster.configuration(), group: topic, topics: [topic]) { _ in
                started.put(())
                _ = await never.next()
                throw Bounced()
            }
            let running = Task { try await consumer.run() }
            _ = await started.next()
            running.cancel()
            try await running.value
            let span = try #require(test.spans.process(topic).first)
            #expect(span.status == .unset && span.attributes["error.type"] == nil)
        }
    }

    @Test("gives a batch one span that starts a trace and links to each record's, with its place on the link")
    func batch() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let topic = try await TestCluster.topic("batch")
            try await send((0..<3).map { KafkaRecord(topic: topic, value: [UInt8($0)]) })
            let handled = Inbox<Int>()
            let consumer = try TracedKafkaConsumer(
                TestCluster.configuration(),
                group: topic,
                topics: [topic],
                batchesOf: 10
            ) { records in
                handled.put(records.count)
            }
            try await run(consumer) {
                var count = 0
                while count < 3, let next = await handled.next() { count += next }
            }
            let sent = test.spans.send(topic)
            let spans = test.spans.process(topic)
            #expect(spans.allSatisfy { $0.parentSpanID == nil && $0.kind == .consumer })
            #expect(Set(spans.map(\.traceID)).isDisjoint(with: sent.map(\.traceID)))
            let links = spans.flatMap(\.links)
            #expect(links.map(\.spanID) == sent.map(\.spanID))
            #expect(links.map { $0.attributes["messaging.kafka.offset"] } == [.int(0), .int(1), .int(2)])
            #expect(links.allSatisfy { $0.attributes["messaging.destination.partition.id"] == .string("0") })
            #expect(
                spans.first?.attributes["messaging.batch.message_count"]
                    == spans.first.map { .int(Int64($0.links.count)) }
            )
        }
    }

    @Test("gives a single record of a batch a span of its own when it is processed")
    func processInBatch() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let topic = try await TestCluster.topic("single")
            try await send([KafkaRecord(topic: topic, value: [1])])
            let handled = Inbox<(batch: Span?, record: Span?)>()
            let consumer = try TracedKafkaConsumer(
                TestCluster.configuration(),
                group: topic,
                topics: [topic],
                batchesOf: 10
            ) { records in
                let batch = Span.current
                for record in records { await record.process { handled.put((batch, Span.current)) } }
            }
            try await run(consumer) {
                let seen = try #require(await handled.next())
                let sent = try #require(test.spans.send(topic).first)
                #expect(seen.record?.traceID == sent.traceID && seen.batch?.traceID != sent.traceID)
            }
            let single = try #require(test.spans.process(topic).first { !$0.attributes.hasBatchCount })
            #expect(single.links.count == 2)
        }
    }
}

extension Attributes {
    fileprivate var hasBatchCount: Bool { self["messaging.batch.message_count"] != nil }
}
