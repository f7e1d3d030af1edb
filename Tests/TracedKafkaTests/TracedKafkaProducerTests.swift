// SPDX-License-Identifier: Apache-2.0

import KafkaTesting
import StitchKafka
import StitchService
import StitchTesting
import TelemetryAPI
import TelemetryData
import Testing
import TraceContext
import TracedKafka

@Suite("A traced producer", .timeLimit(.minutes(1)))
struct TracedKafkaProducerTests {
    @Test("makes a send span, a child of the current one, that says where the record went")
    func sendSpan() async throws {
        try await withStitchTest { test in
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

    @Test("replaces the trace that a record comes with: it arrives with one traceparent, that of its send span")
    func headerReplaced() async throws {
        try await withStitchTest { test in
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
        try await withStitchTest { test in
            let cluster = try MockKafkaCluster()
            try await cluster.createTopic("orders")
            let producer = try TracedKafkaProducer(cluster.configuration)
            try await producer.send(KafkaRecord(topic: "orders", value: [0]))
            try await cluster.takeDown()
            async let sent = producer.send(KafkaRecord(topic: "orders", value: [1]))
            // The record is taken, and no broker can have answered.
            while producer.health.lag == 0 { await Task.yield() }
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
        try await withStitchTest { test in
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
        try await withStitchTest { test in
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
        try await withStitchTest { test in
            let cluster = try MockKafkaCluster()
            try await cluster.createTopic("orders")
            var configuration = cluster.configuration
            configuration.drain = .zero
            let producer = try TracedKafkaProducer(configuration)
            try await producer.send(KafkaRecord(topic: "orders", value: [0]))
            try await cluster.takeDown()
            let sender = Task { try await producer.send(KafkaRecord(topic: "orders", value: nil)) }
            while producer.health.lag == 0 { await Task.yield() }
            await producer.shutdown()
            let error = await #expect(throws: KafkaError.self) { try await sender.value }
            let span = try #require(test.spans.send("orders").last)
            #expect(span.attributes["error.type"] == error.map { .string($0.errorType) })
            #expect(span.attributes["messaging.kafka.message.tombstone"] == .bool(true))
            await cluster.shutdown()
        }
    }
}
