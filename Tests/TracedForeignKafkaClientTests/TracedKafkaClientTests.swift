// SPDX-License-Identifier: Apache-2.0

import ForeignKafkaClient
import MessageTracing
import StitchTesting
import TelemetrySDK
import Testing
import TracedForeignKafkaClient

private typealias Message = KafkaProducerMessage<String, String>

/// A broker, and a client of it with its tracing.
private struct Shop {
    let broker: InMemoryBroker
    let plain: (producer: KafkaProducer, events: KafkaProducerEvents)
    let producer: TracedProducer
    let orders: KafkaConsumer
    let consumer: TracedConsumer

    init(maximumMessageBytes: Int = 1000) {
        broker = InMemoryBroker(maximumMessageBytes: maximumMessageBytes)
        plain = KafkaProducer.makeProducerWithEvents(broker: broker)
        producer = TracedProducer(plain, clientID: "shop")
        orders = KafkaConsumer(broker: broker, group: "billing", topic: "orders")
        consumer = TracedConsumer(orders, topic: "orders", group: "billing", clientID: "billing")
    }

    /// Delivers what was sent, ends the client, and waits for the answers.
    func deliver() async {
        plain.producer.triggerGracefulShutdown()
        async let answers: Void = producer.run()
        await plain.producer.run()
        await answers
    }

    /// Hands over all orders, in one poll.
    func poll(_ count: Int, _ handle: ([KafkaConsumerMessage]) async throws -> Void) async throws {
        orders.triggerGracefulShutdown()
        try await consumer.poll(count, handle)
    }

    /// The headers of an order at the broker.
    func headers(_ offset: Int = 0) throws -> [KafkaHeader] {
        try #require(broker.message("orders", at: offset)).headers
    }
}

private struct Broken: Error {}

private let older = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
private let newer = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

private func header(_ key: String, _ value: String) -> KafkaHeader {
    KafkaHeader(key: key, value: ByteBuffer(string: value))
}

private func order(_ key: String = "7", _ headers: [KafkaHeader] = []) -> Message {
    Message(topic: "orders", headers: headers, key: key, value: "bicycle")
}

@Suite("A client that Stitch does not know, traced")
struct TracedKafkaClientTests {
    @Test("Orders and what comes of them are one flow: sent, polled together, worked on one by one, committed")
    func flow() async throws {
        try await withStitchTest { test in
            let shop = Shop()
            try withSpan("POST /orders") { _ in
                try shop.producer.send(order("7"))
                try shop.producer.send(order("8"))
            }
            let sender = KafkaProducer.makeProducerWithEvents(broker: shop.broker)
            let receipts = TracedProducer(sender, clientID: "billing")
            await shop.deliver()
            try await shop.poll(2) { polled in
                for message in polled {
                    try await shop.consumer.process(message) {
                        _ = try receipts.send(Message(topic: "receipts", key: nil, value: "paid"))
                    }
                }
                try await shop.consumer.commit(polled[1])
            }
            sender.0.triggerGracefulShutdown()
            await sender.0.run()
            await receipts.run()

            let sends = test.spans.send("orders")
            let poll = try #require(test.spans.named("poll orders").first)
            let work = test.spans.process("orders")
            let commit = try #require(test.spans.named("commit orders").first)
            #expect(sends.map(\.kind) == [.producer, .producer])
            #expect(sends.map { $0.attributes["messaging.kafka.offset"] } == [0, 1])
            #expect(sends.map { $0.attributes["messaging.kafka.message.key"] } == ["7", "8"])
            #expect(poll.links.map(\.spanID) == sends.map(\.spanID) && poll.kind == .client)
            #expect(poll.attributes["messaging.batch.message_count"] == 2)
            #expect(work.map(\.parentSpanID) == sends.map(\.spanID))
            #expect(work.map { $0.links.map(\.spanID) } == sends.map { [$0.spanID] })
            #expect(work.allSatisfy { $0.attributes["messaging.consumer.group.name"] == "billing" })
            #expect(test.spans.send("receipts").map(\.parentSpanID) == work.map(\.spanID))
            #expect(commit.attributes["messaging.kafka.offset"] == 1)
            #expect(commit.attributes["messaging.operation.type"] == "settle")
            #expect(shop.broker.committed(group: "billing", topic: "orders") == 2)
            let flow = test.flow(of: work[0])
            #expect(flow.isStitched)
            // Each delivery is counted once, though a message is both polled and worked on.
            #expect(test.measurements.total(of: "messaging.client.consumed.messages") == 2)
            #expect(test.measurements.total(of: "messaging.client.sent.messages") == 4)
        }
    }

    @Test("What the headers said of another trace, in any format, gives way to one field each; the rest stays")
    func replaced() async throws {
        try await withStitchTest { test in
            let shop = Shop()
            let stale = [
                header("a", "1"), header("traceparent", older), header("tracestate", "v=1"), header("b3", "0"),
                header("traceparent", newer), header("baggage", "k=v"), KafkaHeader(key: "b"), header("a", "2"),
            ]
            try shop.producer.send(order("7", stale))
            await shop.deliver()
            let headers = try shop.headers()
            #expect(headers.map(\.key) == ["a", "b", "a", "traceparent", "stitch"])
            let sent = try #require(test.spans.send("orders").first)
            #expect(headers[3] == header("traceparent", sent.context.traceParent.description))
        }
    }

