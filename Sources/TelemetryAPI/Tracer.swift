// SPDX-License-Identifier: Apache-2.0

public import TelemetryData
public import TraceContext

/// Makes spans and puts their contexts into carriers.
///
/// Code that makes spans calls the free functions `withSpan` and ``startSpan(_:ofKind:parent:following:at:_:)``, which
/// ask for the tracer at each call, so that a test's `withTracer` holds everywhere.
public protocol Tracer: Sendable {
    /// Starts a span.
    ///
    /// - Parameters:
    ///   - name: What is done, of low cardinality.
    ///   - kind: Which side of a relation it is.
    ///   - parent: The span that it is a child of; `nil` starts a trace.
    ///   - following: For a span that starts a trace: the spans that caused it. Unless the tracer is told otherwise, the
    ///     span is sampled if one of them was, and dropped if there are some and none was.
    ///   - time: When it began; now unless given.
    ///   - build: Says what the span has from its start on. Not called for a span that nobody records.
    /// - Returns: The span, which whoever starts it ends.
    func startSpan(
        _ name: String,
        ofKind kind: SpanKind,
        parent: SpanContext?,
        following: [SpanContext],
        at time: Timestamp?,
        _ build: (inout SpanBuilder) -> Void
    ) -> Span

    /// Writes a span's context into a carrier, replacing what is there under the same names.
    func inject(_ context: SpanContext, into carrier: inout ContextCarrier)

    /// Reads the context that a carrier carries; `nil` if there is no valid one.
    func extract(from carrier: ContextCarrier) -> SpanContext?
}

extension Tracer {
    /// Writes `traceparent` and `tracestate`.
    ///
    /// An invalid context changes nothing.
    public func inject(_ context: SpanContext, into carrier: inout ContextCarrier) {
        if context.isValid { carrier.spanContext = context }
    }

    /// Reads `traceparent` and `tracestate`.
    public func extract(from carrier: ContextCarrier) -> SpanContext? {
        carrier.spanContext
    }
}

/// Records nothing.
///
/// Its spans carry their parent's context on, so a trace passes through.
public struct NoOpTracer: Tracer {
    /// There is nothing to set up.
    public init() {}

    /// A span that nobody records, with the context of its parent.
    public func startSpan(
        _ name: String,
        ofKind kind: SpanKind,
        parent: SpanContext?,
        following: [SpanContext],
        at time: Timestamp?,
        _ build: (inout SpanBuilder) -> Void
    ) -> Span {
        Span(context: parent ?? .invalid)
    }
}
