// SPDX-License-Identifier: Apache-2.0

/// Asks one sampler or another, by what is known of a span when it starts.
///
/// ```swift
/// RuleBasedSampler(
///     [
///         .rule(.wait(atLeast: .seconds(60)), use: AlwaysOnSampler()),
///         .rule(.retried, use: AlwaysOnSampler()),
///         .rule(.queue("audit"), .kind(.consumer), use: TraceIDRatioSampler(0.01)),
///     ],
///     otherwise: FollowingSampler()
/// )
/// ```
///
/// How long a message or job waited, and which attempt it is, is known when the work on it begins, so what is late or
/// retried can be kept whatever was decided about its origin.
public struct RuleBasedSampler: Sampler {
    /// Which sampler is asked when.
    public struct Rule: Sendable {
        let conditions: [SamplingCondition]
        let sampler: any Sampler

        /// A sampler that is asked where all of these hold.
        public static func rule(_ conditions: SamplingCondition..., use sampler: any Sampler) -> Rule {
            Rule(conditions: conditions, sampler: sampler)
        }
    }

    private let rules: [Rule]
    private let otherwise: any Sampler

    /// Whether a rule, or a sampler, does.
    public let readsAttributes: Bool

    /// These rules, of which the first that holds counts.
    ///
    /// - Parameters:
    ///   - rules: The rules, in order.
    ///   - otherwise: Is asked where none holds.
    public init(_ rules: [Rule], otherwise: any Sampler = FollowingSampler()) {
        self.rules = rules
        self.otherwise = otherwise
        readsAttributes =
            otherwise.readsAttributes
            || rules.contains { $0.sampler.readsAttributes || $0.conditions.contains(where: \.readsAttributes) }
    }

    /// Decides as the type says.
    public func decide(_ span: SamplingRequest) -> SamplingDecision {
        let rule = rules.first { $0.conditions.allSatisfy { $0.holds(of: span) } }
        return (rule?.sampler ?? otherwise).decide(span)
    }
}
