// SPDX-License-Identifier: Apache-2.0

public import TelemetryData
public import TraceContext

/// Work that is being done, as its tracer sees it.
///
/// A value that may be passed on and kept: its context is valid for good, also when nobody records the span. What is
/// said about a span that nobody records, or that has ended, is ignored.
public struct Span: Sendable {
    /// Its own id.
    public let spanID: SpanID

    // Four words in all, which functions return in registers: a larger span goes through memory at each of them, which
    // took longer than all else that is done for a span that nobody records.
    @usableFromInline let rest: Rest

    /// What a span has beside its id.
    @usableFromInline
    enum Rest: Sendable {
        /// The context of a span that nobody records.
        case plain(TraceID, TraceFlags, isRemote: Bool)
        /// Who has it.
        case kept(any SpanKeeping)
    }

    /// A span with this context, recorded by `recorder` or by nobody.
    ///
    /// For tracers.
    public init(context: SpanContext, recorder: (any SpanRecording)? = nil) {
        if recorder != nil || !context.state.isEmpty {
            self.init(spanID: context.spanID, keptBy: SpanKeeper(context, recorder))
        } else {
            self.init(spanID: context.spanID, in: context.traceID, context.flags, isRemote: context.isRemote)
        }
    }

    /// A span that nobody records, without trace state.
    package init(spanID: SpanID, in traceID: TraceID, _ flags: TraceFlags, isRemote: Bool) {
        self.spanID = spanID
        rest = .plain(traceID, flags, isRemote: isRemote)
    }

    /// A span whose context and recorder are one object.
    package init(spanID: SpanID, keptBy keeper: any SpanKeeping) {
        self.spanID = spanID
        rest = .kept(keeper)
    }

    /// Its ids, flags and trace state; what a message or a request made from here carries.
    public var context: SpanContext {
        switch rest {
        case .plain(let traceID, let flags, let isRemote):
            SpanContext(traceID: traceID, spanID: spanID, flags: flags, isRemote: isRemote)
        case .kept(let keeper):
            keeper.context
        }
    }

    /// The trace that it belongs to.
    public var traceID: TraceID {
        switch rest {
        case .plain(let traceID, _, _): traceID
        case .kept(let keeper): keeper.traceID
        }
    }

    /// Whether both ids are valid, so that the span can be named elsewhere.
    package var isNamed: Bool { spanID.isValid && traceID.isValid }

    /// Records the span; `nil` when nobody does.
    public var recorder: (any SpanRecording)? {
        if case .kept(let keeper) = rest { keeper.recorder } else { nil }
    }

    /// Whether anybody records it: where `false`, whatever is costly to find out need not be found out.
    public var isRecording: Bool { recorder?.isRecording ?? false }

    /// What there is to say about it.
    public var attributes: SpanAttributes { SpanAttributes(recorder: recorder) }

    /// Calls it something else.
    public func rename(_ name: String) { recorder?.rename(name) }

    /// Says that it has to do with another span.
    public func addLink(_ link: SpanLink) { recorder?.addLink(link) }

    /// Says that it has to do with another span.
    public func addLink(_ context: SpanContext, attributes: Attributes = Attributes()) {
        recorder?.addLink(SpanLink(context, attributes: attributes))
    }

    /// Says that something happened; now, by the span's clock, where the event has no time.
    public func addEvent(_ event: SpanEvent) { recorder?.addEvent(event) }

    /// Says how it went.
    ///
    /// What was said last counts, except that `ok` is final and `unset` says nothing.
    public func setStatus(_ status: SpanStatus) { recorder?.setStatus(status) }

    /// Says that it failed, with `error.type`, the status and one `exception` event.
    ///
    /// - Parameters:
    ///   - error: Why it failed. Its description must hold no secret: it goes out with the span.
    ///   - type: The value of `error.type`, of low cardinality; the name of the error's type unless told otherwise.
    public func recordError(_ error: any Error, type: String? = nil) {
        guard let recorder, recorder.isRecording else { return }
        let type = type ?? ErrorType.name(of: error)
        let message = String(describing: error)
        recorder.setAttribute("error.type", .string(type))
        recorder.setStatus(.error(message))
        recorder.addEvent(
            SpanEvent(
                name: "exception",
                attributes: ["exception.type": .string(type), "exception.message": .string(message)]
            )
        )
    }

    /// Ends it.
    ///
    /// Only the first call counts.
    @inlinable
    public func end(at time: Timestamp? = nil) {
        if case .kept(let keeper) = rest { keeper.end(at: time) }
    }
}

/// The attributes of a span, to be set and read by key.
public struct SpanAttributes: Sendable {
    let recorder: (any SpanRecording)?

    /// The value of a key; setting `nil` removes it.
    public subscript(key: String) -> AttributeValue? {
        get { recorder?.attribute(key) }
        nonmutating set { recorder?.setAttribute(key, newValue) }
    }

    /// Sets an attribute from a Swift value; `nil` sets nothing.
    public func set(_ key: String, _ value: (some AttributeConvertible)?) {
        if let recorder, let value { recorder.setAttribute(key, value.attributeValue) }
    }
}
