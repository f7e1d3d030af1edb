// SPDX-License-Identifier: Apache-2.0

#if DistributedTracingSupport
import Synchronization
import TelemetryAPI
import TraceContext
import Tracing

/// A span of another backend, as Stitch sees it.
final class ForeignSpan: ServiceContextRecording {
    private struct State {
        var isEnded = false
        var isOK = false
    }

    // Guards what the other side reads and writes in two steps, too.
    private let state = Mutex(State())
    private let span: (any Tracing.Span)?
    private let tracer: ForeignTracer

    let serviceContext: ServiceContext

    /// What its instrument writes for it.
    let fields: ContextCarrier

    /// A span that was started.
    convenience init(_ span: any Tracing.Span, tracer: ForeignTracer, fields: ContextCarrier) {
        self.init(span, in: span.context, tracer: tracer, fields: fields)
    }

    /// A span that somebody else started; `nil` where its backend doesn't give it out, and nothing can be said about it.
    init(_ span: (any Tracing.Span)?, in context: ServiceContext, tracer: ForeignTracer, fields: ContextCarrier) {
        self.span = span
        self.tracer = tracer
        self.fields = fields
        serviceContext = context
    }

    var isRecording: Bool {
        guard let span else { return false }
        return !state.withLock { $0.isEnded } && span.isRecording
    }

    func attribute(_ key: String) -> AttributeValue? {
        span?.attributes.get(key).flatMap { AttributeValue($0) }
    }

    func setAttribute(_ key: String, _ value: AttributeValue?) {
        change { span, _ in
            var attributes = span.attributes
            attributes.set(key, value: value.map { Tracing.SpanAttribute($0) })
            span.attributes = attributes
        }
    }

    func rename(_ name: String) {
        change { span, _ in span.operationName = name }
    }

    func addLink(_ link: TelemetryData.SpanLink) {
        change { span, _ in tracer.add(link, to: span) }
    }

    func addEvent(_ event: TelemetryData.SpanEvent) {
        change { span, _ in
            span.addEvent(
                Tracing.SpanEvent(
                    name: event.name,
                    at: StitchInstant(event.timed(by: .now).time),
                    attributes: Tracing.SpanAttributes(event.attributes)
                )
            )
        }
    }

    func setStatus(_ status: TelemetryData.SpanStatus) {
        change { span, state in
            switch status {
            // The other side has no such status: it is what a span has of itself.
            case .unset: break
            case .ok:
                state.isOK = true
                span.setStatus(Tracing.SpanStatus(code: .ok))
            case .error(let message):
                if !state.isOK { span.setStatus(Tracing.SpanStatus(code: .error, message: message)) }
            }
        }
    }

    func end(at time: Timestamp?) {
        guard let span else { return }
        let isFirst = state.withLock { state in
            defer { state.isEnded = true }
            return !state.isEnded
        }
        if isFirst { span.end(at: StitchInstant(time ?? .now)) }
    }

    private func change(_ change: (any Tracing.Span, inout State) -> Void) {
        guard let span else { return }
        state.withLock { if !$0.isEnded { change(span, &$0) } }
    }
}
#endif
