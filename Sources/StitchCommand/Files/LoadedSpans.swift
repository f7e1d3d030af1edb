// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceContext
import TraceFlow
import TraceStore

/// The spans of a file, in memory, searched as a store is.
struct LoadedSpans: SpanStore {
    private var traces: [TraceID: [SpanReference: SpanData]] = [:]
    private var links: [TraceID: [BackLinks.Link]] = [:]
    private var newestFirst: [SpanData] = []

    /// How many lines or requests of the files could not be read.
    let leftOutCount: Int

    /// Spans that arrived in this order; of copies the last counts, with the links and attributes of all.
    init(_ spans: some Sequence<SpanData>, leftOutCount: Int = 0) {
        self.leftOutCount = leftOutCount
        for span in spans {
            guard let span = span.keepable else { continue }
            let old = traces[span.traceID]?[span.reference]
            traces[span.traceID, default: [:]][span.reference] = old.map { span.united(withEarlier: $0) } ?? span
        }
        newestFirst = traces.values.flatMap(\.values).sorted { Self.place($0) > Self.place($1) }
        for span in newestFirst {
            for link in span.links {
                links[link.traceID, default: []].append(
                    BackLinks.Link(target: SpanReference(link.context), source: span.reference)
                )
            }
        }
    }

    var searchable: Set<SearchCondition> { Set(SearchCondition.allCases) }

    /// How many spans there are.
    var count: Int { newestFirst.count }

    func spans(of traces: [TraceID]) -> [SpanData] { Set(traces).flatMap { self.traces[$0]?.values.map { $0 } ?? [] } }

    func backLinks(to traces: [TraceID], limit: Int) -> BackLinks {
        let found = Set(traces).flatMap { links[$0] ?? [] }
        return BackLinks(Array(found.prefix(max(1, limit))), isTruncated: found.count > max(1, limit))
    }

    func search(_ query: SpanQuery, limit: Int, after cursor: SearchCursor?) -> SearchPage {
        var low = 0
        if let cursor {
            var high = newestFirst.count
            let place = Place(start: cursor.start.nanoseconds, reference: cursor.reference)
            while low < high {
                let middle = (low + high) / 2
                if Self.place(newestFirst[middle]) < place { high = middle } else { low = middle + 1 }
            }
        }
        var found: [SpanData] = []
        for span in newestFirst[low...] where query.matches(span) {
            if found.count == max(1, limit), let last = found.last {
                return SearchPage(spans: found, next: SearchCursor(start: last.start, reference: last.reference))
            }
            found.append(span)
        }
        return SearchPage(spans: found)
    }

    func read(_ body: ([SpanData]) async throws -> Void) async throws {
        var rest = newestFirst[...]
        while !rest.isEmpty {
            try await body(Array(rest.suffix(1000).reversed()))
            rest = rest.dropLast(1000)
        }
    }

    func traces(withPrefix prefix: String, limit: Int) -> [TraceID] {
        let found = traces.keys.filter { $0.description.hasPrefix(prefix.lowercased()) }
        return Array(found.sorted { ($0.high, $0.low) < ($1.high, $1.low) }.prefix(max(1, limit)))
    }

    private struct Place: Comparable {
        let start: UInt64
        let reference: SpanReference

        static func < (a: Place, b: Place) -> Bool {
            a.start != b.start ? a.start < b.start : b.reference < a.reference
        }
    }

    private static func place(_ span: SpanData) -> Place {
        Place(start: span.start.nanoseconds, reference: span.reference)
    }
}
