// SPDX-License-Identifier: Apache-2.0

#if DistributedTracingSupport
import Synchronization
public import TelemetryAPI
import TraceContext
public import Tracing

/// A span of Stitch, as swift-distributed-tracing sees it.
///
/// Any thread may use it, at any time; what is said after the end is ignored.
public final class StitchSpan: Tracing.Span {
    private struct State {
        var name: String
        // What was said here: the other side reads all attributes in order to set one.
        var attributes = Tracing.SpanAttributes()
        var hasRecordedError = false
    }

    private let state: Mutex<State>

    /// The span.
    public let span: TelemetryAPI.Span

    /// The context in which it is current.
    public let context: ServiceContext

    init(_ name: String, _ span: TelemetryAPI.Span, _ context: ServiceContext) {
        state = Mutex(State(name: name))
        self.span = span
        self.context = context
    }

    /// What is done.
    public var operationName: String {
        get { state.withLock { $0.name } }
        set {
            state.withLock { $0.name = newValue }
            span.rename(newValue)
        }
    }

    /// Whether anybody records it.
    public var isRecording: Bool { span.isRecording }

    /// What was said about it here; what changes is handed on.
    public var attributes: Tracing.SpanAttributes {
        get { state.withLock { $0.attributes } }
        set {
            guard span.isRecording else { return }
            let old = state.withLock { state in
                defer { state.attributes = newValue }
                return state.attributes
            }
            newValue.forEach { key, value in
                if old.get(key) != value { span.attributes[key] = AttributeValue(value) }
            }
            old.forEach { key, _ in
                if newValue.get(key) == nil { span.attributes[key] = nil }
            }
        }
    }

    /// Says how it went.
    ///
    /// An error without a message says no more than the error that was recorded before it, and changes nothing then.
    public func setStatus(_ status: Tracing.SpanStatus) {
        switch status.code {
        case .ok: span.setStatus(.ok)
        case .error:
            if status.message == nil, state.withLock({ $0.hasRecordedError }) { return }
            span.setStatus(.error(status.message ?? ""))
        }
    }

    /// Says that something happened.
    public func addEvent(_ event: Tracing.SpanEvent) {
        guard span.isRecording else { return }
        span.addEvent(
            TelemetryData.SpanEvent(
                name: event.name,
                time: Timestamp(nanoseconds: event.nanosecondsSinceEpoch),
                attributes: Attributes(event.attributes)
            )
        )
    }

    /// Says that it failed, with `error.type`, the status and one `exception` event; cancellation is no failure.
    public func recordError<Instant: TracerInstant>(
        _ error: any Error,
        attributes: Tracing.SpanAttributes,
        at instant: @autoclosure () -> Instant
    ) {
        guard span.isRecording else { return }
        state.withLock { $0.hasRecordedError = true }
        if error is CancellationError { return }
        let type = ErrorType.name(of: error)
        let message = String(describing: error)
        span.attributes["error.type"] = .string(type)
        span.setStatus(.error(message))
        var details = Attributes(attributes)
        details["exception.type"] = .string(type)
        details["exception.message"] = .string(message)
        span.addEvent(TelemetryData.SpanEvent(name: "exception", time: Timestamp(instant()), attributes: details))
    }

    /// Says that it has to do with the span of another context; a context without one says nothing.
    public func addLink(_ link: Tracing.SpanLink) {
        guard span.isRecording, let other = ActiveContext.current(in: link.context)?.span, other.context.isValid else {
            return
        }
        span.addLink(other.context, attributes: Attributes(link.attributes))
    }

    /// Ends it; only the first call counts.
    public func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) {
        span.end(at: Timestamp(instant()))
    }
}
#endif
