// SPDX-License-Identifier: Apache-2.0

import TelemetrySDK
import Testing

/// Keeps what is late.
private struct LateSampler: Sampler {
    var readsAttributes: Bool { true }

    func decide(_ span: SamplingRequest) -> SamplingDecision {
        let isLate = (span.attributes["stitch.wait"]?.doubleValue ?? 0) > 60
        return SamplingDecision(isSampled: isLate || span.links.count > 1, state: span.inheritedState)
    }
}

@Suite("What the tracer can do beside")
struct TracerCapabilityTests {
    let processor = CollectingProcessor()

    private func tracer(sampler: any Sampler = FollowingSampler(), propagator: any Propagator = W3CPropagator())
        -> SDKTracer
    {
        SDKTracer(resource: Resource(), processor: processor, sampler: sampler, propagator: propagator)
    }

    @Test("A sampler that reads attributes sees those of the start, and links; the span is described once")
    func readsAttributes() {
        let tracer = tracer(sampler: LateSampler())
        let cause = SpanContext(traceID: TraceID(high: 1, low: 1), spanID: SpanID(bits: 1))
        var described = 0
        func start(wait: Double, links: Int = 0) -> Span {
            tracer.startSpan("process q", ofKind: .consumer, parent: nil, following: [], at: nil) { builder in
                described += 1
                builder.attributes["stitch.wait"] = .double(wait)
                for _ in 0..<links { builder.addLink(cause) }
            }
        }
        #expect(!start(wait: 1).context.isSampled)
        #expect(start(wait: 61).attributes["stitch.wait"] == 61.0)
        #expect(start(wait: 1, links: 2).context.isSampled)
        #expect(described == 3)
    }

    @Test("A reserved span starts later under the ids that were given out, sampled as was decided then")
    func reserved() throws {
        let parent = SpanContext(traceID: TraceID(high: 1, low: 1), spanID: SpanID(bits: 1), flags: .sampled)
        let reserving = try #require(tracer().reserving)
        let context = reserving.reserveSpan(
            "process q",
            ofKind: .consumer,
            startingTrace: nil,
            parent: parent,
            following: []
        ) { _ in }
        #expect(context.traceID == parent.traceID && context.spanID != parent.spanID && context.isSampled)
        #expect(processor.all.isEmpty)
        reserving.startSpan(reserved: context, "process q", ofKind: .consumer, parent: parent, at: nil) { _ in }.end()
        let span = try #require(processor.all.first)
        #expect(span.context == context && span.parentSpanID == parent.spanID)

        var unsampled = parent
        unsampled.flags = []
        let dropped = reserving.reserveSpan(
            "process q",
            ofKind: .consumer,
            startingTrace: nil,
            parent: unsampled,
            following: []
        ) { _ in }
        reserving.startSpan(reserved: dropped, "process q", ofKind: .consumer, parent: unsampled, at: nil) { _ in
            Issue.record("a span that isn't sampled is not described")
        }
        .end()
        #expect(!dropped.isSampled && dropped.isValid && processor.all.count == 1)
    }

    @Test("A span that another process began is exported whole; one that isn't sampled is not")
    func emits() throws {
        let emitting = try #require(tracer().emitting)
        let start = Timestamp(milliseconds: 1_700_000_000_000)
        var context = SpanContext(traceID: TraceID(high: 1, low: 1), spanID: SpanID(bits: 1), flags: .sampled)
        func emit(end: Timestamp) {
            emitting.emit(
                context,
                "process q",
                ofKind: .consumer,
                parent: nil,
                from: start,
                to: end,
                status: .error("lost")
            ) { $0.attributes["error.type"] = "lost" }
        }
        emit(end: start.advanced(by: .seconds(5)))
        emit(end: start.advanced(by: .seconds(-5)))
        context.flags = []
        emit(end: start)
        #expect(processor.all.map { $0.end.duration(since: $0.start) } == [.seconds(5), .zero])
        #expect(processor.all.allSatisfy { $0.context.spanID == SpanID(bits: 1) && $0.status == .error("lost") })
        #expect(processor.all.first?.attributes["error.type"] == "lost")
    }

    @Test("Contexts are written and read in the formats that the tracer was given, and no others")
    func propagators() {
        let tracer = tracer(propagator: B3Propagator(.single))
        let span = tracer.startSpan("s", ofKind: .producer, parent: nil, following: [], at: nil) { _ in }
        var carrier = ContextCarrier()
        tracer.inject(span, baggage: Baggage("a=b"), into: &carrier)
        #expect(carrier.fields.map(\.name) == ["b3"])
        #expect(tracer.extract(from: carrier).span?.spanID == span.spanID)
        #expect(tracer.extract(from: ContextCarrier(span.context)).span == nil)
    }
}
