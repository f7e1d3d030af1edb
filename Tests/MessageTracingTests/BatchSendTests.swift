// SPDX-License-Identifier: Apache-2.0

import MessageTracing
import StitchTesting
import TelemetrySDK
import Testing

private struct Broken: Error, CustomStringConvertible { var description: String { "broken" } }

@Suite("Messages that are made, and sent together")
struct BatchSendTests {
    let orders = MessageTarget(system: "kafka", destination: "orders", clientID: "c1")
    let payments = MessageTarget(system: "kafka", destination: "payments", clientID: "c1")

    @Test("Each message gets a create span that it carries; the send is a CLIENT span linked to all of them")
    func creates() async throws {
        try await withStitchTest { test in
            let batch = withSpan("POST /orders") { _ in
                BatchSendSpan(of: [OutgoingMessage(id: "m1"), OutgoingMessage(id: "m2")], to: orders)
            }
            #expect(test.spans.create("orders").count == 2)
            #expect(test.spans.send("orders").isEmpty)
            batch.end()
            let send = try #require(test.spans.send("orders").first)
            let creates = test.spans.create("orders")
            #expect(send.kind == .client && creates.allSatisfy { $0.kind == .producer })
            #expect(batch.carriers.map { $0.spanContext?.spanID } == creates.map(\.spanID))
            #expect(send.links.map(\.spanID) == creates.map(\.spanID))
            #expect(Set(creates.map(\.parentSpanID)) == [send.parentSpanID])
            #expect(creates.map { $0.attributes["messaging.message.id"]?.stringValue } == ["m1", "m2"])
            #expect(send.attributes["messaging.batch.message_count"] == 2)
            #expect(creates[0].attributes["messaging.operation.type"] == "create")
            #expect(creates[0].attributes["messaging.client.id"] == nil)
        }
    }

    @Test("Without create spans the send is a PRODUCER span that every message carries")
    func withoutCreates() async throws {
        try await withStitchTest { test in
            let batch = BatchSendSpan(of: [OutgoingMessage(), OutgoingMessage()], to: orders, createSpans: false)
            batch.end()
            let send = try #require(test.spans.send("orders").first)
            #expect(send.kind == .producer && send.links.isEmpty)
            #expect(batch.carriers.map { $0.spanContext?.spanID } == [send.spanID, send.spanID])
        }
    }

    @Test(
        "Messages of which nothing is said carry and leave what any others do",
        arguments: [true, false],
        [true, false]
    )
    func plain(createSpans: Bool, isWithin: Bool) async throws {
        func made(_ make: @Sendable () -> BatchSendSpan) async throws -> (SpanSample.Made, [ContextCarrier]) {
            try await withStitchTest { test in
                let batch = isWithin ? withSpan("POST /orders") { _ in make() } : make()
                batch.end()
                return (SpanSample.Made(spans: test.spans.all, measurements: test.measurements.all), batch.carriers)
            }
        }
        let (plain, carriers) = try await made { BatchSendSpan(ofCount: 3, to: orders, createSpans: createSpans) }
        let (other, otherCarriers) = try await made {
            BatchSendSpan(of: Array(repeating: OutgoingMessage(), count: 3), to: orders, createSpans: createSpans)
        }
        #expect(carriers.map { $0.fields.map(\.name) } == otherCarriers.map { $0.fields.map(\.name) })
        #expect(plain.spans.map(\.name) == other.spans.map(\.name))
        #expect(plain.spans.map(\.kind) == other.spans.map(\.kind))
        #expect(plain.spans.map(\.links.count) == other.spans.map(\.links.count))
        #expect(plain.spans.map { $0.parentSpanID == nil } == other.spans.map { $0.parentSpanID == nil })
        #expect(plain.spans.map(\.attributes) == other.spans.map(\.attributes))
        #expect(plain.measurements.map(\.attributes) == other.measurements.map(\.attributes))
        let senders = createSpans ? plain.spans.filter { $0.name == "create orders" } : []
        let send = try #require(plain.spans.first { $0.name == "send orders" })
        let carried = carriers.compactMap { $0.spanContext?.spanID }
        #expect(carried == (createSpans ? senders.map(\.spanID) : [send.spanID, send.spanID, send.spanID]))
    }

    @Test("Baggage goes along with messages of which nothing is said")
    func plainWithBaggage() async throws {
        try await withStitchTest { _ in
            var baggage = Baggage()
            baggage["user"] = "7"
            let batch = withBaggage(baggage) { BatchSendSpan(ofCount: 2, to: orders, createSpans: true) }
            #expect(batch.carriers.map { $0["baggage"] } == ["user=7", "user=7"])
            batch.end()
        }
    }

    @Test("Messages that fail are counted each, and leave one error that says how many they are")
    func failures() async throws {
        try await withStitchTest { test in
            let messages = [orders, payments, orders].map { OutgoingMessage(target: $0) }
            let batch = BatchSendSpan(of: messages, to: MessageTarget(system: "kafka", destination: nil))
            batch.end(failures: [.init(index: 2, error: Broken(), type: "MESSAGE_TOO_LARGE")])
            batch.end()
            let send = try #require(test.spans.named("send").first)
            #expect(send.status == .error("1 of 3 messages: broken"))
            #expect(send.attributes["error.type"] == "MESSAGE_TOO_LARGE")
            #expect(send.attributes["messaging.destination.name"] == nil)
            #expect(send.events.count == 1)
            let metric = "messaging.client.sent.messages"
            let failed: Attributes = ["error.type": "MESSAGE_TOO_LARGE", "messaging.destination.name": "orders"]
            #expect(test.measurements.total(of: metric) == 3)
            #expect(test.measurements.total(of: metric, where: failed) == 1)
            #expect(test.measurements.total(of: metric, where: ["messaging.destination.name": "payments"]) == 1)
            #expect(test.measurements.of("messaging.client.operation.duration").count == 1)
        }
    }

    @Test("A message that is made and sent later carries its create span, and is counted as no send")
    func create() async throws {
        try await withStitchTest { test in
            let create = CreateSpan(for: orders, messageID: "m1")
            create.end()
            SendSpan(passingOn: create.carrier, to: orders).end()
            let made = try #require(test.spans.create("orders").first)
            let sent = try #require(test.spans.send("orders").first)
            #expect(made.kind == .producer && create.carrier.spanContext?.spanID == made.spanID)
            #expect(sent.kind == .client && sent.links.map(\.spanID) == [made.spanID])
            #expect(test.measurements.total(of: "messaging.client.sent.messages") == 1)
        }
    }

    @Test("A message that is passed on keeps what it carries, and links to its creation and the failed attempt")
    func passingOn() async throws {
        try await withStitchTest { test in
            var carrier = ContextCarrier(SpanContext(traceID: TraceID(high: 7, low: 7), spanID: SpanID(bits: 7)))
            carrier["stitch"] = "o=1;c=new;x=y"
            carrier["baggage"] = "a=b"
            let attempt = SpanContext(traceID: TraceID(high: 8, low: 8), spanID: SpanID(bits: 8), flags: .sampled)
            let send = withSpan("retry") { _ in SendSpan(passingOn: carrier, to: orders, attempt: attempt) }
            send.end()
            #expect(send.carrier == carrier)
            let span = try #require(test.spans.send("orders").first)
            #expect(span.links.map(\.spanID) == [SpanID(bits: 7), SpanID(bits: 8)])
            #expect(span.links.map { $0.attributes["stitch.link"]?.stringValue } == ["creation", "attempt"])
        }
    }
}
