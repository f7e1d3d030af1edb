// SPDX-License-Identifier: Apache-2.0

import MessageTracing
import StitchTesting
import TelemetryAPI
import TelemetrySDK
import Testing

private struct Broken: Error, CustomStringConvertible { var description: String { "broken" } }

/// The span of a message of the usual kind that is sent, beside the one that any message has.
@Suite("Sending a message of the usual kind")
struct PlainSendTests {
    private let target = MessageTarget(system: "kafka", destination: "orders", clientID: "c1")
    private let key = Array("7".utf8)

    private enum End { case acknowledged, failed, withdrawn }

    /// Makes the span of a message of the usual kind in the current context; returns its fields.
    private func plain(_ end: End = .acknowledged) throws -> ContextCarrier {
        var origin: Timestamp?
        let made = PlainSend(to: target, partition: 3, isTombstone: true, origin: &origin)
        guard let send = made else { throw Missing() }
        var carrier = ContextCarrier()
        send.writeFields(origin: origin) { carrier["\($0)"] = String(decoding: $1, as: UTF8.self) }
        switch end {
        case .acknowledged:
            key.withUnsafeBytes { key in
                send.end(clock: 0, key: key, latency: { .milliseconds(5) }) { $0.offset = 41 }
            }
        case .failed: send.fail(Broken(), type: "BROKEN", key: key)
        case .withdrawn: send.withdraw()
        }
        return carrier
    }

    private struct Missing: Error {}

    /// The same, as of any message.
    private func other(_ end: End = .acknowledged) -> ContextCarrier {
        let span = SendSpan(to: target) {
            $0.set("messaging.kafka.message.tombstone", true)
            $0.set("messaging.destination.partition.id", "3")
            if end != .withdrawn { $0.set("messaging.kafka.message.key", "7") }
        }
        switch end {
        case .acknowledged:
            span.end(partition: "3") {
                $0["messaging.kafka.offset"] = 41
                $0["stitch.send.latency"] = 0.005
            }
        case .failed: span.fail(Broken(), type: "BROKEN")
        case .withdrawn: span.withdraw()
        }
        return span.carrier
    }

    private func made(_ send: @Sendable () throws -> Void) async throws -> SpanSample.Made {
        try await withStitchTest { test in
            try withSpan("request") { _ in try send() }
            return SpanSample.Made(spans: test.spans.all, measurements: test.measurements.all)
        }
    }

    @Test("says and measures what sending any message does, however it ends", arguments: [0, 1, 2])
    func same(number: Int) async throws {
        let end = [End.acknowledged, .failed, .withdrawn][number]
        let plain = try await made { _ = try self.plain(end) }
        let other = try await made { _ = self.other(end) }
        var span = try #require(plain.spans.first { $0.name == "send orders" })
        let expected = try #require(other.spans.first { $0.name == "send orders" })
        #expect(span.parentSpanID == plain.spans.first { $0.name == "request" }?.context.spanID)
        #expect(span.attributes["stitch.send.latency"] != nil || end != .acknowledged)
        // What differs from one span to the next.
        (span.context, span.parentSpanID, span.start, span.end) = (
            expected.context, expected.parentSpanID, expected.start, expected.end
        )
        span.attributes["stitch.send.latency"] = expected.attributes["stitch.send.latency"]
        for (name, value) in expected.attributes.elements.map({ ($0.key, $0.value) }) {
            #expect(span.attributes[name] == value, "\(name)")
        }
        #expect(span.attributes.elements.count == expected.attributes.elements.count)
        (span.attributes, span.events) = (expected.attributes, expected.events)
        #expect(span == expected)
        #expect(plain.measurements.map(\.instrument) == other.measurements.map(\.instrument))
        #expect(plain.measurements.map(\.attributes) == other.measurements.map(\.attributes))
    }

    @Test("writes the trace, and when its flow began", arguments: [true, false])
    func fields(isSampled: Bool) async throws {
        try await withStitchTest { test in
            let flags: TraceFlags = isSampled ? [.sampled, .random] : .random
            let parent = SpanContext(traceID: TraceID(high: 1, low: 2), spanID: SpanID(bits: 3), flags: flags)
            let before = Timestamp.now.milliseconds
            let carrier = try Span(context: parent).makeCurrent { try plain() }
            let context = try #require(carrier.spanContext)
            #expect(context.traceID == parent.traceID && context.spanID != parent.spanID && context.flags == flags)
            let origin = try #require(StitchField(carrier["stitch"] ?? "").originMilliseconds)
            #expect((before...Timestamp.now.milliseconds).contains(origin))
            #expect(test.spans.all.map(\.context.spanID) == (isSampled ? [context.spanID] : []))
            // Measured all the same.
            #expect(!test.measurements.of("messaging.client.sent.messages").isEmpty)
        }
    }

    @Test("passes on when the flow began with what is worked on")
    func origin() async throws {
        try await withStitchTest { _ in
            let first = Array("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".utf8)
            var incoming = try #require(first.withUnsafeBytes { PlainCarrier(traceParent: $0) })
            _ = Array("o=1700000000000".utf8).withUnsafeBytes { incoming.read(stitch: $0) }
            let details = MessageDetails(partition: 1, offset: 1)
            let message = ProcessSpan.PlainMessage(incoming, created: nil, details, .first)
            let span = try #require(ProcessSpan(of: message, from: target, policy: .default, key: nil))
            let carrier = try await span.run { () async throws in try plain() }
            #expect(carrier["stitch"] == "o=1700000000000")
        }
    }

    @Test("is not for what has more to carry, or a tracer of another kind")
    func others() async throws {
        func isPlain(to target: MessageTarget? = nil) -> Bool {
            var origin: Timestamp?
            let send = PlainSend(to: target ?? self.target, partition: nil, isTombstone: false, origin: &origin)
            return send != nil
        }
        try await withStitchTest { _ in
            #expect(!isPlain())
            withSpan("request") { _ in
                #expect(isPlain())
                var baggage = Baggage()
                baggage["tenant"] = "eu-1"
                withBaggage(baggage) { #expect(!isPlain()) }
                withTracer(ForeignTracer(behaviour: .init(testDescription: "", format: W3CPropagator()))) {
                    #expect(!isPlain())
                }
                withTracer(NoOpTracer()) { #expect(!isPlain()) }
            }
            var state = SpanContext(traceID: TraceID(high: 1, low: 2), spanID: SpanID(bits: 3), flags: .sampled)
            state.state = try #require(TraceState("vendor=1"))
            Span(context: state).makeCurrent { #expect(!isPlain()) }
        }
    }

    @Test("tells strangers nothing of the flow")
    func external() async throws {
        try await withStitchTest { _ in
            try withSpan("request") { _ in
                var origin: Timestamp?
                let target = MessageTarget(system: "kafka", destination: "orders", external: true)
                let made = PlainSend(to: target, partition: nil, isTombstone: false, origin: &origin)
                guard let send = made else { throw Missing() }
                var names: [String] = []
                send.writeFields(origin: origin) { name, _ in names.append("\(name)") }
                #expect(names == ["traceparent"])
            }
        }
    }
}
