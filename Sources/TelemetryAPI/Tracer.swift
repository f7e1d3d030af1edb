// SPDX-License-Identifier: Apache-2.0

public import TelemetryData
public import TraceContext

/// Makes spans and puts their contexts into carriers.
///
/// Code that makes spans calls the free functions `withSpan` and ``startSpan(_:ofKind:parent:following:at:_:)``, which
/// ask for the tracer at each call, so that a test's `withTracer` holds everywhere.
///
/// A tracer needs to implement ``startSpan(_:ofKind:parent:following:at:_:)`` alone: it then writes and reads W3C trace
/// context and baggage, and makes spans of messaging as it makes any other.
public protocol Tracer: Sendable {
    /// Whether the tracer does anything at all; `true` unless it says otherwise.
    ///
    /// Where `false`, no span is asked for, and what came in is passed on as it is.
    var isEnabled: Bool { get }

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

    /// Starts a span of messaging.
    ///
    /// A tracer that can prepare what is the same for all messages of a target does so here; the others start a span as
    /// any other, with the target's name and attributes.
    ///
    /// - Parameters:
    ///   - operation: What is done.
    ///   - target: Where the messages go to or come from.
    ///   - kind: Which side of a relation it is.
    ///   - parent: The span that it is a child of; `nil` starts a trace.
    ///   - following: For a span that starts a trace: the spans that caused it.
    ///   - time: When it began; now unless given.
    ///   - build: Adds what is this span's own. Not called for a span that nobody records.
    /// - Returns: The span, which whoever starts it ends.
    func startSpan(
        _ operation: MessagingConventions.Operation,
        on target: MessageTarget,
        ofKind kind: SpanKind,
        parent: SpanContext?,
        following: [SpanContext],
        at time: Timestamp?,
        _ build: (inout SpanBuilder) -> Void
    ) -> Span

    /// Starts a span of messaging that one owner keeps until it ends.
    ///
    /// A tracer that does not know better starts a span as any other.
    ///
    /// - Parameters:
    ///   - operation: What is done.
    ///   - target: Where the message goes to or comes from.
    ///   - kind: Which side of a relation it is.
    ///   - parent: The span that it is a child of; `nil` starts a trace.
    ///   - following: For a span that starts a trace: the spans that caused it.
    ///   - link: The span that it links to; none where that can't be named.
    ///   - role: What that span is to it.
    ///   - details: What is known of the message so far.
    ///   - time: When it began; now unless given.
    /// - Returns: The span, which whoever starts it ends.
    func startMessageSpan(
        _ operation: MessagingConventions.Operation,
        on target: MessageTarget,
        ofKind kind: SpanKind,
        parent: SpanContext?,
        following: [SpanContext],
        link: SpanContext?,
        role: MessagingConventions.LinkRole,
        details: MessageDetails,
        at time: Timestamp?
    ) -> MessageSpan

    /// Writes a span's context and baggage into a carrier, replacing what is there under the same names.
    ///
    /// What is invalid or empty is not written.
    func inject(_ span: Span, baggage: Baggage, into carrier: inout ContextCarrier)

    /// Reads the context and the baggage that a carrier carries.
    func extract(from carrier: ContextCarrier) -> PropagationContext

    /// Whether ``inject(_:baggage:into:)`` writes no more for a span of this tracer than its context's `traceparent` and
    /// `tracestate`, and the baggage, as W3C says, and ``extract(from:)`` reads the same, so that who knows the context, or
    /// reads it in passing, can do without; `false` unless the tracer says otherwise.
    var usesPlainContext: Bool { get }

    /// Whether what a span with a parent starts with, its attributes and links, decides whether it is recorded: then all that
    /// is known has to be said at once; `false` unless the tracer says otherwise.
    var decidesByAttributes: Bool { get }

    /// The names, in lower case, of all fields that it may write or read.
    ///
    /// Whoever takes a carrier out of a message's headers or a request's fields takes these, and no others.
    var fields: Set<String> { get }

