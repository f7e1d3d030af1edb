// SPDX-License-Identifier: Apache-2.0

public import TelemetryData
public import TraceContext

/// Gives out a span's ids before the span starts, so that they can be written down first.
///
/// Whoever claims a job writes the ids of its attempt into the row; if the worker dies, whoever finds the row knows which
/// span the attempt would have been.
public protocol SpanReserving: Sendable {
    /// Decides on a span and gives out its ids; the span need not start, or may never.
    ///
    /// - Parameters:
    ///   - name: What will be done, of low cardinality.
    ///   - kind: Which side of a relation it is.
    ///   - newTrace: The id of the trace that it starts, if it starts one; a new one unless given.
    ///   - parent: The span that it is a child of; `nil` starts a trace.
    ///   - following: For a span that starts a trace: the spans that caused it.
    ///   - build: Says what the span will have from its start on, as far as it is known, for samplers that look at it.
    /// - Returns: The span's context. Whether it is sampled is decided with it.
    func reserveSpan(
        _ name: String,
        ofKind kind: SpanKind,
        startingTrace newTrace: TraceID?,
        parent: SpanContext?,
        following: [SpanContext],
        _ build: (inout SpanBuilder) -> Void
    ) -> SpanContext

    /// Starts the span that has these ids.
    ///
    /// - Parameters:
    ///   - context: What ``reserveSpan(_:ofKind:startingTrace:parent:following:_:)`` gave out, in this process or another; once.
    ///   - name: What is done.
    ///   - kind: Which side of a relation it is.
    ///   - parent: The parent that was said at the reservation.
    ///   - time: When it began; now unless given.
    ///   - build: Says what the span has from its start on. Not called for a span that nobody records.
    /// - Returns: The span, which whoever starts it ends.
    func startSpan(
        reserved context: SpanContext,
        _ name: String,
        ofKind kind: SpanKind,
        parent: SpanContext?,
        at time: Timestamp?,
        _ build: (inout SpanBuilder) -> Void
    ) -> Span

    /// Starts a span of messaging that has this id and continues a trace, where nothing has to be kept for it.
    ///
    /// - Parameters:
    ///   - spanID: The span's id; for one span only.
    ///   - operation: What is done.
    ///   - target: With whose messages.
    ///   - kind: Which side of a relation it is.
    ///   - parent: The span that it is a child of.
    ///   - link: The span that it links to.
    ///   - role: What that span is to it.
    ///   - details: What is known of the message so far.
    /// - Returns: The span; `nil`, with nothing done, where it has to be started in the other way.
    func startMessageSpan(
        reserved spanID: SpanID,
        _ operation: MessagingConventions.Operation,
        on target: MessageTarget,
        ofKind kind: SpanKind,
        parent: SpanContext,
        link: SpanContext,
        role: MessagingConventions.LinkRole,
        details: MessageDetails
    ) -> MessageSpan?
}

extension SpanReserving {
    /// `nil`.
    public func startMessageSpan(
        reserved spanID: SpanID,
        _ operation: MessagingConventions.Operation,
        on target: MessageTarget,
        ofKind kind: SpanKind,
        parent: SpanContext,
        link: SpanContext,
        role: MessagingConventions.LinkRole,
        details: MessageDetails
    ) -> MessageSpan? { nil }
}

/// Exports spans that another process began and did not live to end.
public protocol SpanEmitting: Sendable {
    /// Exports a span as a whole; nothing happens unless its context says that it is sampled.
    ///
    /// - Parameters:
    ///   - context: Its ids, flags and trace state, as they were given out.
    ///   - name: What was done.
    ///   - kind: Which side of a relation it is.
    ///   - parent: Its parent; `nil` for a root.
    ///   - start: When it began.
    ///   - end: When it ended; not before `start`.
    ///   - status: How it went.
    ///   - build: Says what it has. Not called for a span that isn't sampled.
    func emit(
        _ context: SpanContext,
        _ name: String,
        ofKind kind: SpanKind,
        parent: SpanContext?,
        from start: Timestamp,
        to end: Timestamp,
        status: SpanStatus,
        _ build: (inout SpanBuilder) -> Void
    )

    /// Has what was emitted leave the process without waiting for more to come: nobody else tells of it if this process dies
    /// as well. Returns at once.
    func exportSoon()
}

extension SpanEmitting {
    /// Does nothing.
    public func exportSoon() {}
}
