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

    /// `true`.
    public var followsParents: Bool { true }

    /// Decides as the type says.
    public func decide(_ span: SamplingRequest) -> SamplingDecision {
        if let parent = span.parent { return SamplingDecision(isSampled: parent.isSampled, state: parent.state) }
        guard span.isCaused else { return origin.decide(span) }
        let isSampled = span.following.contains { $0.isValid && $0.isSampled }
        var state = span.inheritedState
        if isSampled { state.openTelemetry.threshold = threshold(span) }
        return SamplingDecision(isSampled: isSampled, state: state)
    }

    /// The threshold that the new trace was sampled by, in effect: of several the least, if all that were sampled say
    /// theirs; unknown otherwise, and where it contradicts the randomness.
    private func threshold(_ span: SamplingRequest) -> UInt64? {
        var least = UInt64.max
        for cause in span.following where cause.isValid && cause.isSampled {
            guard let threshold = cause.state.openTelemetry.threshold else { return nil }
            least = min(least, threshold)
        }
        return span.randomness >= least ? least : nil
    }
}
