// SPDX-License-Identifier: Apache-2.0

public import TelemetryData
public import TraceContext

/// A span of messaging that has one owner from its start to its end.
///
/// What a client keeps for each message on its way: a value, for which nothing is allocated where the tracer can do
/// without. Nobody can end it twice, since ending it uses it up. One that is dropped without an end is not exported, as
/// any other.
///
/// ```swift
/// var span = startMessageSpan(.send, on: target, ofKind: .producer)
/// span.details.offset = delivery.offset
/// span.end()
/// ```
public struct MessageSpan: ~Copyable, Sendable {
    /// Its ids, flags and trace state; what the message carries.
    public let context: SpanContext

    /// What is known of the message.
    public var details: MessageDetails

    /// What it links to, as far as that has no trace state.
    @usableFromInline package let link: PlainLink?

    /// What the target has prepared.
    @usableFromInline package let prepared: PreparedAttributes
    @usableFromInline package let kind: SpanKind

    /// The span that it is a child of.
    @usableFromInline package let parent: SpanParentID?

    @usableFromInline package let start: Timestamp

    /// What its tracer measures its end with.
    @usableFromInline package let clock: UInt64

    @usableFromInline let tracer: (any MessageSpanEnding)?
    @usableFromInline let other: OtherSpan?

    /// A span that its tracer takes back as it ends; `nil` for one that nobody records.
    @inlinable
    package init(
        _ context: consuming SpanContext,
        _ prepared: PreparedAttributes,
        ofKind kind: SpanKind,
        parent: SpanParentID?,
        link: PlainLink?,
        details: MessageDetails,
        start: Timestamp,
        clock: UInt64,
        _ tracer: (any MessageSpanEnding)?
    ) {
        self.context = context
        self.prepared = prepared
        self.kind = kind
        self.parent = parent
        self.link = link
        self.details = details
        self.start = start
        self.clock = clock
        self.tracer = tracer
        other = nil
    }

    /// A span that is kept as any other.
    ///
    /// For tracers. Its link has been added; its details are as it ends.
    public init(
        _ span: Span,
        _ operation: MessagingConventions.Operation,
        on target: MessageTarget,
        details: MessageDetails = MessageDetails()
    ) {
        context = span.context
        prepared = target.prepared(operation)
        self.details = details
        kind = .internal
        parent = nil
        link = nil
        start = Timestamp(nanoseconds: 0)
        clock = 0
        tracer = nil
        other = span.recorder == nil ? nil : OtherSpan(span)
    }

    /// Whether its tracer does without what several owners would need.
    package var isPlain: Bool { tracer != nil }

    /// Whether anybody records it.
    public var isRecording: Bool { tracer != nil || other != nil }

    /// Ends it.
    ///
    /// - Parameter time: When it ended; now unless given.
    public consuming func end(at time: Timestamp? = nil) {
        if let tracer {
            tracer.end(self, at: time)
        } else if other != nil {
            end(status: .unset, at: time) { _ in }
        }
    }

    /// Ends it, with more to say than its details.
    ///
    /// - Parameters:
    ///   - status: How it went.
    ///   - time: When it ended; now unless given.
    ///   - build: Says what is known of it only now. Not called for a span that nobody records.
    public consuming func end(status: SpanStatus, at time: Timestamp? = nil, _ build: (inout SpanBuilder) -> Void) {
        if let tracer {
            tracer.end(self, status: status, at: time, build)
        } else if let span = other?.span, span.isRecording {
            var builder = SpanBuilder()
            details.fill(&builder)
            build(&builder)
            for element in builder.attributes.all.elements { span.attributes[element.key] = element.value }
            for link in builder.links { span.addLink(link) }
            if status != .unset { span.setStatus(status) }
            span.end(at: time)
        }
    }
}

/// What a span says of its parent.
@usableFromInline
package struct SpanParentID: Sendable, Hashable {
    @usableFromInline package let id: SpanID
    @usableFromInline package let isRemote: Bool

    /// A parent in the span's trace.
    @inlinable
    package init(id: SpanID, isRemote: Bool) {
        self.id = id
        self.isRemote = isRemote
    }
}

/// A link to a span without trace state: nothing that would have to be counted.
@usableFromInline
package struct PlainLink: Sendable {
    @usableFromInline package let traceID: TraceID
    @usableFromInline package let spanID: SpanID
    @usableFromInline package let flags: TraceFlags
    @usableFromInline package let isRemote: Bool
    @usableFromInline package let role: MessagingConventions.LinkRole

    /// A link.
    @inlinable
    package init(
        traceID: TraceID,
        spanID: SpanID,
        flags: TraceFlags,
        isRemote: Bool,
        role: MessagingConventions.LinkRole
    ) {
        self.traceID = traceID
        self.spanID = spanID
        self.flags = flags
        self.isRemote = isRemote
        self.role = role
    }

    /// The span that is linked to.
    package var context: SpanContext { SpanContext(traceID: traceID, spanID: spanID, flags: flags, isRemote: isRemote) }
}

/// A span that a tracer keeps in its own way; apart, since there hardly ever is one.
@usableFromInline
final class OtherSpan: Sendable {
    let span: Span
    init(_ span: Span) { self.span = span }
}

/// Takes back the spans that their owners have ended.
@usableFromInline
package protocol MessageSpanEnding: AnyObject, Sendable {
    /// A span has ended.
    func end(_ span: borrowing MessageSpan, at time: Timestamp?)

    /// A span has ended, of which there is more to say.
    func end(
        _ span: borrowing MessageSpan,
        status: SpanStatus,
        at time: Timestamp?,
        _ build: (inout SpanBuilder) -> Void
    )
}
