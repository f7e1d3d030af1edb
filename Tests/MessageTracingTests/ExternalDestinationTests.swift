// SPDX-License-Identifier: Apache-2.0

import MessageTracing
import StitchTesting
import TelemetrySDK
import Testing

@Suite("Somebody else at the other end")
struct ExternalDestinationTests {
    let theirs = MessageTarget(system: "kafka", destination: "orders", external: true)
    let ours = MessageTarget(system: "kafka", destination: "orders")

    /// A message that brings everything that a message can.
    private func incoming(sampled: Bool = true) -> ContextCarrier {
        var carrier = ContextCarrier(
            SpanContext(traceID: TraceID(high: 7, low: 7), spanID: SpanID(bits: 7), flags: sampled ? .sampled : [])
        )
        carrier["tracestate"] = "vendor=1"
        carrier["baggage"] = "user=alice"
        carrier["stitch"] = "o=1700000000000;c=continue;x=y"
        return carrier
    }

    /// What each way of sending gives a message to carry that is sent now.
    private func carriers(to target: MessageTarget, incoming: ContextCarrier = ContextCarrier()) -> [ContextCarrier] {
        let message = OutgoingMessage(incoming: incoming, wish: .continueTrace)
        return [
            SendSpan(to: target, wish: .continueTrace, incoming: incoming).carrier,
            CreateSpan(for: target, wish: .continueTrace, incoming: incoming).carrier,
        ] + BatchSendSpan(of: [message], to: target).carriers
            + BatchSendSpan(of: [message], to: target, createSpans: false).carriers
    }

    @Test("What is sent to a stranger carries the span and neither baggage nor tracestate nor the stitch field")
    func sent() async throws {
        try await withStitchTest { _ in
            await ProcessSpan(of: ReceivedMessage(carrier: incoming()), from: ours, policy: .continueTrace).run {
                for carrier in carriers(to: theirs) {
                    #expect(carrier.fields.map(\.name) == ["traceparent"])
                    #expect(carrier.spanContext?.traceID == TraceID(high: 7, low: 7))
                }
                // The same for our own keeps everything, so that there was something to leave out.
                for carrier in carriers(to: ours) {
                    #expect(Set(carrier.fields.map(\.name)) == ["traceparent", "tracestate", "baggage", "stitch"])
                }
            }
            var baggage = Baggage()
            baggage["user"] = "alice"
            withBaggage(baggage) {
                for carrier in carriers(to: theirs) { #expect(carrier.fields.map(\.name) == ["traceparent"]) }
                for carrier in carriers(to: ours) { #expect(carrier["baggage"] == "user=alice") }
            }
        }
    }

    @Test(
        "Nor does what is passed on to a stranger without any tracer, whether the message or the work on it brought it"
    )
    func passedOn() async {
        for carrier in carriers(to: theirs, incoming: incoming()) {
            #expect(carrier.fields.map(\.name) == ["traceparent"])
            #expect(carrier["traceparent"] == incoming()["traceparent"])
        }
        await ProcessSpan(of: incoming(), from: ours) { _ in }.run {
            for carrier in carriers(to: theirs) {
                #expect(carrier.fields.map(\.name) == ["traceparent"])
                #expect(carrier["traceparent"] == incoming()["traceparent"])
            }
        }
    }

    @Test("A stranger's message starts a trace, linked, whatever its sender wishes and the policy says")
    func root() async throws {
        try await withStitchTest { test in
            let message = ReceivedMessage(carrier: incoming(), created: .now)
            await ProcessSpan(of: message, from: theirs, policy: .continueTrace).run {}
            let span = try #require(test.spans.process("orders").first)
            #expect(span.parentSpanID == nil && span.traceID != TraceID(high: 7, low: 7))
            #expect(span.links.map(\.spanID) == [SpanID(bits: 7)])
            #expect(span.links.first?.attributes["stitch.link"] == "creation")
        }
    }

    @Test("Of sampling a stranger has no say, alone or among several", arguments: [true, false])
    func sampling(sampled: Bool) async throws {
        try await withStitchTest { test in
            let message = ReceivedMessage(carrier: incoming(sampled: sampled), created: .now)
            await ProcessSpan(of: message, from: theirs).run {}
            await ProcessSpan(ofBatch: [message], from: theirs).run {}
            var received = [message]
            ReceiveSpan.record(&received, from: theirs, since: .now)
            #expect(test.spans.process("orders").count == 2)
            #expect(test.spans.named("poll orders").count == 1)
        }
    }

    @Test("A stranger's message brings neither baggage nor an origin, with a tracer or without")
    func nothingTakenOver() async throws {
        let message = ReceivedMessage(carrier: incoming())
        func work() {
            #expect(Baggage.current.isEmpty)
            for carrier in carriers(to: ours) {
                #expect(carrier["baggage"] == nil && carrier["tracestate"] == nil)
                #expect(carrier["stitch"].flatMap { StitchField($0).originMilliseconds } != 1_700_000_000_000)
                #expect(carrier["stitch"]?.contains("x=y") != true)
            }
        }
        try await withStitchTest { test in
            await ProcessSpan(of: message, from: theirs).run { work() }
            await ProcessSpan(ofBatch: [message], from: theirs).run { work() }
            #expect(test.measurements.of("stitch.flow.latency").isEmpty)
        }
        // By name: another suite may have installed one meanwhile.
        await withTracer(NoOpTracer()) {
            await ProcessSpan(of: message, from: theirs).run {
                #expect(Span.current == nil)
                work()
            }
        }
    }

    @Test("Nor does a message that was created for our own, and is passed on to a stranger")
    func createdForOurOwn() async throws {
        #expect(SendSpan(passingOn: incoming(), to: theirs).carrier.fields.map(\.name) == ["traceparent"])
        try await withStitchTest { _ in
            #expect(SendSpan(passingOn: incoming(), to: theirs).carrier.fields.map(\.name) == ["traceparent"])
            #expect(SendSpan(passingOn: incoming(), to: ours).carrier == incoming())
        }
    }

    @Test("A policy holds without a tracer too")
    func policyWithoutTracer() {
        let careful = MessageTarget(system: "kafka", destination: "orders", baggage: .keys(["tenant"]))
        var carrier = incoming()
        carrier["baggage"] = "user=alice,tenant=eu-1"
        #expect(SendSpan(to: careful, incoming: carrier).carrier["baggage"] == "tenant=eu-1")
        carrier["baggage"] = "user=alice"
        #expect(SendSpan(to: careful, incoming: carrier).carrier["baggage"] == nil)
    }
}
