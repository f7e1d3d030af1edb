// SPDX-License-Identifier: Apache-2.0

import KafkaTesting
import MessageTracing
import StitchKafka
import StitchService
import StitchTesting
import TelemetryAPI
import TelemetryData
import Testing
import TraceContext

@testable import TracedKafka

@Suite("A traced producer", .timeLimit(.minutes(1)))
struct TracedKafkaProducerTests {
    @Test("makes a send span, a child of the current one, that says where the record went")
    func sendSpan() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let topic = try await TestCluster.topic("send", partitions: 2)
            let producer = try TracedKafkaProducer(TestCluster.configuration())
            let delivery = try await withSpan("POST /orders") { _ in
                try await producer.send(KafkaRecord(topic: topic, key: "7", value: [1], partition: 1))
            }
            await producer.shutdown()
            let span = try #require(test.spans.send(topic).first)
            #expect(span.kind == .producer && span.parentSpanID == test.spans.named("POST /orders").first?.spanID)
            #expect(span.attributes["messaging.system"] == .string("kafka"))
            #expect(span.attributes["messaging.operation.type"] == .string("send"))
            #expect(span.attributes["messaging.destination.name"] == .string(topic))
            #expect(span.attributes["messaging.destination.partition.id"] == .string("1"))
            #expect(span.attributes["messaging.kafka.offset"] == .int(delivery.offset))
            #expect(span.attributes["messaging.kafka.message.key"] == .string("7"))
            #expect(span.attributes["messaging.kafka.message.tombstone"] == nil)
            #expect(span.attributes["error.type"] == nil && span.status == .unset)
            #expect(test.spans.send(topic).count == 1)
        }
    }

    @Test("says nothing of an offset that isn't known, since the broker had the record already, and that is no mistake")
    func unknownOffset() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let cluster = try await test.kafka()
            try await cluster.createTopic("orders")
            let producer = try TracedKafkaProducer(cluster.configuration)
            try await producer.send(KafkaRecord(topic: "orders", value: [1]))
            try await cluster.fail(.produce, with: KafkaError.Code("DUPLICATE_SEQUENCE_NUMBER"))
            try await producer.send(KafkaRecord(topic: "orders", value: [2]))
            await producer.shutdown()
            let spans = test.spans.send("orders")
            #expect(spans.map { $0.attributes["messaging.kafka.offset"] } == [.int(0), nil])
            #expect(spans.allSatisfy { $0.attributes["messaging.destination.partition.id"] == .string("0") })
            #expect(FlowLint().report(on: test.spans.all).findings.isEmpty)
        }
    }

    @Test("replaces the trace that a record comes with: it arrives with one traceparent, that of its send span")
    func headerReplaced() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let topic = try await TestCluster.topic("replaced")
            let stale: KafkaHeaders = [
                "a": "1", "traceparent": HeaderCarrierTests.older, "tracestate": "x=1",
                "traceparent": HeaderCarrierTests.newer,
            ]
            let producer = try TracedKafkaProducer(TestCluster.configuration())
            try await producer.send(KafkaRecord(topic: topic, value: [1], headers: stale))
            await producer.shutdown()

            let inbox = Inbox<KafkaConsumedRecord>()
            let consumer = try KafkaConsumer(TestCluster.configuration(), group: topic, topics: [topic]) {
                inbox.put($0)
            }
            let running = Task { try await consumer.run() }
            let received = try #require(await inbox.next())
            await consumer.shutdown()
            try await running.value
            let span = try #require(test.spans.send(topic).first)
            #expect(received.headers.values(of: "traceparent").count == 1)
            #expect(received.headers.text("traceparent") == span.context.traceParent.description)
            #expect(received.headers.values(of: "tracestate") == [])
            #expect(received.headers.text("a") == "1")
        }
    }

    @Test("ends a send span on the broker's answer, not when the record was taken")
    func endsOnDelivery() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let cluster = try MockKafkaCluster()
            try await cluster.createTopic("orders")
            let producer = try TracedKafkaProducer(cluster.configuration)
            try await producer.send(KafkaRecord(topic: "orders", value: [0]))
            try await cluster.takeDown()
            async let sent = producer.send(KafkaRecord(topic: "orders", value: [1]))
            // The record is taken, and no broker can have answered.
            while producer.health.lag == 0, !Task.isCancelled { await Task.yield() }
            #expect(test.spans.send("orders").count == 1)
            try await cluster.bringUp()
            let delivery = try await sent
            let spans = test.spans.send("orders")
            #expect(spans.count == 2)
            #expect(spans.last?.attributes["messaging.kafka.offset"] == .int(delivery.offset))
            #expect(spans.last?.attributes["messaging.destination.partition.id"] == .string("0"))
            await producer.shutdown()
            await cluster.shutdown()
        }
    }

    @Test("lasts for as long as the broker takes")
    func duration() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let cluster = try MockKafkaCluster()
            try await cluster.createTopic("orders")
            let producer = try TracedKafkaProducer(cluster.configuration)
            try await producer.send(KafkaRecord(topic: "orders", value: [0]))
            try await cluster.setRoundTrip(.milliseconds(150))
            try await producer.send(KafkaRecord(topic: "orders", value: [1]))
            let span = try #require(test.spans.send("orders").last)
            #expect(span.duration >= .milliseconds(150))
            await producer.shutdown()
            await cluster.shutdown()
        }
    }

    @Test("puts an error on the span, once, in the protocol's words, and throws it")
    func failed() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let cluster = try MockKafkaCluster()
            try await cluster.createTopic("orders")
            let producer = try TracedKafkaProducer(cluster.configuration)
            try await cluster.fail(.produce, with: .messageTooLarge)
            await #expect(throws: KafkaError.self) {
                try await producer.send(KafkaRecord(topic: "orders", value: [1]))
            }
            await #expect(throws: KafkaError.self) {
                try await producer.send(KafkaRecord(topic: "orders", value: [1], partition: 99))
            }
            let spans = test.spans.send("orders")
            #expect(
                spans.map { $0.attributes["error.type"] } == [
                    .string("MESSAGE_TOO_LARGE"), .string("UNKNOWN_TOPIC_OR_PARTITION"),
                ]
            )
            #expect(spans.allSatisfy { $0.status.isError && $0.events.count == 1 })
            #expect(spans.allSatisfy { $0.attributes["messaging.kafka.offset"] == nil })
            await producer.shutdown()
            await cluster.shutdown()
        }
    }

    @Test("ends every span when it is shut down before the broker has answered, with the error")
    func shutdown() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let cluster = try MockKafkaCluster()
            try await cluster.createTopic("orders")
            var configuration = cluster.configuration
            configuration.drain = .zero
            let producer = try TracedKafkaProducer(configuration)
            try await producer.send(KafkaRecord(topic: "orders", value: [0]))
            try await cluster.takeDown()
            let sender = Task { try await producer.send(KafkaRecord(topic: "orders", value: nil)) }
            while producer.health.lag == 0, !Task.isCancelled { await Task.yield() }
            await producer.shutdown()
            let error = await #expect(throws: KafkaError.self) { try await sender.value }
            let span = try #require(test.spans.send("orders").last)
            #expect(span.attributes["error.type"] == error.map { .string($0.errorType) })
            #expect(span.attributes["messaging.kafka.message.tombstone"] == .bool(true))
            await cluster.shutdown()
        }
    }

    /// The headers of the first records of a topic.
    private func received(_ count: Int, from topic: String) async throws -> [KafkaConsumedRecord] {
        let inbox = Inbox<KafkaConsumedRecord>()
        let consumer = try KafkaConsumer(TestCluster.configuration(), group: topic, topics: [topic]) { inbox.put($0) }
        let running = Task { try await consumer.run() }
        let records = await inbox.take(count)
        await consumer.shutdown()
        try await running.value
        return records
    }

    @Test("gives enqueued records spans and headers as those that are sent, the trace that they come with replaced")
    func enqueued() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let topic = try await TestCluster.topic("enqueued")
            let producer = try TracedKafkaProducer(TestCluster.configuration())
            let stale: KafkaHeaders = ["a": "1", "traceparent": HeaderCarrierTests.older, "tracestate": "x=1"]
            try await withSpan("POST /orders") { _ in
                try await producer.enqueue(KafkaRecord(topic: topic, key: "7", value: [1], headers: ["a": "1"]))
                try await producer.enqueue(KafkaRecord(topic: topic, value: nil, headers: stale))
                try await producer.enqueue(KafkaRecord(topic: topic, key: "ä", value: KafkaBuffer([1])))
            }
            await producer.shutdown()
            let spans = test.spans.send(topic)
            let records = try await received(3, from: topic)
            #expect(spans.count == 3)
            for (record, span) in zip(records, spans) {
                #expect(record.headers.values(of: "traceparent").count == 1)
                #expect(record.headers.text("traceparent") == span.context.traceParent.description)
                #expect(record.headers.values(of: "tracestate") == [])
                #expect(record.headers.values(of: "stitch").count == 1)
                #expect(record.headers.text("stitch")?.hasPrefix("o=1") == true)
                #expect(span.attributes["messaging.kafka.offset"] == .int(record.offset))
                #expect(span.attributes["messaging.destination.partition.id"] == .string("0"))
                #expect(span.attributes["stitch.kafka.broker.id"] == .int(1))
                #expect(span.attributes["stitch.send.latency"] != nil)
                #expect(span.parentSpanID == test.spans.named("POST /orders").first?.spanID)
            }
            #expect(records.prefix(2).allSatisfy { $0.headers.text("a") == "1" })
            #expect(
                spans.map { $0.attributes["messaging.kafka.message.key"] } == [.string("7"), nil, .string("ä")]
            )
            #expect(
                spans.map { $0.attributes["messaging.kafka.message.tombstone"] } == [nil, .bool(true), nil]
            )
        }
    }

    @Test("ends the span of an enqueued record on the broker's answer, whether or not anybody waits")
    func enqueuedEndsOnDelivery() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let cluster = try MockKafkaCluster()
            try await cluster.createTopic("orders")
            let producer = try TracedKafkaProducer(cluster.configuration)
            try await producer.send(KafkaRecord(topic: "orders", value: [0]))
            try await cluster.takeDown()
            try await producer.enqueue(KafkaRecord(topic: "orders", value: [1]))
            #expect(test.spans.send("orders").count == 1)
            try await cluster.bringUp()
            try await producer.flush()
            #expect(test.spans.send("orders").last?.attributes["messaging.kafka.offset"] == .int(1))

            try await cluster.fail(.produce, with: .messageTooLarge)
            try await producer.enqueue(KafkaRecord(topic: "orders", key: "7", value: [2]))
            await #expect(throws: KafkaError.self) { try await producer.flush() }
            let failed = try #require(test.spans.send("orders").last)
            #expect(failed.attributes["error.type"] == .string("MESSAGE_TOO_LARGE"))
            #expect(failed.attributes["messaging.kafka.message.key"] == .string("7"))
            #expect(failed.events.count == 1 && failed.status.isError)
            await producer.shutdown()
            await cluster.shutdown()
        }
    }

    @Test("carries the trace on of a span that is not sampled")
    func unsampled() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let topic = try await TestCluster.topic("unsampled")
            let producer = try TracedKafkaProducer(TestCluster.configuration())
            let parent = SpanContext(traceID: TraceID(high: 1, low: 2), spanID: SpanID(bits: 3), flags: .random)
            try await Span(context: parent).makeCurrent {
                try await producer.enqueue(KafkaRecord(topic: topic, value: [1]))
                _ = await producer.send(contentsOf: [KafkaRecord(topic: topic, value: [2])])
            }
            await producer.shutdown()
            for record in try await received(2, from: topic) {
                let carried = try #require(record.headers.text("traceparent").flatMap { TraceParent($0) })
                #expect(carried.traceID == parent.traceID && carried.spanID != parent.spanID)
                #expect(!carried.flags.contains(.sampled))
            }
            #expect(test.spans.send(topic).isEmpty)
        }
    }

    @Test("gives records that are sent together a create span each, and one send span that links to them")
    func batch() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let topic = try await TestCluster.topic("together")
            let producer = try TracedKafkaProducer(TestCluster.configuration())
            let stale: KafkaHeaders = ["traceparent": HeaderCarrierTests.older]
            let deliveries = await withSpan("POST /orders") { _ in
                await producer.send(contentsOf: [
                    KafkaRecord(topic: topic, key: "1", value: [1], headers: stale),
                    KafkaRecord(topic: topic, key: "2", value: [2]),
                    KafkaRecord(topic: topic, value: [3], partition: 99),
                ])
            }
            #expect(deliveries.failures.map(\.index) == [2])
            await producer.shutdown()
            let creates = test.spans.named("create \(topic)")
            let send = try #require(test.spans.send(topic).first)
            #expect(creates.count == 3 && creates.allSatisfy { $0.kind == .producer })
            #expect(send.kind == .client && send.links.map(\.spanID) == creates.map(\.spanID))
            #expect(send.attributes["messaging.batch.message_count"] == .int(3))
            #expect(send.attributes["error.type"] == .string("UNKNOWN_TOPIC_OR_PARTITION"))
            for (record, create) in zip(try await received(2, from: topic), creates) {
                #expect(record.headers.values(of: "traceparent").count == 1)
                #expect(record.headers.text("traceparent") == create.context.traceParent.description)
            }
        }
    }

    @Test("takes it for no error that records were withdrawn")
    func withdrawnBatch() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let target = MessageTarget(system: "kafka", destination: "orders")
            let records = [UInt8](0..<2).map { KafkaRecord(topic: "orders", value: [$0]) }
            let targets = MessageTargets { _ in target }
            let trace = BatchTrace(of: records, targets, severalTopics: target, createSpans: false)
            trace.end(KafkaDeliveries(records.map { _ in .failure(KafkaError(.cancelled, "withdrawn")) }))
            let send = try #require(test.spans.send("orders").first)
            #expect(!send.status.isError && send.attributes["error.type"] == nil && send.events.isEmpty)
        }
    }

    @Test("has records that are sent together carry their common span where they shall have none of their own")
    func batchWithoutCreateSpans() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let topic = try await TestCluster.topic("common")
            let producer = try TracedKafkaProducer(TestCluster.configuration(), createSpans: false)
            _ = await producer.send(contentsOf: [UInt8](0..<2).map { KafkaRecord(topic: topic, value: [$0]) })
            await producer.shutdown()
            let send = try #require(test.spans.send(topic).first)
            #expect(send.kind == .producer && test.spans.named("create \(topic)").isEmpty)
            for record in try await received(2, from: topic) {
                #expect(record.headers.text("traceparent") == send.context.traceParent.description)
            }
        }
    }
}
