// SPDX-License-Identifier: Apache-2.0

import TelemetryData

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
        // Numbers are moved about, since spans are large.
        let order = kept.indices.sorted { Self.isEarlier(kept[$0], kept[$1]) }
        spans = order.map { kept[$0] }
        for (position, place) in order.enumerated() { places[kept[place].reference] = position }
        positions = places
    }

    /// One of the spans.
    subscript(reference: SpanReference) -> SpanData? { positions[reference].map { spans[$0] } }

    /// Where a span stands.
    func position(_ reference: SpanReference) -> Int? { positions[reference] }

    private static func isEarlier(_ a: SpanData, _ b: SpanData) -> Bool {
        if a.start != b.start { return a.start < b.start }
        let (first, second) = (a.traceID, b.traceID)
        return (first.high, first.low, a.spanID.bits) < (second.high, second.low, b.spanID.bits)
    }
}
