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
    let active = ActiveContext.current
    let tracer = TelemetrySystem.tracer(in: active)
    return tracer.startSpan(
        name,
        ofKind: kind,
        parent: parent.context(in: active, tracer),
        following: following,
        at: time,
        build
    )
}

/// Starts a span of messaging that one owner keeps until it ends, with the tracer that counts here and now.
///
/// The parameters are those of ``Tracer/startMessageSpan(_:on:ofKind:parent:following:link:role:details:at:)``.
public func startMessageSpan(
    _ operation: MessagingConventions.Operation,
    on target: MessageTarget,
    ofKind kind: SpanKind,
    parent: SpanParent = .current,
    following: [SpanContext] = [],
    link: SpanContext? = nil,
    role: MessagingConventions.LinkRole = .creation,
    details: MessageDetails = MessageDetails(),
    at time: Timestamp? = nil
) -> MessageSpan {
    let active = ActiveContext.current
    let tracer = TelemetrySystem.tracer(in: active)
    return tracer.startMessageSpan(
        operation,
        on: target,
        ofKind: kind,
        parent: parent.context(in: active, tracer),
        following: following,
        link: link,
        role: role,
        details: details,
        at: time
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
@inlinable
@discardableResult
public func withSpan<Success, Failure: Error>(
    _ name: String,
    ofKind kind: SpanKind = .internal,
    parent: SpanParent = .current,
    following: [SpanContext] = [],
    _ operation: (Span) throws(Failure) -> Success
) throws(Failure) -> Success {
    let (span, context) = enter(name, kind, parent, following)
    return try span.run(in: context, operation)
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
@inlinable
@discardableResult
public nonisolated(nonsending) func withSpan<Success, Failure: Error>(
    _ name: String,
    ofKind kind: SpanKind = .internal,
    parent: SpanParent = .current,
    following: [SpanContext] = [],
    _ operation: nonisolated(nonsending) (Span) async throws(Failure) -> Success
) async throws(Failure) -> Success {
    let (span, context) = enter(name, kind, parent, following)
    return try await span.run(in: context, operation)
}

/// Starts a span, and what is current while it is worked on.
@usableFromInline
func enter(
    _ name: String,
    _ kind: SpanKind,
    _ parent: SpanParent,
    _ following: [SpanContext]
) -> (Span, ActiveContext) {
    let active = ActiveContext.current
    let tracer = TelemetrySystem.tracer(in: active)
    let span = tracer.startSpan(
        name,
        ofKind: kind,
        parent: parent.context(in: active, tracer),
        following: following,
        at: nil
    ) { _ in }
    return (span, ActiveContext.making(span, in: active))
}

extension Span {
    /// Does the work of a span and ends it.
    @inlinable
    func run<Success, Failure: Error>(
        in context: ActiveContext,
        _ operation: (Span) throws(Failure) -> Success
    ) throws(Failure) -> Success {
        defer { end() }
        do throws(Failure) {
            return try bind(context) { () throws(Failure) in try operation(self) }
        } catch {
            if !(error is CancellationError) { recordError(error) }
            throw error
        }
    }

    /// Does the work of a span and ends it.
    @inlinable
    nonisolated(nonsending) func run<Success, Failure: Error>(
        in context: ActiveContext,
        _ operation: nonisolated(nonsending) (Span) async throws(Failure) -> Success
    ) async throws(Failure) -> Success {
        defer { end() }
        do throws(Failure) {
            return try await bind(context) { () async throws(Failure) in try await operation(self) }
        } catch {
            if !(error is CancellationError) { recordError(error) }
            throw error
        }
    }
}
