// SPDX-License-Identifier: Apache-2.0

import TelemetryAPI

/// Follows whoever caused the span, so that a flow is kept or dropped whole across its links.
///
/// A child follows its parent. A span that starts a trace follows the spans that caused it: one sampled is enough, and if
/// none is, it is dropped. Where the origin was sampled by a threshold, that and the randomness go along, so that the
/// new trace counts for as many as the first. Any other span, the origin of a flow, is decided by another sampler.
public struct FollowingSampler: Sampler {
    private let origin: any Sampler

    /// Follows, and records every origin unless told otherwise.
    ///
    /// - Parameter origin: Decides about spans that nobody caused.
    public init(origin: any Sampler = AlwaysOnSampler()) {
        self.origin = origin
    }

    /// What the sampler of the origins says.
    public var readsAttributes: Bool { origin.readsAttributes }

    /// Decides as the type says.
    public func decide(_ span: SamplingRequest) -> SamplingDecision {
        if let parent = span.parent { return SamplingDecision(isSampled: parent.isSampled, state: parent.state) }
        let followed = span.followed
        guard !followed.isEmpty else { return origin.decide(span) }
        var decision = SamplingDecision(isSampled: followed.contains(where: \.isSampled), state: span.inheritedState)
        if decision.isSampled { decision.state.openTelemetry.threshold = threshold(followed, span.randomness) }
        return decision
    }

    /// The threshold that the new trace was sampled by, in effect: of several the least, if all that were sampled say
    /// theirs; unknown otherwise, and where it contradicts the randomness.
    private func threshold(_ followed: [SpanContext], _ randomness: UInt64) -> UInt64? {
        let thresholds = followed.filter(\.isSampled).map(\.state.openTelemetry.threshold)
        guard !thresholds.contains(nil), let least = thresholds.compactMap(\.self).min() else { return nil }
        return randomness >= least ? least : nil
    }
}