    /// Makes spans under ids that were given out before; `nil` for a tracer that can't.
    var reserving: (any SpanReserving)? { get }

    /// Exports spans that another process began; `nil` for a tracer that can't.
    var emitting: (any SpanEmitting)? { get }
}

extension Tracer {
    /// `true`.
    public var isEnabled: Bool { true }

    /// Starts a span with the target's name and attributes, as any other.
    public func startSpan(
        _ operation: MessagingConventions.Operation,
        on target: MessageTarget,
        ofKind kind: SpanKind,
        parent: SpanContext?,
        following: [SpanContext],
        at time: Timestamp?,
        _ build: (inout SpanBuilder) -> Void
    ) -> Span {
        startSpan(target.spanName(of: operation), ofKind: kind, parent: parent, following: following, at: time) {
            $0.attributes.merge(target.prepared(operation))
            build(&$0)
        }
    }

    /// Starts a span as any other.
    public func startMessageSpan(
        _ operation: MessagingConventions.Operation,
        on target: MessageTarget,
        ofKind kind: SpanKind,
        parent: SpanContext?,
        following: [SpanContext],
        link: SpanContext?,
        role: MessagingConventions.LinkRole,
        details: MessageDetails,
        at time: Timestamp?
    ) -> MessageSpan {
        startOtherSpan(
            operation,
            on: target,
            ofKind: kind,
            parent: parent,
            following: following,
            link,
            role,
            details,
            at: time
        )
    }

    /// Starts a span of messaging as any other.
    package func startOtherSpan(
        _ operation: MessagingConventions.Operation,
        on target: MessageTarget,
        ofKind kind: SpanKind,
        parent: SpanContext?,
        following: [SpanContext],
        _ link: SpanContext?,
        _ role: MessagingConventions.LinkRole,
        _ details: MessageDetails,
        at time: Timestamp?
    ) -> MessageSpan {
        let span = startSpan(operation, on: target, ofKind: kind, parent: parent, following: following, at: time) {
            details.fill(&$0)
            if let link { $0.addLink(link, role: role) }
        }
        return MessageSpan(span, operation, on: target, details: details)
    }

    /// Writes `traceparent`, `tracestate` and `baggage`.
    public func inject(_ span: Span, baggage: Baggage, into carrier: inout ContextCarrier) {
        if span.isNamed { carrier.spanContext = span.context }
        if !baggage.isEmpty { carrier[ContextCarrier.FieldName.baggage] = baggage.description }
    }

    /// Reads `traceparent`, `tracestate` and `baggage`.
    public func extract(from carrier: ContextCarrier) -> PropagationContext {
        PropagationContext(
            span: carrier.spanContext,
            baggage: carrier[ContextCarrier.FieldName.baggage].map { Baggage($0) } ?? Baggage()
        )
    }

    /// `false`.
    public var usesPlainContext: Bool { false }

    /// `false`.
    public var decidesByAttributes: Bool { false }

    /// Those of every format that Stitch knows.
    public var fields: Set<String> { ContextCarrier.knownFields }

    /// `nil`.
    public var reserving: (any SpanReserving)? { nil }

    /// `nil`.
    public var emitting: (any SpanEmitting)? { nil }
}

/// Records nothing.
///
/// Its spans carry their parent's context on, so a trace passes through.
public struct NoOpTracer: Tracer {
    /// There is nothing to set up.
    public init() {}

    /// `false`.
    public var isEnabled: Bool { false }

    /// A span that nobody records, with the context of its parent.
    public func startSpan(
        _ name: String,
        ofKind kind: SpanKind,
        parent: SpanContext?,
        following: [SpanContext],
        at time: Timestamp?,
        _ build: (inout SpanBuilder) -> Void
    ) -> Span {
        guard let parent, parent.isValid else { return Span(context: .invalid) }
        guard parent.state.isEmpty else { return Span(context: parent) }
        return Span(spanID: parent.spanID, in: parent.traceID, parent.flags, isRemote: parent.isRemote)
    }
}
