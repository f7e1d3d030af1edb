// SPDX-License-Identifier: Apache-2.0

public import TelemetryAPI

/// Decides whether a span is recorded.
public protocol Sampler: Sendable {
    /// Whether the decision depends on the attributes or links that a span starts with.
    ///
    /// Only then are they worked out before the decision; otherwise a span that isn't recorded never pays for them.
    var readsAttributes: Bool { get }

    /// Decides about a span that is about to start.
    func isSampled(_ span: SamplingRequest) -> Bool
}

extension Sampler {
    /// `false`.
    public var readsAttributes: Bool { false }
}

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
}

/// Follows whoever caused the span, so that a flow is kept or dropped whole: its parent; else, if it starts a trace, the
/// spans that it follows, of which one sampled is enough; else everything is recorded.
public struct FollowingSampler: Sampler {
    /// There is nothing to set up.
    public init() {}

    /// Decides as the type says.
    public func isSampled(_ span: SamplingRequest) -> Bool {
        if let parent = span.parent { return parent.isSampled }
        return span.following.isEmpty || span.following.contains(where: \.isSampled)
    }
}
