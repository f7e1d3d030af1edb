// SPDX-License-Identifier: Apache-2.0

import TelemetryAPI

/// Decides by what was decided about the parent, and where that was.
///
/// A case without a sampler of its own follows the parent.
public struct ParentBasedSampler: Sampler {
    private let root: any Sampler
    private let remoteSampled: (any Sampler)?
    private let remoteNotSampled: (any Sampler)?
    private let localSampled: (any Sampler)?
    private let localNotSampled: (any Sampler)?

    /// A sampler for each case.
    ///
    /// - Parameters:
    ///   - root: Decides about a span without a parent; a ``FollowingSampler`` there keeps flows whole across links.
    ///   - remoteSampled: Decides if the parent is of another process and was sampled.
    ///   - remoteNotSampled: Decides if the parent is of another process and was not sampled.
    ///   - localSampled: Decides if the parent is of this process and was sampled.
    ///   - localNotSampled: Decides if the parent is of this process and was not sampled.
    public init(
        root: any Sampler = FollowingSampler(),
        remoteSampled: (any Sampler)? = nil,
        remoteNotSampled: (any Sampler)? = nil,
        localSampled: (any Sampler)? = nil,
        localNotSampled: (any Sampler)? = nil
    ) {
        self.root = root
        self.remoteSampled = remoteSampled
        self.remoteNotSampled = remoteNotSampled
        self.localSampled = localSampled
        self.localNotSampled = localNotSampled
    }

    /// Whether one of the samplers does.
    public var readsAttributes: Bool {
        [root, remoteSampled, remoteNotSampled, localSampled, localNotSampled].contains { $0?.readsAttributes ?? false }
    }

    /// Whether no case of a child has a sampler of its own.
    public var followsParents: Bool {
        [remoteSampled, remoteNotSampled, localSampled, localNotSampled].allSatisfy { $0 == nil }
    }

    /// Decides as the type says.
    public func decide(_ span: SamplingRequest) -> SamplingDecision {
        guard let parent = span.parent else { return root.decide(span) }
        guard let sampler = sampler(of: parent) else {
            return SamplingDecision(isSampled: parent.isSampled, state: parent.state)
        }
        var decision = sampler.decide(span)
        decision.state.openTelemetry.threshold = Self.threshold(of: decision, after: parent)
        return decision
    }

    private func sampler(of parent: SpanContext) -> (any Sampler)? {
        switch (parent.isRemote, parent.isSampled) {
        case (true, true): remoteSampled
        case (true, false): remoteNotSampled
        case (false, true): localSampled
        case (false, false): localNotSampled
        }
    }

    /// What two decisions in a row amount to.
    ///
    /// Whoever passes both reaches the greater threshold. Where the first one's isn't known, or was not passed, nothing
    /// is known of the whole.
    private static func threshold(of decision: SamplingDecision, after parent: SpanContext) -> UInt64? {
        guard decision.isSampled, parent.isSampled else { return nil }
        guard let first = parent.state.openTelemetry.threshold else { return nil }
        return max(first, decision.state.openTelemetry.threshold ?? 0)
    }
}
