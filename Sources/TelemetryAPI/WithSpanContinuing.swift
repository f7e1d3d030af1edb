// SPDX-License-Identifier: Apache-2.0

public import TelemetryData
public import TraceContext

/// Does something in a span that continues the trace in `carrier`, as a server does with each request.
///
/// ```swift
/// try await withSpan("POST /orders", ofKind: .server, continuing: ContextCarrier(httpFields: fields)) { span in
///     try await handle(request)
/// }
/// ```
///
/// - Parameters:
///   - name: What is done, of low cardinality.
///   - kind: Which side of a relation it is.
///   - carrier: What came with the request. Without a valid context in it the span starts a trace.
///   - baggage: Which baggage of the request is taken over: none, unless told otherwise, since anybody may have written it.
///   - operation: What is done.
/// - Returns: What `operation` returns.
/// - Throws: What `operation` throws.
@inlinable
@discardableResult
public func withSpan<Success, Failure: Error>(
    _ name: String,
    ofKind kind: SpanKind,
    continuing carrier: ContextCarrier,
    baggage: BaggagePolicy = .keys([]),
    _ operation: (Span) throws(Failure) -> Success
) throws(Failure) -> Success {
    let (span, context) = enter(name, kind, carrier, baggage)
    return try span.run(in: context, operation)
}

/// Does something in a span that continues the trace in `carrier`, as a server does with each request.
///
/// - Parameters:
///   - name: What is done, of low cardinality.
///   - kind: Which side of a relation it is.
///   - carrier: What came with the request. Without a valid context in it the span starts a trace.
///   - baggage: Which baggage of the request is taken over: none, unless told otherwise, since anybody may have written it.
///   - operation: What is done. The closure keeps the caller's isolation.
/// - Returns: What `operation` returns.
/// - Throws: What `operation` throws.
@inlinable
@discardableResult
public nonisolated(nonsending) func withSpan<Success, Failure: Error>(
    _ name: String,
    ofKind kind: SpanKind,
    continuing carrier: ContextCarrier,
    baggage: BaggagePolicy = .keys([]),
    _ operation: nonisolated(nonsending) (Span) async throws(Failure) -> Success
) async throws(Failure) -> Success {
    let (span, context) = enter(name, kind, carrier, baggage)
    return try await span.run(in: context, operation)
}

/// Starts the span of a request, and what is current while it is worked on.
@usableFromInline
func enter(
    _ name: String,
    _ kind: SpanKind,
    _ carrier: ContextCarrier,
    _ policy: BaggagePolicy
) -> (Span, ActiveContext) {
    let active = ActiveContext.current
    let tracer = TelemetrySystem.tracer(in: active)
    let received = tracer.extract(from: carrier)
    let span = tracer.startSpan(name, ofKind: kind, parent: received.validSpan, following: [], at: nil) { _ in }
    // The field is for messages: over HTTP anybody could say when a flow began.
    var incoming = carrier
    incoming[StitchField.name] = nil
    return (
        span,
        BoundContext(
            entering: active,
            // Where nobody makes spans, what came goes on as it is.
            span: tracer.isEnabled ? span : nil,
            baggage: policy.applied(to: received.baggage),
            incoming: incoming
        )
    )
}
