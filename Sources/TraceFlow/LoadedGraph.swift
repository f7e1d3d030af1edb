// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceContext

/// Spans that are brought in trace by trace, and which traces and back links are there by now.
struct LoadedGraph: Sendable {
    private(set) var spans = SpanGraph()

    /// Whether everything that there is was brought in.
    private var isComplete = false
    private var loaded: Set<Int> = []
    private var answered: Set<Int> = []
    private var truncated: Set<Int> = []

    init() {}

    /// All that there is.
    init(complete spans: SpanGraph) {
        self.spans = spans
        isComplete = true
    }

    /// Whether the spans of a trace are there.
    func isLoaded(_ trace: Int) -> Bool { isComplete || loaded.contains(trace) }

    /// Whether the links to a trace are known.
    func isAnswered(_ trace: Int) -> Bool { isComplete || answered.contains(trace) }

    /// Whether more links lead to a trace than are known.
    func isTruncated(_ trace: Int) -> Bool { truncated.contains(trace) }

    /// Brings in all spans of traces.
    mutating func load(_ spans: consuming [SpanData], of traces: [TraceID]) {
        let numbers = Set(traces.map { self.spans.number(of: $0) })
        loaded.formUnion(numbers)
        self.spans.add(moving: spans, of: Set(traces))
    }

    /// Brings in the links to traces.
    mutating func answer(_ links: BackLinks, to traces: [TraceID]) {
        for trace in traces {
            let number = spans.number(of: trace)
            answered.insert(number)
            if links.isTruncated { truncated.insert(number) }
        }
        spans.announce(links.links)
    }

    mutating func number(of trace: TraceID) -> Int { spans.number(of: trace) }
}
