// SPDX-License-Identifier: Apache-2.0

public import TelemetryAPI

/// Decides without heed to what other processes decided: anybody may write a sampled flag, a threshold or a randomness
/// into a request or a message.
///
/// Another sampler is asked as if the span's remote parent, and what it follows in other processes, were not there. The
/// span stays in the trace all the same, and the other members of the trace state stay as they came. Spans of this
/// process are believed.
public struct UntrustedSenderSampler: Sampler {
    private let kinds: Set<SpanKind>
    private let sampler: any Sampler

    /// Believes no sender, at the entries of these kinds.
    ///
    /// - Parameters:
    ///   - kinds: The kinds of spans whose senders aren't believed; where a service is open to strangers by HTTP alone,
    ///     `.server`.
    ///   - sampler: Decides about those spans, and all others.
    public init(of kinds: Set<SpanKind> = [.server, .consumer, .producer], _ sampler: any Sampler = FollowingSampler())
    {
        self.kinds = kinds
        self.sampler = sampler
    }

    /// Whether the other sampler does.
    public var readsAttributes: Bool { sampler.readsAttributes }

    /// Decides as the type says.
    public func decide(_ span: SamplingRequest) -> SamplingDecision {
        guard kinds.contains(span.kind) else { return sampler.decide(span) }
        var asked = span
        asked.following.removeAll(where: \.isRemote)
        guard let parent = span.parent, parent.isRemote else { return sampler.decide(asked) }
        asked.parent = nil
        asked.following = []
        var decision = sampler.decide(asked)
        var state = parent.state
        state.openTelemetry = decision.state.openTelemetry
        decision.state = state
        return decision
    }
}
