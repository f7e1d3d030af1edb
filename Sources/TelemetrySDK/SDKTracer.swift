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
    private let propagator: any Propagator
    private let clock = SpanClock()
    private let notice = DropNotice()

    /// Those of every format that Stitch knows, and the propagator's.
    public let fields: Set<String>

    /// A tracer.
    ///
    /// - Parameters:
    ///   - resource: What produces the spans.
    ///   - processor: Takes the spans as they end.
    ///   - sampler: Decides which spans are recorded.
    ///   - ids: Makes the ids.
    ///   - limits: How much of a span is kept.
    ///   - scope: Which library makes the spans.
    ///   - propagator: Writes contexts into carriers and reads them: W3C trace context and baggage, unless told otherwise.
    public init(
        resource: Resource,
        processor: any SpanProcessor,
        sampler: any Sampler = FollowingSampler(),
        ids: any IDGenerator = RandomIDGenerator(),
        limits: SpanLimits = SpanLimits(),
        scope: InstrumentationScope = InstrumentationScope(name: "stitch"),
        propagator: any Propagator = CompositePropagator([W3CPropagator(), BaggagePropagator()])
    ) {
        self.resource = resource
        self.processor = processor
        self.sampler = sampler
        self.ids = ids
        self.limits = limits
        self.scope = scope
        self.propagator = propagator
        fields = ContextCarrier.knownFields.union(propagator.fields)
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
        // What is no span can't be a parent.
        let parent = parent.flatMap { $0.isValid ? $0 : nil }
        var builder = BuiltOnce(linkLimit: max(0, limits.links))
        let context = decide(name, kind, parent, following, &builder, build)
        guard context.isSampled else { return Span(context: context) }
        builder.run(build)
        return record(context, name, kind, parent, time, builder.builder)
    }

    /// Writes what the propagator writes.
    public func inject(_ span: Span, baggage: Baggage, into carrier: inout ContextCarrier) {
        propagator.inject(PropagationContext(span: span.context, baggage: baggage), into: &carrier)
    }

    /// Reads what the propagator reads.
    public func extract(from carrier: ContextCarrier) -> PropagationContext {
        propagator.extract(from: carrier)
    }

    /// Itself.
    public var reserving: (any SpanReserving)? { self }

    /// Itself.
    public var emitting: (any SpanEmitting)? { self }

    /// Gives the span its ids, and decides whether it is recorded.
    private func decide(
        _ name: String,
        _ kind: SpanKind,
        _ parent: SpanContext?,
        _ following: [SpanContext],
        _ builder: inout BuiltOnce,
        _ build: (inout SpanBuilder) -> Void
    ) -> SpanContext {
        var request = SamplingRequest(
            traceID: parent?.traceID ?? ids.makeTraceID(),
            name: name,
            kind: kind,
            parent: parent,
            following: following
        )
        if sampler.readsAttributes {
            builder.run(build)
            request.attributes = builder.builder.attributes
            request.links = builder.builder.links
        }
        // Whoever continues a trace may not say that its id is random when its creator didn't.
        var flags = parent.map { $0.flags.intersection(.random) } ?? (ids.isRandom ? .random : [])
        let decision = sampler.decide(request)
        if decision.isSampled { flags.insert(.sampled) }
        return SpanContext(
            traceID: request.traceID,
            spanID: ids.makeSpanID(),
            flags: flags,
            state: decision.state
        )
    }

    private func record(
        _ context: SpanContext,
        _ name: String,
        _ kind: SpanKind,
        _ parent: SpanContext?,
        _ time: Timestamp?,
        _ builder: SpanBuilder
    ) -> Span {
        let (now, offset) = clock.start()
        let span = span(context, name, kind, parent, time ?? now, builder)
        return Span(
            context: context,
            recorder: SpanRecorder(span, offset: offset, processor: processor, notice: notice)
        )
    }

    private func span(
        _ context: SpanContext,
        _ name: String,
        _ kind: SpanKind,
        _ parent: SpanContext?,
        _ start: Timestamp,
        _ builder: SpanBuilder
    ) -> LimitedSpan {
        var data = SpanData(
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
        data.droppedLinkCount = builder.droppedLinkCount
        return LimitedSpan(data, limits: limits)
    }
}

extension SDKTracer: SpanReserving {
    /// Decides on a span and gives out its ids.
    public func reserveSpan(
        _ name: String,
        ofKind kind: SpanKind,
        parent: SpanContext?,
        following: [SpanContext],
        _ build: (inout SpanBuilder) -> Void
    ) -> SpanContext {
        var builder = BuiltOnce(linkLimit: max(0, limits.links))
        return decide(name, kind, parent.flatMap { $0.isValid ? $0 : nil }, following, &builder, build)
    }

    /// Starts the span that has these ids.
    public func startSpan(
        reserved context: SpanContext,
        _ name: String,
        ofKind kind: SpanKind,
        parent: SpanContext?,
        at time: Timestamp?,
        _ build: (inout SpanBuilder) -> Void
    ) -> Span {
        guard context.isSampled else { return Span(context: context) }
        var builder = SpanBuilder(linkLimit: max(0, limits.links))
        build(&builder)
        return record(context, name, kind, parent, time, builder)
    }
}

extension SDKTracer: SpanEmitting {
    /// Exports a span as a whole.
    public func emit(
        _ context: SpanContext,
        _ name: String,
        ofKind kind: SpanKind,
        parent: SpanContext?,
        from start: Timestamp,
        to end: Timestamp,
        status: SpanStatus,
        _ build: (inout SpanBuilder) -> Void
    ) {
        guard context.isSampled, context.isValid else { return }
        var builder = SpanBuilder(linkLimit: max(0, limits.links))
        build(&builder)
        var span = span(context, name, kind, parent, start, builder)
        span.setStatus(status)
        span.end(at: end)
        notice.tell(of: span)
        processor.ended(span.data)
    }
}

/// A builder that is filled at most once, whoever needs it first.
private struct BuiltOnce {
    private(set) var builder: SpanBuilder
    private var isBuilt = false

    init(linkLimit: Int) { builder = SpanBuilder(linkLimit: linkLimit) }

    mutating func run(_ build: (inout SpanBuilder) -> Void) {
        guard !isBuilt else { return }
        isBuilt = true
        build(&builder)
    }
}
