// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceContext

/// Spans, each once, in the order of their start, to be found by name.
///
/// Of copies the later one counts. The order is the same whatever order they came in.
struct SpanTable: Sendable {
    let spans: [SpanData]
    private let positions: [SpanReference: Int]

    init(_ all: some Sequence<SpanData>) {
        var kept: [SpanData] = []
        var places: [SpanReference: Int] = [:]
        for span in all {
            if let place = places[span.reference] {
                kept[place] = span
            } else {
                places[span.reference] = kept.count
                kept.append(span)
            }
        }
        let order = kept.indices.map { Rank(kept[$0], place: $0) }.sorted(by: Rank.isEarlier)
        spans = order.map { kept[$0.place] }
        for (position, span) in spans.enumerated() { places[span.reference] = position }
        positions = places
    }

    /// One of the spans.
    subscript(reference: SpanReference) -> SpanData? { positions[reference].map { spans[$0] } }

    /// Where a span stands.
    func position(_ reference: SpanReference) -> Int? { positions[reference] }

    /// What a span is sorted by: spans themselves are large.
    private struct Rank {
        var start: UInt64
        var trace: TraceID
        var span: UInt64
        var place: Int

        init(_ span: SpanData, place: Int) {
            start = span.start.nanoseconds
            trace = span.traceID
            self.span = span.spanID.bits
            self.place = place
        }

        static func isEarlier(_ a: Rank, _ b: Rank) -> Bool {
            if a.start != b.start { return a.start < b.start }
            return (a.trace.high, a.trace.low, a.span) < (b.trace.high, b.trace.low, b.span)
        }
    }
}