    @Test("Under a tracer that writes b3, that is what a message carries, and what carries its trace on")
    func b3() async throws {
        let spans = RecordedSpans()
        let tracer = SDKTracer(resource: Resource(), processor: spans, propagator: B3Propagator())
        try await withTracer(tracer) {
            let shop = Shop()
            try shop.producer.send(order("7", [header("traceparent", older), header("b3", "0")]))
            await shop.deliver()
            #expect(try shop.headers().map(\.key) == ["b3", "stitch"])
            try await shop.poll(1) { polled in await shop.consumer.process(polled[0]) {} }
            #expect(spans.process("orders").map(\.parentSpanID) == spans.send("orders").map(\.spanID))
        }
    }

    @Test("The last valid context counts, and headers that came more than once are counted")
    func duplicates() async throws {
        try await withStitchTest { test in
            let shop = Shop()
            let headers = [
                header("traceparent", older), header("traceparent", newer), header("traceparent", "rubbish"),
                KafkaHeader(key: "tracestate"), KafkaHeader(key: "baggage", value: ByteBuffer(bytes: [0xff])),
            ]
            _ = try shop.plain.producer.send(order("7", headers))
            _ = try shop.plain.producer.send(order("8", [header("traceparent", "rubbish")]))
            _ = try shop.plain.producer.send(order("9"))
            await shop.deliver()
            try await shop.poll(3) { for message in $0 { await shop.consumer.process(message) {} } }
            let work = test.spans.process("orders")
            #expect(work.map { $0.parentSpanID?.description } == ["00f067aa0ba902b7", nil, nil])
            #expect(work.map(\.links.count) == [1, 0, 0])
            for state in ["duplicate", "invalid", "missing"] {
                #expect(test.measurements.total(of: "stitch.context", where: ["state": .string(state)]) == 1)
            }
        }
    }

    @Test("A send ends when its answer comes, not when the client has taken the message")
    func acknowledged() async throws {
        try await withStitchTest { test in
            let shop = Shop()
            try shop.producer.send(order())
            #expect(test.spans.all.isEmpty)
            await shop.deliver()
            #expect(test.spans.send("orders").first?.attributes["messaging.destination.partition.id"] == "0")
        }
    }

    @Test("A message that the broker doesn't take, or the client, leaves its error on the span, once")
    func refused() async throws {
        try await withStitchTest { test in
            let shop = Shop(maximumMessageBytes: 3)
            try shop.producer.send(order())
            await shop.deliver()
            #expect(throws: KafkaError.self) { try shop.producer.send(order()) }
            let spans = test.spans.send("orders")
            #expect(spans.map { $0.attributes["error.type"] } == ["messageSizeTooLarge", "connectionClosed"])
            #expect(spans.allSatisfy { $0.events.count == 1 && $0.status.isError })
        }
    }

    @Test("A send that never gets an answer ends when the client is done")
    func unanswered() async throws {
        try await withStitchTest { test in
            let shop = Shop()
            try shop.producer.send(order())
            let running = Task { await shop.producer.run() }
            running.cancel()
            await running.value
            #expect(test.spans.send("orders").first?.attributes["error.type"] == "unanswered")
        }
    }

    @Test("Work or a commit that fails leaves its error on its span and goes on to the caller")
    func failures() async throws {
        try await withStitchTest { test in
            let shop = Shop()
            try shop.producer.send(order())
            await shop.deliver()
            try await shop.poll(1) { polled in
                var unknown = polled[0]
                unknown.offset.rawValue = 99
                await #expect(throws: KafkaError.self) { try await shop.consumer.commit(unknown) }
                await #expect(throws: Broken.self) {
                    try await shop.consumer.process(polled[0]) { () async throws in throw Broken() }
                }
            }
            #expect(test.spans.named("commit orders").first?.attributes["error.type"] == "offsetOutOfRange")
            #expect(test.spans.process("orders").first?.events.count == 1)
        }
    }

    @Test("A trace that isn't sampled, or that nobody records, goes through")
    func unrecorded() async throws {
        let unsampled = String(older.dropLast(2)) + "00"
        for tracer in [nil, NoOpTracer()] {
            try await withStitchTest { test in
                let trace = TraceID(String(older.dropFirst(3).prefix(32)))
                @Sendable func run() async throws {
                    let shop = Shop()
                    var carrier = ContextCarrier()
                    carrier["traceparent"] = unsampled
                    try withSpan("GET /", ofKind: .server, continuing: carrier) { _ in
                        _ = try shop.producer.send(order())
                    }
                    await shop.deliver()
                    let sent = try #require(try shop.headers().first { $0.key == "traceparent" }?.value)
                    let parent = TraceParent(String(buffer: sent))
                    #expect(parent?.traceID == trace && parent?.flags == [])
                    try await shop.poll(1) { polled in
                        let carried = await shop.consumer.process(polled[0]) { ContextCarrier.current() }
                        #expect(carried.spanContext?.traceID == trace)
                    }
                    #expect(test.spans.all.isEmpty)
                }
                if let tracer { try await withTracer(tracer) { try await run() } } else { try await run() }
            }
        }
    }
}
