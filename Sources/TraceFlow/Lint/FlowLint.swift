// SPDX-License-Identifier: Apache-2.0

public import TelemetryData

/// Looks for what is wrong with spans: torn flows, waits that can't be, names that are too many.
///
/// Each rule that counts or compares takes linear time, or that of sorting. What was found in many spans of one hop is
/// told once, with their number.
public struct FlowLint: Sendable {
    /// What is known of why a span may not be there: what began before the oldest that is kept isn't missed, and what is
    /// missing of the newest may still come.
    public var horizon = FlowHorizon()

    /// From where on things count as too much.
    public var limits = Limits()

    /// From where on things count as too much.
    public struct Limits: Sendable, Hashable {
        /// What clocks may differ by.
        public var skew = Duration.milliseconds(1)

        /// Longer than this no span is; each that is is found.
        public var longestSpan = Duration.seconds(86_400)

        /// Shorter than this a span is not found for being longer than its kind.
        public var longSpan = Duration.seconds(60)

        /// How many times as long as nine of ten of its kind a span is that is found.
        public var timesAsLong = 100

        /// How many spans of a kind there have to be, to know how long they are.
        public var comparedSpans = 20

        /// How many names that differ only in numbers and ids a service may have.
        public var similarNames = 50

        /// How many names of spans a service may have.
        public var names = 1_000

        /// How many keys of attributes that differ only in numbers and ids a service may have.
        public var similarKeys = 50

        /// How many values a key may have that by convention has few.
        public var values = 100

        /// How many messages have to reach a service before their share without context counts.
        public var edgeMessages = 20

        /// Which share without context is a finding of the whole way from topic to service, from 0 to 1.
        public var edgeShare = 0.2

        /// How many spans of a name there have to be before it counts that none was ever critical.
        public var neverCriticalSpans = 100

        /// In how many flows they have to be.
        public var neverCriticalFlows = 10

        /// The limits that count unless they are set.
        public init() {}
    }

    /// A lint with usual limits.
    public init() {}

    /// Looks at spans, and at flows of them.
    ///
    /// - Parameters:
    ///   - spans: The spans of all traces, in any order.
    ///   - flows: Flows made of them, for what can only be told of whole flows.
    ///   - critical: The spans on a flow's critical path; without it no span is found for never mattering.
    ///   - surroundings: What the spans have to do with, if they are not all that there are.
    /// - Returns: What was found, the same each time.
    public func report(
        on spans: some Sequence<SpanData>,
        flows: some Sequence<Flow> = [],
        critical: ((Flow) -> Set<SpanReference>)? = nil,
        surroundings: LintSurroundings = LintSurroundings()
    ) -> LintReport {
        let ground = LintGround(Array(spans), self, surroundings)
        var collector = LintCollector()
        LinkRules.check(ground, &collector)
        ContextRules.check(ground, &collector)
        ChangedContextRule.check(ground, &collector)
        RequestRule.check(ground, &collector)
        MessageRules.check(ground, &collector)
        TimeRules.check(ground, &collector)
        NameRules.check(ground, &collector)
        AttributeRules.check(ground, &collector)
        if let critical { CriticalRule.check(ground, flows, critical, &collector) }
        return collector.report(ground)
    }
}
