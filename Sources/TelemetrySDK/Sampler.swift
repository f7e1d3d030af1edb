// SPDX-License-Identifier: Apache-2.0

public import TelemetryAPI

/// Decides whether a span is recorded.
///
/// Any thread may call it, at the start of each span, so it must not block.
public protocol Sampler: Sendable {
    /// Whether the decision depends on the attributes or links that a span starts with.
    ///
    /// Only then are they worked out before the decision; otherwise a span that isn't recorded never pays for them. Must not
    /// change.
    var readsAttributes: Bool { get }

    /// Whether a child is always decided about as its parent was, and has its parent's trace state.
    ///
    /// Then nobody asks about children. Must not change.
    var followsParents: Bool { get }

    /// Decides about a span that is about to start.
    func decide(_ span: SamplingRequest) -> SamplingDecision
}

extension Sampler {
    /// `false`.
    public var readsAttributes: Bool { false }

    /// `false`.
    public var followsParents: Bool { false }
}

/// What a sampler says of a span.
public struct SamplingDecision: Sendable, Hashable {
    /// Whether the span is recorded.
    public var isSampled: Bool

    /// The trace state that the span has, recorded or not.
    public var state: TraceState

    /// A decision, and the trace state that goes with it: usually ``SamplingRequest/inheritedState``, or what becomes of
    /// it.
    public init(isSampled: Bool, state: TraceState) {
        self.isSampled = isSampled
        self.state = state
    }
}
