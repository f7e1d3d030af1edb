// SPDX-License-Identifier: Apache-2.0

public import TelemetryAPI

/// Stitch's tracer: makes spans with ids of their own, keeps what is said about those that are sampled, and hands them
/// to a processor when they end.
///
/// A span that isn't sampled has a valid context all the same.
public struct SDKTracer: Tracer {
    private let resource: Resource
    private let scope: InstrumentationScope
    private let sampler: any Sampler
    private let ids: any IDGenerator
    private let limits: SpanLimits
    private let processor: any SpanProcessor
    private let clock = SpanClock()

    /// A tracer.
    ///
    /// - Parameters:
    ///   - resource: What produces the spans.
    ///   - processor: Takes the spans as they end.
    ///   - sampler: Decides which spans are recorded.
    ///   - ids: Makes the ids.
    ///   - limits: How much of a span is kept.
    ///   - scope: Which library makes the spans.
    public init(
        resource: Resource,
        processor: any SpanProcessor,
        sampler: any Sampler = FollowingSampler(),
        ids: any IDGenerator = RandomIDGenerator(),
        limits: SpanLimits = SpanLimits(),
        scope: InstrumentationScope = InstrumentationScope(name: "stitch")
    ) {
        self.resource = resource
        self.processor = processor
        self.sampler = sampler
        self.ids = ids
        self.limits = limits
        self.scope = scope
    }

    /// Starts a span: a child of `parent` in its trace, or the root of a new one.
    public func startSpan(
        _ name: String,
        ofKind kind: SpanKind,
        parent: SpanContext?,
        following: [SpanContext],
        at time: Timestamp?,
        _ build: (inout SpanBuilder) -> Void
    ) -> Span {
        let traceID = parent?.traceID ?? ids.makeTraceID()
        let isSampled = sampler.isSampled(traceID: traceID, parent: parent, following: following)
        // Whoever continues a trace may not say that its id is random when its creator didn't.
        var flags = parent.map { $0.flags.intersection(.random) } ?? (ids.isRandom ? .random : [])
        if isSampled { flags.insert(.sampled) }
        let context = SpanContext(
            traceID: traceID,
            spanID: ids.makeSpanID(),
            flags: flags,
            state: parent?.state ?? TraceState()
        )
        guard isSampled else { return Span(context: context) }

        var builder = SpanBuilder()
        build(&builder)
        let start = time ?? clock.now
        let data = SpanData(
            context: context,
            parentSpanID: parent?.spanID,
            name: name,
            kind: kind,
            start: start,
            end: start,
            attributes: builder.attributes,
            links: builder.links,
            resource: resource,
            scope: scope
        )
        return Span(
            context: context,
            recorder: SpanRecorder(data, limits: limits, clock: clock, processor: processor)
        )
    }
}
