// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceFlow

/// What a flow has to have: a span that meets a condition, or several of which one leads to the next.
struct FlowFilter: Sendable, Hashable {
    /// How one step stands to the one before it.
    enum Turn: Sendable, Hashable {
        /// The step before caused it, directly or not.
        case leadsTo
        /// It caused the step before.
        case comesFrom
    }

    /// What a span has to meet at each step; none asks for nothing.
    var steps: [SpanCondition] = []
    /// Between each two steps.
    var turns: [Turn] = []

    /// The filter with a condition on its only or, of several steps, on any span beside them.
    func adding(_ conditions: [SpanCondition]) -> FlowFilter {
        guard !conditions.isEmpty else { return self }
        var filter = self
        if let last = filter.steps.popLast() {
            filter.steps.append(.all([last] + conditions))
        } else {
            filter.steps = [conditions.count == 1 ? conditions[0] : .all(conditions)]
        }
        return filter
    }

    /// The spans of a flow that it finds: those that meet the last step, and that the steps before lead to.
    ///
    /// There is none where there is no step.
    func found(in flow: Flow) -> [SpanData] {
        guard let first = steps.first else { return [] }
        let found = flow.spans.filter { first.matches($0) }
        guard steps.count > 1 else { return found }
        let ways = FlowWays(flow)
        var references = found.map(\.reference)
        for (step, turn) in zip(steps.dropFirst(), turns) {
            let reached = turn == .leadsTo ? ways.effects(of: references) : ways.causes(of: references)
            references = reached.filter { reference in ways.spans[reference].map { step.matches($0) } ?? false }
        }
        return references.compactMap { ways.spans[$0] }
    }
}

/// The ways within a flow, over children and links.
private struct FlowWays {
    var spans: [SpanReference: SpanData] = [:]
    private var down: [SpanReference: [SpanReference]] = [:]
    private var up: [SpanReference: [SpanReference]] = [:]

    init(_ flow: Flow) {
        for span in flow.spans {
            spans[span.reference] = span
            for cause in span.causes where flow.contains(cause) {
                down[cause, default: []].append(span.reference)
                up[span.reference, default: []].append(cause)
            }
        }
    }

    /// All that these lead to.
    func effects(of spans: [SpanReference]) -> [SpanReference] { Self.reached(from: spans, by: down) }

    /// All that led to these.
    func causes(of spans: [SpanReference]) -> [SpanReference] { Self.reached(from: spans, by: up) }

    private static func reached(
        from start: [SpanReference],
        by ways: [SpanReference: [SpanReference]]
    ) -> [SpanReference] {
        var seen: Set<SpanReference> = []
        var found: [SpanReference] = []
        var waiting = start
        while let next = waiting.popLast() {
            for reference in ways[next] ?? [] where seen.insert(reference).inserted {
                found.append(reference)
                waiting.append(reference)
            }
        }
        return found
    }
}
