// SPDX-License-Identifier: Apache-2.0

public import TraceContext

/// Decides whether a span is recorded.
public protocol Sampler: Sendable {
    /// Decides.
    ///
    /// - Parameters:
    ///   - traceID: The trace that the span belongs to.
    ///   - parent: The span that it is a child of.
    ///   - following: For a span that starts a trace: the spans that caused it.
    /// - Returns: Whether the span is recorded.
    func isSampled(traceID: TraceID, parent: SpanContext?, following: [SpanContext]) -> Bool
}

/// Follows whoever caused the span, so that a flow is kept or dropped whole: its parent; else, if it starts a trace, the
/// spans that it follows, of which one sampled is enough; else everything is recorded.
public struct FollowingSampler: Sampler {
    /// There is nothing to set up.
    public init() {}

    /// Decides as the type says.
    public func isSampled(traceID: TraceID, parent: SpanContext?, following: [SpanContext]) -> Bool {
        if let parent { return parent.isSampled }
        return following.isEmpty || following.contains(where: \.isSampled)
    }
}
