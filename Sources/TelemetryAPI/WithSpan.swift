// SPDX-License-Identifier: Apache-2.0

public import TelemetryData
public import TraceContext

/// Starts a span that the caller ends.
///
/// Prefer `withSpan`, which can't forget it. The parameters are those of ``Tracer/startSpan(_:ofKind:parent:following:at:_:)``.
public func startSpan(
    _ name: String,
    ofKind kind: SpanKind = .internal,
    parent: SpanParent = .current,
    following: [SpanContext] = [],
    at time: Timestamp? = nil,
    _ build: (inout SpanBuilder) -> Void = { _ in }
) -> Span {
    TelemetrySystem.tracer.startSpan(
        name,
        ofKind: kind,
        parent: parent.context,
        following: following,
        at: time,
        build
    )
}

/// Does something in a span of its own, which is current meanwhile and ends with it.
///
/// An error that is thrown is recorded on the span, cancellation excepted, and goes on to the caller.
///
/// - Parameters:
///   - name: What is done, of low cardinality.
///   - kind: Which side of a relation it is.
///   - parent: Whose child the span is; that of the current one, unless told otherwise.
///   - following: For a span that starts a trace: the spans that caused it.
///   - operation: What is done.
/// - Returns: What `operation` returns.
/// - Throws: What `operation` throws.
@discardableResult
public func withSpan<Success, Failure: Error>(
    _ name: String,
    ofKind kind: SpanKind = .internal,
    parent: SpanParent = .current,
    following: [SpanContext] = [],
    _ operation: (Span) throws(Failure) -> Success
) throws(Failure) -> Success {
    let span = startSpan(name, ofKind: kind, parent: parent, following: following)
    defer { span.end() }
    do throws(Failure) {
        return try span.makeCurrent { () throws(Failure) in try operation(span) }
    } catch {
        if !(error is CancellationError) { span.recordError(error) }
        throw error
    }
}

/// Does something in a span of its own, which is current meanwhile, also in the tasks that it starts, and ends with it.
///
/// An error that is thrown is recorded on the span, cancellation excepted, and goes on to the caller. The closure keeps
/// the caller's isolation.
///
/// - Parameters:
///   - name: What is done, of low cardinality.
///   - kind: Which side of a relation it is.
///   - parent: Whose child the span is; that of the current one, unless told otherwise.
///   - following: For a span that starts a trace: the spans that caused it.
///   - operation: What is done.
/// - Returns: What `operation` returns.
/// - Throws: What `operation` throws.
@discardableResult
public func withSpan<Success, Failure: Error>(
    _ name: String,
    ofKind kind: SpanKind = .internal,
    parent: SpanParent = .current,
    following: [SpanContext] = [],
    _ operation: (Span) async throws(Failure) -> Success
) async throws(Failure) -> Success {
    let span = startSpan(name, ofKind: kind, parent: parent, following: following)
    defer { span.end() }
    do throws(Failure) {
        return try await span.makeCurrent { () async throws(Failure) in try await operation(span) }
    } catch {
        if !(error is CancellationError) { span.recordError(error) }
        throw error
    }
}

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
///   - operation: What is done.
/// - Returns: What `operation` returns.
/// - Throws: What `operation` throws.
@discardableResult
public func withSpan<Success, Failure: Error>(
    _ name: String,
    ofKind kind: SpanKind,
    continuing carrier: ContextCarrier,
    _ operation: (Span) async throws(Failure) -> Success
) async throws(Failure) -> Success {
    try await withSpan(name, ofKind: kind, parent: .carrier(carrier), operation)
}
