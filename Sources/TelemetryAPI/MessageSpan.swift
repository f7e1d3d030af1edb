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
    /// What is known of the message.
    public var details: MessageDetails

    // Of its context.
    @usableFromInline package let traceID: TraceID
    @usableFromInline package let spanID: SpanID
    @usableFromInline package let flags: TraceFlags
    @usableFromInline let isRemote: Bool

    /// The trace state of its context, where it has one.
    @usableFromInline package let state: MessageSpanState?

    /// What it links to, as far as that has no trace state.
    @usableFromInline package let link: PlainLink?

    // What the target has prepared, kept alive by `share`; there for each span that a tracer does without more for.
    @usableFromInline let preparedReference: Unmanaged<PreparedAttributes>?
    @usableFromInline let share: MessageTargetShare?

    @usableFromInline package let kind: SpanKind

    /// The span that it is a child of.
    @usableFromInline package let parent: SpanParentID?

    @usableFromInline package let start: Timestamp

    /// What its tracer measures its end with.
    @usableFromInline package let clock: UInt64

    // Who takes it back, nobody if nobody records it; kept alive by `owner`, so that nothing is counted as it ends.
    @usableFromInline let taker: Unmanaged<MessageSpanTaker>?
    @usableFromInline let owner: MessageSpanTaker?

    /// A span that its tracer takes back as it ends.
    ///
    /// It is a sampled child of `parent`; `share` keeps alive what its target has prepared.
    @inlinable
    @inline(__always)
    package init(
        _ spanID: SpanID,
        childOf parent: borrowing SpanContext,
        _ flags: TraceFlags,
        _ operation: MessagingConventions.Operation,
        of share: MessageTargetShare,
        ofKind kind: SpanKind,
        link: PlainLink?,
        details: MessageDetails,
        start: Timestamp,
        clock: UInt64,
        _ taker: MessageSpanTaker
    ) {
        self.details = details
        traceID = parent.traceID
        self.spanID = spanID
        self.flags = flags
        isRemote = false
        state = parent.state.isEmpty ? nil : MessageSpanState(parent.state)
        self.link = link
        preparedReference = share.prepared(operation)
        self.share = share
        self.kind = kind
        self.parent = SpanParentID(id: parent.spanID, isRemote: parent.isRemote)
        self.start = start
        self.clock = clock
        self.taker = .passUnretained(taker)
        owner = taker
    }

    /// A span that its tracer takes back as it ends.
    ///
    /// It is the first of its trace and sampled; `share` keeps alive what its target has prepared.
    package init(
        rootOf context: SpanContext,
        _ operation: MessagingConventions.Operation,
        of share: MessageTargetShare,
        ofKind kind: SpanKind,
        link: PlainLink?,
        details: MessageDetails,
        start: Timestamp,
        clock: UInt64,
        _ taker: MessageSpanTaker
    ) {
        self.details = details
        traceID = context.traceID
        spanID = context.spanID
        flags = context.flags
        isRemote = false
        state = context.state.isEmpty ? nil : MessageSpanState(context.state)
        self.link = link
        preparedReference = share.prepared(operation)
        self.share = share
        self.kind = kind
        parent = nil
        self.start = start
        self.clock = clock
        self.taker = .passUnretained(taker)
        owner = taker
    }

    /// A span that began as a plain child, and is recorded.
    ///
    /// Whoever has the child and what is prepared keeps both for as long as there is the span.
    @inline(__always)
    package init(
        lent child: borrowing PlainChild,
        saying prepared: Unmanaged<PreparedAttributes>,
        ofKind kind: SpanKind,
        details: MessageDetails
    ) {
        self.details = details
        traceID = child.traceID
        spanID = child.spanID
        flags = child.flags
        isRemote = false
        state = nil
        link = nil
        preparedReference = prepared
        share = nil
        self.kind = kind
        parent = SpanParentID(id: child.parentID, isRemote: child.isParentRemote)
        start = child.start
        clock = child.clock
        taker = child.taker
        owner = nil
    }

    /// A span of work on a message that began as a plain child of the span that sent it, and is recorded.
    ///
    /// Whoever has it keeps what is prepared for as long as there is the span.
    @inline(__always)
    init(
        lent start: PlainStart,
        isKept: Bool,
        workOn carrier: PlainCarrier,
        saying prepared: Unmanaged<PreparedAttributes>,
        details: MessageDetails
    ) {
        let parent = carrier.parent
        self.details = details
        traceID = parent.traceID
        spanID = start.spanID
        flags = parent.flags
        isRemote = false
        state = nil
        link = PlainLink(
            traceID: parent.traceID,
            spanID: parent.spanID,
            flags: parent.flags,
            isRemote: true,
            role: .creation
        )
        preparedReference = prepared
        share = nil
        kind = .consumer
        self.parent = SpanParentID(id: parent.spanID, isRemote: true)
        self.start = start.start
        clock = start.clock
        taker = start.taker
        owner = isKept ? nil : start.taker.takeUnretainedValue()
    }

    /// A span of work on a message that is a child of the span that sent it, and that nobody records.
    @inline(__always)
    init(unrecorded spanID: SpanID, childOf parent: TraceParent, details: MessageDetails) {
        self.details = details
        traceID = parent.traceID
        self.spanID = spanID
        flags = parent.flags
        isRemote = false
        state = nil
        link = nil
        preparedReference = nil
        share = nil
        kind = .consumer
        self.parent = nil
        start = Timestamp(nanoseconds: 0)
        clock = 0
        taker = nil
        owner = nil
    }

    /// A span that is kept as any other, or that nobody records.
    ///
    /// For tracers. Its link has been added; its details are as it ends.
    public init(
        _ span: Span,
        _ operation: MessagingConventions.Operation,
        on target: MessageTarget,
        details: MessageDetails = MessageDetails()
    ) {
        let context = span.context
        self.details = details
        traceID = context.traceID
        spanID = context.spanID
        flags = context.flags
        isRemote = context.isRemote
        state = context.state.isEmpty ? nil : MessageSpanState(context.state)
        link = nil
        preparedReference = nil
        share = nil
        kind = .internal
        parent = nil
        start = Timestamp(nanoseconds: 0)
        clock = 0
        owner = span.recorder == nil ? nil : MessageSpanTaker(OtherSpan(span))
        taker = owner.map { .passUnretained($0) }
    }

    /// No span, in place of one.
    static var none: MessageSpan {
        let nothing = TraceParent(traceID: .invalid, spanID: .invalid, flags: TraceFlags(rawValue: 0))
        return MessageSpan(unrecorded: .invalid, childOf: nothing, details: MessageDetails())
    }

    /// Its ids, flags and trace state; what the message carries.
    public var context: SpanContext {
        SpanContext(
            traceID: traceID,
            spanID: spanID,
            flags: flags,
            state: state?.state ?? TraceState(),
            isRemote: isRemote
        )
    }

    /// The trace state of its context.
    package var traceState: TraceState { state?.state ?? TraceState() }

    /// When it began, if that is known; else now.
    package var startOrNow: Timestamp { isPlain ? start : .now }

    /// Says how long the broker took, by the clock that never goes back; `false` where it isn't known when it began.
    package mutating func setLatency(until clock: UInt64) -> Bool {
        let latency = Int64(bitPattern: clock &+ self.clock &- start.nanoseconds)
        guard isPlain, latency >= 0 else { return false }
        details.latencyNanoseconds = latency
        details.known.insert(.latency)
        return true
    }

    /// Whether its tracer does without what several owners would need.
    package var isPlain: Bool { preparedReference != nil }

    /// Whether anybody records it.
    public var isRecording: Bool { taker != nil }

    /// What the target has prepared; only for who takes the span back.
    @inlinable
    @inline(__always)
    package func withPrepared<Result>(_ body: (PreparedAttributes) -> Result) -> Result? {
        preparedReference?._withUnsafeGuaranteedRef(body)
    }

    /// Ends it.
    ///
    /// - Parameter time: When it ended; now unless given.
    @inlinable
    public consuming func end(at time: Timestamp? = nil) {
        taker?._withUnsafeGuaranteedRef { $0.ending.end(self, at: time) }
    }

    /// Ends it, with more to say than its details.
    ///
    /// - Parameters:
    ///   - status: How it went.
    ///   - time: When it ended; now unless given.
    ///   - build: Says what is known of it only now. Not called for a span that nobody records.
    public consuming func end(status: SpanStatus, at time: Timestamp? = nil, _ build: (inout SpanBuilder) -> Void) {
        taker?._withUnsafeGuaranteedRef { $0.ending.end(self, status: status, event: nil, at: time, build) }
    }

    /// Ends it, with the message's key.
    ///
    /// - Parameters:
    ///   - clock: When it ended, by the clock that never goes back.
    ///   - key: The key, which is said where it is text: `messaging.kafka.message.key`.
    @inlinable
    @inline(__always)
    package consuming func end(clock: UInt64, key: UnsafeRawBufferPointer?) {
        taker?._withUnsafeGuaranteedRef { $0.ending.end(self, clock: clock, key: key) }
    }

    /// Keeps it in the way of any other span, so that more can be said of it before it ends.
    ///
    /// - Parameter build: Says what is known of it so far, its details excepted.
    /// - Returns: The span that goes on in its place.
    package borrowing func kept(_ build: (inout SpanBuilder) -> Void) -> Span {
        taker?._withUnsafeGuaranteedRef { $0.ending.keep(self, build) } ?? Span(context: context)
    }

    /// Ends it for who has it under a lock and can't give it away.
    ///
    /// Called once, and nothing is done with the span afterwards.
    package borrowing func finish(
        at time: Timestamp?,
        key: UnsafeRawBufferPointer?,
        _ receipt: MessageReceipt
    ) {
        taker?._withUnsafeGuaranteedRef { $0.ending.end(self, at: time, key: key, receipt) }
    }

    /// Ends it as failed, with `error.type`, the status and one `exception` event.
    ///
    /// - Parameters:
    ///   - error: Why it failed. Its description must hold no secret: it goes out with the span.
    ///   - type: The value of `error.type`, of low cardinality; the name of the error's type unless told otherwise.
    ///   - time: When it ended; now unless given.
    ///   - build: Says what is known of it only now. Not called for a span that nobody records.
    public consuming func fail(
        _ error: any Error,
        type: String? = nil,
        at time: Timestamp? = nil,
        _ build: (inout SpanBuilder) -> Void = { _ in }
    ) {
        guard isRecording else { return }
        let type = type ?? ErrorType.name(of: error)
        let message = String(describing: error)
        let event = SpanEvent(
            name: "exception",
            attributes: ["exception.type": .string(type), "exception.message": .string(message)]
        )
        taker?._withUnsafeGuaranteedRef {
            $0.ending.end(self, status: .error(message), event: event, at: time) { builder in
                build(&builder)
                builder.attributes.set(MessagingConventions.Attribute.errorType, type)
            }
        }
    }
}

/// The trace state of a span's context; apart, since there seldom is one.
@usableFromInline
package final class MessageSpanState: Sendable {
    @usableFromInline let state: TraceState

    @usableFromInline
    init(_ state: TraceState) { self.state = state }
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
