// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// How much there is, and what doesn't fit together.
public struct FlowTotals: Sendable, Hashable {
    /// Traces.
    public var traces = 0

    /// Spans.
    public var spans = 0

    /// Links.
    public var links = 0

    /// Links to spans that aren't there.
    public var dangling = 0

    /// Spans whose parent isn't there.
    public var orphans = 0
}

extension SpanIndex {
    /// What there is in the index.
    public var totals: FlowTotals {
        var totals = FlowTotals()
        totals.traces = Set(spans.map(\.traceID)).count
        totals.spans = spans.count
        for span in spans {
            totals.links += span.links.count
            totals.dangling += span.links.count { self[SpanReference($0.context)] == nil }
            if let parent = span.parent, self[SpanReference(parent)] == nil { totals.orphans += 1 }
        }
        return totals
    }
}
