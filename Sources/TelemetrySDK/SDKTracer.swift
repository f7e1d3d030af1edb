// SPDX-License-Identifier: Apache-2.0

import CStitchPlatform
public import TelemetryAPI

/// Stitch's tracer: makes spans with ids of their own, keeps what is said about those that are sampled, and hands them
/// to a processor when they end.
///
/// A span that isn't sampled has a valid context all the same, and costs little more than its id.
public struct SDKTracer: Tracer {
    let core: TracerCore
    let places: TracerPlaces

    /// Those of every format that Stitch knows, and the propagator's.
    public var fields: Set<String> { core.fields }

    /// Whether the propagator writes and reads W3C trace context and baggage, and no more.
    public var usesPlainContext: Bool { core.usesPlainContext }

    /// Whether the sampler reads attributes, and is asked about children.
    public var decidesByAttributes: Bool { core.readsAttributes && !core.followsParents }

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
        self.init(
            resource: resource,
            processor: processor,
            sampler: sampler,
            ids: ids,
            limits: limits,
            scope: scope,
            propagator: propagator,
            notice: DropNotice()
        )
    }

    init(
        resource: Resource,
        processor: any SpanProcessor,
        sampler: any Sampler = FollowingSampler(),
        ids: any IDGenerator = RandomIDGenerator(),
        limits: SpanLimits = SpanLimits(),
        scope: InstrumentationScope = InstrumentationScope(name: "stitch"),
        propagator: any Propagator = CompositePropagator([W3CPropagator(), BaggagePropagator()]),
        notice: DropNotice
    ) {
        core = TracerCore(
            resource: resource,
            scope: scope,
            sampler: sampler,
            limits: limits,
            propagator: propagator,
            ids: ids,
            processor: processor,
            notice: notice
        )
        places = TracerPlaces(core)
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
        guard let parent, core.follows(parent) else {
            return core.start(name, kind, parent, following, time, build)
        }
        guard parent.isSampled else { return core.unrecordedChild(of: parent) }
        var builder = core.builder
        build(&builder)
        return core.record(
            core.child(of: parent),
            name,
            kind,
            SpanParentID(id: parent.spanID, isRemote: parent.isRemote),
            time,
            builder,
            keptBy: places[stitch_thread_number()]
        )
    }

    /// How many spans it has started so far, recorded and not; one that was reserved counts as it is decided about.
    public var startedCounts: (sampled: Int, unsampled: Int) { core.starts.counts }

    /// Writes what the propagator writes.
    public func inject(_ span: Span, baggage: Baggage, into carrier: inout ContextCarrier) {
        core.propagator.inject(PropagationContext(span: span.context, baggage: baggage), into: &carrier)
    }

    /// Reads what the propagator reads.
    public func extract(from carrier: ContextCarrier) -> PropagationContext {
        core.propagator.extract(from: carrier)
    }

    /// Itself.
    public var reserving: (any SpanReserving)? { self }

    /// Itself.
    public var emitting: (any SpanEmitting)? { self }
}
