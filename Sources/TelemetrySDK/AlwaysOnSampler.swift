// SPDX-License-Identifier: Apache-2.0

/// Records every span.
public struct AlwaysOnSampler: Sampler {
    /// There is nothing to set up.
    public init() {}

    /// Yes.
    public func decide(_ span: SamplingRequest) -> SamplingDecision {
        var state = span.inheritedState
        // The parent's probability is not this span's. Where none was said, none need be: a byte saved in each message.
        if state.openTelemetry.threshold != nil { state.openTelemetry.threshold = 0 }
        return SamplingDecision(isSampled: true, state: state)
    }
}

/// Records no span; their contexts travel all the same.
public struct AlwaysOffSampler: Sampler {
    /// There is nothing to set up.
    public init() {}

    /// No.
    public func decide(_ span: SamplingRequest) -> SamplingDecision {
        var state = span.inheritedState
        state.openTelemetry.threshold = nil
        return SamplingDecision(isSampled: false, state: state)
    }
}
