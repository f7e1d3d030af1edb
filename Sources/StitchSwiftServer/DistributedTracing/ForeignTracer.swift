// SPDX-License-Identifier: Apache-2.0

#if DistributedTracingSupport
import Synchronization
public import TelemetryAPI
public import TraceContext
public import Tracing

/// A backend of swift-distributed-tracing under Stitch's instrumentation: its tracer makes the spans of Kafka, jobs and
/// whatever else Stitch traces.
///
/// ```swift
/// InstrumentationSystem.bootstrap(backend)
/// TelemetrySystem.install(ForeignTracer())
/// ```
///
/// **Contract.** There is one current context for both: a span that the backend made current is the parent of Stitch's,
/// and the other way round. What the model of the other side can't say is said as well as it can be:
///
/// - The ids of a span are those that the backend's instrument injects, as W3C trace context or as B3. A backend that
///   writes neither is sent on in messages and requests, but Stitch can't name its spans: they get no parent and no link.
/// - Links and attributes are added directly after the start, so the backend's sampler doesn't see them.
/// - Which spans caused a trace can't be said to the sampler either.
/// - A span that starts a trace, or continues one of another process, is in a `ServiceContext` of its own.
/// - Ids can't be reserved, and spans of workers that died can't be exported.
public struct ForeignTracer: TelemetryAPI.Tracer {
    private let chosen: (any Tracing.Tracer)?

    /// Those of every format that Stitch knows, and those that the backend's instrument asks for.
    public let fields: Set<String>

    /// A tracer over a backend.
    ///
    /// - Parameter tracer: The backend; that of `InstrumentationSystem`, which has to be bootstrapped before, unless told
    ///   otherwise. It may not be ``StitchTracer``, which would lead back here: then no spans are made.
    public init(_ tracer: (any Tracing.Tracer)? = nil) {
        chosen = tracer
        fields = ContextCarrier.knownFields.union(
            FieldProbe.fields(of: tracer ?? InstrumentationSystem.instrument)
        )
        ActiveContext.hasServiceContextTracer.store(true, ordering: .relaxed)
    }

    private var tracer: any Tracing.Tracer {
        let tracer = chosen ?? InstrumentationSystem.tracer
        return tracer is StitchTracer ? Tracing.NoOpTracer() : tracer
    }

    // More than the tracer may carry contexts: whatever was bootstrapped beside it does too.
    private var instrument: any Instrument {
        if let chosen { return chosen is StitchTracer ? Tracing.NoOpTracer() : chosen }
        return InstrumentationSystem.tracer is StitchTracer ? Tracing.NoOpTracer() : InstrumentationSystem.instrument
    }

    /// Starts a span of the backend.
    public func startSpan(
        _ name: String,
        ofKind kind: TelemetryData.SpanKind,
        parent: SpanContext?,
        following: [SpanContext],
        at time: Timestamp?,
        _ build: (inout SpanBuilder) -> Void
    ) -> TelemetryAPI.Span {
        let span = tracer.startSpan(
            name,
            context: context(of: parent),
            ofKind: Tracing.SpanKind(kind),
            at: StitchInstant(time ?? .now),
            function: #function,
            file: #fileID,
            line: #line
        )
        if span.isRecording {
            var builder = SpanBuilder()
            build(&builder)
            let attributes = builder.attributes.all
            if !attributes.isEmpty { span.attributes = Tracing.SpanAttributes(attributes) }
            for link in builder.links { add(link, to: span) }
        }
        return named(ForeignSpan(span, tracer: self, fields: written(span.context)))
    }

    /// Writes what the backend's instrument writes for the span, and the baggage.
    public func inject(_ span: TelemetryAPI.Span, baggage: Baggage, into carrier: inout ContextCarrier) {
        if let own = span.recorder as? ForeignSpan {
            instrument.inject(own.serviceContext, into: &carrier, using: ContextCarrier.Writer())
        } else if span.context.isValid {
            carrier.spanContext = span.context
        }
        if !baggage.isEmpty { carrier[ContextCarrier.FieldName.baggage] = baggage.description }
    }

    /// Reads W3C trace context, or else B3, and the baggage.
    public func extract(from carrier: ContextCarrier) -> PropagationContext {
        CompositePropagator([W3CPropagator(), B3Propagator(), BaggagePropagator()]).extract(from: carrier)
    }

    /// What the instrument writes for a context.
    private func written(_ context: ServiceContext) -> ContextCarrier {
        var carrier = ContextCarrier()
        instrument.inject(context, into: &carrier, using: ContextCarrier.Writer())
        return carrier
    }

    private func named(_ span: ForeignSpan) -> TelemetryAPI.Span {
        var context = extract(from: span.fields).validSpan ?? .invalid
        context.isRemote = false
        return Span(context: context, recorder: span)
    }

    /// The context for a child of `parent`: the current one where it is the current span, so that nothing else in it gets
    /// lost.
    private func context(of parent: SpanContext?) -> ServiceContext {
        guard let parent else { return .topLevel }
        if let current = ServiceContext.current, let span = ActiveContext.current(in: current)?.ownSpan,
            span.context.spanID == parent.spanID, span.context.traceID == parent.traceID,
            let own = span.recorder as? ForeignSpan
        {
            // Where Stitch bound it, the current context holds more than that in which the span began.
            return ActiveContext.isBound(span, in: current) ? current : own.serviceContext
        }
        return context(naming: parent)
    }

    /// A context that names a span of this or another process.
    private func context(naming span: SpanContext) -> ServiceContext {
        var carrier = ContextCarrier(span)
        B3Propagator().inject(PropagationContext(span: span), into: &carrier)
        B3Propagator(.multiple).inject(PropagationContext(span: span), into: &carrier)
        var context = ServiceContext.topLevel
        instrument.extract(carrier, into: &context, using: ContextCarrier.Reader())
        return context
    }

    /// Adds a link to a span, if the backend can name the other end.
    func add(_ link: TelemetryData.SpanLink, to span: any Tracing.Span) {
        guard link.context.isValid else { return }
        let context = context(naming: link.context)
        guard !context.isEmpty else { return }
        span.addLink(Tracing.SpanLink(context: context, attributes: Tracing.SpanAttributes(link.attributes)))
    }
}

extension ForeignTracer: ServiceContextTracer {
    package func span(in context: ServiceContext, unlessNamedBy known: TelemetryAPI.Span?) -> TelemetryAPI.Span? {
        let written = written(context)
        // A span that nobody recorded may write nothing; then what was known holds.
        guard written.namesSpan, written != (known?.recorder as? ForeignSpan)?.fields else { return nil }
        return named(ForeignSpan(tracer.anyActiveSpan(in: context), in: context, tracer: self, fields: written))
    }
}

extension Tracing.Tracer {
    /// The span that is current in a context, where the tracer gives it out.
    fileprivate func anyActiveSpan(in context: ServiceContext) -> (any Tracing.Span)? {
        activeSpan(identifiedBy: context)
    }
}
#endif
