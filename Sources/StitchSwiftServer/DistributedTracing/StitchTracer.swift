// SPDX-License-Identifier: Apache-2.0

#if DistributedTracingSupport
public import TelemetryAPI
public import TraceContext
public import Tracing

/// Stitch as the backend of swift-distributed-tracing: what Hummingbird, gRPC and the rest say about their work becomes
/// spans of Stitch.
///
/// ```swift
/// let telemetry = try Telemetry.start()
/// InstrumentationSystem.bootstrap(StitchTracer())
/// ```
///
/// **Contract.** There is one current context for both: a span that is started here is the current one of Stitch, and a
/// span of Stitch is the parent of what is started here. Its spans can be told nothing at their start but name, kind and
/// time, so a sampler sees no attributes. An error is recorded once, with the status; cancellation is no error.
/// `forceFlush` has what has ended exported soon and waits for nothing: `Telemetry.flush(within:)` waits.
public struct StitchTracer: Tracing.Tracer {
    private let chosen: (any TelemetryAPI.Tracer)?
    private let policy: BaggagePolicy

    /// A tracer over one of Stitch's.
    ///
    /// - Parameters:
    ///   - tracer: Who makes the spans; the tracer that counts at each call, unless told otherwise.
    ///   - baggage: Which baggage of a request is taken over: none, unless told otherwise, since anybody may have written
    ///     it.
    public init(_ tracer: (any TelemetryAPI.Tracer)? = nil, baggage: BaggagePolicy = .keys([])) {
        chosen = tracer
        policy = baggage
    }

    private var tracer: any TelemetryAPI.Tracer { chosen ?? TelemetrySystem.tracer }

    /// Starts a span: a child of the one in `context`, or of what a request brought.
    public func startSpan<Instant: TracerInstant>(
        _ operationName: String,
        context: @autoclosure () -> ServiceContext,
        ofKind kind: Tracing.SpanKind,
        at instant: @autoclosure () -> Instant,
        function: String,
        file fileID: String,
        line: UInt
    ) -> StitchSpan {
        let context = context()
        let active = ActiveContext.current(in: context)
        let tracer = tracer
        let parent = active?.parent(tracer)
        guard tracer.isEnabled else {
            // Nobody makes spans: what came goes on as it is.
            return StitchSpan(operationName, TelemetryAPI.Span(context: parent ?? .invalid), context)
        }
        let span = tracer.startSpan(
            operationName,
            ofKind: TelemetryData.SpanKind(kind),
            parent: parent,
            following: [],
            at: Timestamp(instant())
        ) { _ in }
        return StitchSpan(operationName, span, BoundContext(starting: span, in: active).bound(in: context))
    }

    /// Starts a span, for those who don't know its type.
    public func startAnySpan<Instant: TracerInstant>(
        _ operationName: String,
        context: @autoclosure () -> ServiceContext,
        ofKind kind: Tracing.SpanKind,
        at instant: @autoclosure () -> Instant,
        function: String,
        file fileID: String,
        line: UInt
    ) -> any Tracing.Span {
        startSpan(
            operationName,
            context: context(),
            ofKind: kind,
            at: instant(),
            function: function,
            file: fileID,
            line: line
        )
    }

    /// The span that is current in `context`, whoever started it, while it is recorded.
    ///
    /// Of one that Stitch started, what it is called and what was said about it before can't be read.
    public func activeSpan(identifiedBy context: ServiceContext) -> StitchSpan? {
        guard let span = ActiveContext.current(in: context)?.ownSpan, span.isRecording else { return nil }
        return StitchSpan("", span, context)
    }

    /// Has what has ended so far exported without waiting for more; returns at once.
    public func forceFlush() { (tracer as? any SpanEmitting)?.exportSoon() }

    /// Writes the span and the baggage of a context, as Stitch's own clients do; what came goes on where nobody makes
    /// spans.
    public func inject<Carrier, Inject: Injector>(
        _ context: ServiceContext,
        into carrier: inout Carrier,
        using injector: Inject
    ) where Inject.Carrier == Carrier {
        let active = ActiveContext.current(in: context)
        let (outgoing, _) = ContextCarrier.outgoing(
            of: active?.ownSpan,
            in: active,
            tracer: tracer,
            baggage: .all,
            isExternal: false
        )
        for field in outgoing.fields where field.name != StitchField.name {
            injector.inject(field.value, forKey: field.name, into: &carrier)
        }
    }

    /// Reads what a request brought; a context stays as it is where nothing came.
    public func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier,
        into context: inout ServiceContext,
        using extractor: Extract
    ) where Extract.Carrier == Carrier {
        let tracer = tracer
        var incoming = ContextCarrier()
        // In the same order every time. The field for messages isn't among them: anybody could say when a flow began.
        for name in tracer.fields.subtracting([StitchField.name]).sorted() {
            if let value = extractor.extract(key: name, from: carrier) { incoming[name] = value }
        }
        guard !incoming.isEmpty else { return }
        let active = BoundContext(
            entering: ActiveContext.current(in: context) ?? ActiveContext.current,
            span: nil,
            baggage: policy.applied(to: tracer.extract(from: incoming).baggage),
            incoming: incoming
        )
        context = active.bound(in: context)
    }
}
#endif
