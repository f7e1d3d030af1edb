// SPDX-License-Identifier: Apache-2.0

import MessageTracing
import StitchTesting
import TelemetrySDK
import Testing

@Suite("What a message says of its flow")
struct FlowOriginTests {
    let target = MessageTarget(system: "kafka", destination: "orders")

    private func field(_ carrier: ContextCarrier) -> StitchField { StitchField(carrier["stitch"] ?? "") }

    @Test("The first producer says when the flow began; those after it pass that on, with what they don't know")
    func origin() async throws {
        try await withStitchTest { test in
            let before = Timestamp.now.milliseconds
            var first = SendSpan(to: target).carrier
            #expect((before...Timestamp.now.milliseconds).contains(field(first).originMilliseconds ?? 0))
            first["stitch"] = "o=1700000000000;x=y"
            let second = await ProcessSpan(of: ReceivedMessage(carrier: first), from: target).run {
                await withSpan("work") { _ async in SendSpan(to: target).carrier }
            }
            #expect(second["stitch"] == "o=1700000000000;x=y")
            let latency = try #require(test.measurements.of("stitch.flow.latency").first).value.doubleValue
            #expect(latency > 1_000_000)
        }
    }

    @Test("What comes of a batch began with the first of its messages")
    func batch() async throws {
        try await withStitchTest { _ in
            let messages = [1_700_000_000_002, 1_700_000_000_001].map { origin in
                var carrier = ContextCarrier()
                carrier["stitch"] = "o=\(origin)"
                return ReceivedMessage(carrier: carrier)
            }
            let sent = await ProcessSpan(ofBatch: messages, from: target).run { SendSpan(to: target).carrier }
            #expect(field(sent).originMilliseconds == 1_700_000_000_001)
        }
    }

    @Test(
        "The sender's wish counts more than the receiver's policy, for that message alone",
        arguments: [
            (StitchField.Wish.newTrace, ContinuationPolicy.continueTrace, false),
            (.continueTrace, .newTrace, true),
        ]
    )
    func wish(wish: StitchField.Wish, policy: ContinuationPolicy, continues: Bool) async throws {
        try await withStitchTest { test in
            let sent = SendSpan(to: target, wish: wish)
            sent.end()
            #expect(field(sent.carrier).wish == wish)
            let next = await ProcessSpan(of: ReceivedMessage(carrier: sent.carrier), from: target, policy: policy).run {
                SendSpan(to: target).carrier
            }
            let process = try #require(test.spans.process("orders").first)
            #expect((process.traceID == sent.span.traceID) == continues)
            #expect(process.links.map(\.spanID) == [sent.span.spanID])
            #expect(field(next).wish == nil)
        }
    }

    @Test("Without a tracer a message's context is current, and goes on with what is sent; its sender's wish does not")
    func passedOn() async {
        var incoming = ContextCarrier(SpanContext(traceID: TraceID(high: 7, low: 7), spanID: SpanID(bits: 7)))
        incoming["tracestate"] = "a=1 ,  b=2"
        incoming["baggage"] = "user=alice"
        incoming["b3"] = "0"
        incoming["stitch"] = "o=1;c=new"
        let message = ReceivedMessage(carrier: incoming)
        await ProcessSpan(of: message, from: target).run {
            #expect(Span.current?.traceID == TraceID(high: 7, low: 7))
            #expect(Baggage.current["user"] == "alice")
            var expected = incoming
            expected["stitch"] = "o=1"
            #expect(SendSpan(to: target).carrier == expected)
            #expect(BatchSendSpan(of: [OutgoingMessage()], to: target).carriers == [expected])
            #expect(CreateSpan(for: target).carrier == expected)
            // A message without anything is no part of that trace.
            await ProcessSpan(of: ContextCarrier(), from: target) { _ in Issue.record("nobody asks") }.run {
                #expect(Span.current == nil && Baggage.current.isEmpty)
                #expect(SendSpan(to: target).carrier.isEmpty)
            }
        }
        #expect(Span.current == nil)
    }

    @Test("Where nobody records, nothing is said about messages, and their carriers stay as they are")
    func disabled() async {
        let carrier = ContextCarrier(SpanContext(traceID: TraceID(high: 7, low: 7), spanID: SpanID(bits: 7)))
        let send = SendSpan(to: target, incoming: carrier) { _ in Issue.record("nobody asks") }
        #expect(send.carrier == carrier && !send.span.context.isValid)
        send.end { _ in Issue.record("nobody asks") }
        await ProcessSpan(of: carrier, from: target) { _ in Issue.record("nobody asks") }.run {}
        var polled = [ReceivedMessage(carrier: carrier)]
        #expect(ReceiveSpan.record(&polled, from: target, since: .now) == nil)
        SettleSpan(target) { _ in Issue.record("nobody asks") }.end()
    }
}
