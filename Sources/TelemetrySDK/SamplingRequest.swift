// SPDX-License-Identifier: Apache-2.0

public import TelemetryAPI

/// What a sampler knows of a span that is about to start.
public struct SamplingRequest: Sendable {
    /// The trace that the span belongs to.
    public var traceID: TraceID

    /// What is done.
    public var name: String

    /// Which side of a relation it is.
    public var kind: SpanKind

    /// The span that it is a child of.
    public var parent: SpanContext?

    /// For a span that starts a trace: the spans that caused it.
    public var following: [SpanContext]

    /// What the span starts with; empty unless the sampler reads it.
    public var attributes: Attributes

    /// What the span links to from its start; empty unless the sampler reads it.
    public var links: [SpanLink]

    /// A span that is about to start.
    public init(
        traceID: TraceID,
        name: String = "",
        kind: SpanKind = .internal,
        parent: SpanContext? = nil,
        following: [SpanContext] = [],
        attributes: Attributes = Attributes(),
        links: [SpanLink] = []
    ) {
        self.traceID = traceID
        self.name = name
        self.kind = kind
        self.parent = parent
        self.following = following
        self.attributes = attributes
        self.links = links
    }

    /// The 56 bits that a threshold is compared with.
    ///
    /// Those of the trace; for a span that starts one because of others, those of their traces, of several the greatest:
    /// then equal thresholds decide alike on both sides of a link, and a batch is kept if any of its messages was.
    public var randomness: UInt64 {
        if let parent { return parent.state.openTelemetry.randomness ?? traceID.randomness }
        var greatest: UInt64?
        for cause in following where cause.isValid { greatest = max(greatest ?? 0, cause.randomness) }
        return greatest ?? traceID.randomness
    }

    /// The trace state that the span has unless the sampler says more: its parent's.
    ///
    /// A span that starts a trace because of others has their randomness, if thresholds play a part there: if one of them
    /// says so, or none was sampled. The randomness then reaches whoever decides by a threshold later in the flow.
    public var inheritedState: TraceState {
        if let parent { return parent.state }
        var state = TraceState()
        guard isCaused else { return state }
        let isNoneSampled = !following.contains { $0.isValid && $0.isSampled }
        if isNoneSampled || following.contains(where: { $0.isValid && !$0.state.openTelemetry.isEmpty }) {
            state.openTelemetry.randomness = randomness
        }
        return state
    }

    /// Whether the span starts a trace because of others that have a context.
    var isCaused: Bool { parent == nil && following.contains(where: \.isValid) }
}
