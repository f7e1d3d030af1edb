// SPDX-License-Identifier: Apache-2.0

/// What of a span travels: its ids, its flags and the trace state.
///
/// Valid whether or not anybody records the span.
public struct SpanContext: Hashable, Sendable {
    /// The trace that the span belongs to.
    public var traceID: TraceID

    /// The span.
    public var spanID: SpanID

    /// Whether it is sampled, and whether its trace id is random.
    public var flags: TraceFlags

    /// Whether the context came from another process.
    public var isRemote: Bool

    /// What vendors add.
    public var state: TraceState

    /// Joins what travels of a span.
    public init(
        traceID: TraceID,
        spanID: SpanID,
        flags: TraceFlags = [],
        state: TraceState = TraceState(),
        isRemote: Bool = false
    ) {
        self.traceID = traceID
        self.spanID = spanID
        self.flags = flags
        self.state = state
        self.isRemote = isRemote
    }

    /// Names no span.
    public static var invalid: SpanContext { SpanContext(traceID: .invalid, spanID: .invalid) }

    /// Whether both ids are valid.
    public var isValid: Bool { traceID.isValid && spanID.isValid }

    /// Whether the span was sampled.
    public var isSampled: Bool { flags.contains(.sampled) }

    /// The `traceparent` field of this context.
    public var traceParent: TraceParent { TraceParent(traceID: traceID, spanID: spanID, flags: flags) }
}
