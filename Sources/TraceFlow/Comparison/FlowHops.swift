// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// The spans of a flow, each with its path and how much of its time was its own.
struct FlowHops: Sendable {
    /// A span at its place.
    struct Entry: Sendable {
        var span: SpanData
        var path: Int
        /// How long none of what it caused was at work, in nanoseconds.
        var ownTime: Int64
        /// How long the flow's message waited before, in nanoseconds; of several in a batch, the one that did longest.
        var waits: [FlowWait.Reason: Int64]
        /// All waits together.
        var wait: Int64 { waits.values.reduce(0) { $0.addingSaturated($1) } }
    }

    /// In the order of their start, the origin first.
    let entries: [Entry]

    init(_ flow: Flow, _ paths: inout HopPaths) {
        let spans = flow.spans
        var positions: [SpanReference: Int] = [:]
        for (position, span) in spans.enumerated() { positions[span.reference] = position }
        var effects: [[Int]] = Array(repeating: [], count: spans.count)
        for (position, span) in spans.enumerated() where span.reference != flow.origin.reference {
            let causes = [span.parent].compactMap { $0 } + span.links.map(\.context)
            let cause = causes.lazy.compactMap { positions[SpanReference($0)] }.first { $0 != position }
            effects[cause ?? 0].append(position)
        }
        var numbers = Array(repeating: -1, count: spans.count)
        // Spans that caused each other are reached from nowhere: they count as origins.
        for start in spans.indices where numbers[start] < 0 {
            var waiting = [(start, start == 0 ? -1 : numbers[0])]
            while let (position, parent) = waiting.popLast() {
                guard numbers[position] < 0 else { continue }
                let hop = HopPath.Hop(service: spans[position].resource.serviceName, name: spans[position].name)
                numbers[position] = paths.number(after: parent, hop)
                for effect in effects[position] { waiting.append((effect, numbers[position])) }
            }
        }
        entries = spans.indices.map { position in
            Entry(
                span: spans[position],
                path: numbers[position],
                ownTime: Self.ownTime(of: spans[position], without: effects[position].map { spans[$0] }),
                waits: Self.waits(before: spans[position], in: flow)
            )
        }
    }

    private static func waits(before span: SpanData, in flow: Flow) -> [FlowWait.Reason: Int64] {
        var waits: [FlowWait.Reason: Int64] = [:]
        for wait in flow.waits(of: span) {
            waits[wait.reason] = waits[wait.reason, default: 0].addingSaturated(wait.nanoseconds)
        }
        return waits
    }

    /// What is left of a span's time without that of others, which may overlap.
    static func ownTime(of span: SpanData, without others: [SpanData]) -> Int64 {
        var own = span.lengthInNanoseconds
        var reached = span.start
        for other in others.sorted(by: { $0.start < $1.start }) {
            let (start, end) = (max(reached, other.start), min(span.end, other.end))
            guard start < end else { continue }
            own = own.subtractingSaturated(end.nanoseconds(after: start))
            reached = end
        }
        return max(0, own)
    }
}
