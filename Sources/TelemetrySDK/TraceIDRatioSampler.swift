// SPDX-License-Identifier: Apache-2.0

import TelemetryAPI

/// Records a share of the traces, the same ones in every process: those whose randomness, 56 bits of the trace id or
/// what the trace state gives in their place, reaches a threshold (OpenTelemetry, "TraceState: Probability Sampling").
///
/// The threshold goes into the trace state, `ot=th:…`, so that one recorded trace can be counted for all that it stands
/// for. A span that starts a trace because of others is decided by their randomness, which goes along as `rv`. It asks
/// no parent; a ``FollowingSampler`` or a ``ParentBasedSampler`` does that.
public struct TraceIDRatioSampler: Sampler {
    /// The least randomness that is recorded; `nil` if nothing is.
    public let threshold: UInt64?

    private let notice: PresumptionNotice

    /// Records this share of the traces.
    ///
    /// - Parameter ratio: From 0 to 1; what is outside counts as the nearest of both, and what is no number as 0. It is
    ///   kept to four significant hexadecimal digits, which other software does too.
    public init(_ ratio: Double) {
        self.init(ratio, notice: .ofProcess)
    }

    init(_ ratio: Double, notice: PresumptionNotice) {
        threshold = Self.threshold(ratio)
        self.notice = notice
    }

    /// Decides as the type says.
    public func decide(_ span: SamplingRequest) -> SamplingDecision {
        let randomness = span.randomness
        if span.isPresumedRandom { notice.tell() }
        let isSampled = threshold.map { randomness >= $0 } ?? false
        var state = span.inheritedState
        var member = state.openTelemetry
        member.threshold = isSampled ? threshold : nil
        if span.isCaused { member.randomness = randomness }
        state.openTelemetry = member
        return SamplingDecision(isSampled: isSampled, state: state)
    }

    private static func threshold(_ ratio: Double) -> UInt64? {
        let all = 0x1p56
        guard ratio * all >= 1 else { return nil }
        guard ratio < 1 else { return 0 }
        let exact = UInt64(((1 - ratio) * all).rounded())
        // Of a small share the threshold begins with as many `f` as the share has zeroes; four digits follow.
        let leading = Int(-ratio.exponent - 1) / 4
        let unit = UInt64(1) << UInt64(4 * max(0, 14 - 4 - leading))
        return min((exact + unit / 2) / unit * unit, TraceID.greatestRandomness)
    }
}

extension TraceIDRatioSampler: CustomStringConvertible {
    /// Its threshold.
    public var description: String { "TraceIDRatioSampler(threshold: \(String(describing: threshold)))" }
}
