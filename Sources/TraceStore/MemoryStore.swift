// SPDX-License-Identifier: Apache-2.0

import Synchronization
public import TelemetryData
public import TraceContext
public import TraceFlow

/// Spans in memory: for tests, for files that are read whole, for whatever is small.
///
/// It looks at every span to answer, which is plainly right and slow. It may be shared; nothing bounds it.
public final class MemoryStore: WritableSpanStore {
    /// What it can search by.
    public let searchable: Set<SearchCondition>

    private let kept: Mutex<[SpanReference: SpanData]>

    /// A store.
    ///
    /// - Parameters:
    ///   - spans: What is in it at first, in the order of arrival.
    ///   - searchable: What it can search by.
    public init(_ spans: [SpanData] = [], searchable: Set<SearchCondition> = Set(SearchCondition.allCases)) {
        self.searchable = searchable
        kept = Mutex(Self.adding(spans, to: [:]))
    }

    /// Keeps spans; they are gone with the process.
    public func append(_ spans: [SpanData]) async throws {
        kept.withLock { $0 = Self.adding(spans, to: $0) }
    }

    private static func adding(
        _ spans: [SpanData],
        to kept: [SpanReference: SpanData]
    ) -> [SpanReference: SpanData] {
        var kept = kept
        for span in spans {
            guard let span = span.keepable else { continue }
            kept[span.reference] = kept[span.reference].map { span.united(withEarlier: $0) } ?? span
        }
        return kept
    }

    /// All spans, those that start last first.
    private var all: [SpanData] {
        kept.withLock { Array($0.values) }.sorted { SearchCursor($0).precedes(SearchCursor($1)) }
    }

    /// All spans of these traces.
    public func spans(of traces: [TraceID]) async throws -> [SpanData] {
        let traces = Set(traces)
        return all.filter { traces.contains($0.traceID) }
    }

    /// The links to spans of these traces.
    public func backLinks(to traces: [TraceID], limit: Int) async throws -> BackLinks {
        let traces = Set(traces)
        var seen: Set<BackLinks.Link> = []
        var found = BackLinks()
        for span in all {
            for link in span.links where traces.contains(link.traceID) {
                let link = BackLinks.Link(target: SpanReference(link.context), source: span.reference)
                guard seen.insert(link).inserted else { continue }
                guard found.links.count < max(1, limit) else {
                    found.isTruncated = true
                    return found
                }
                found.links.append(link)
            }
        }
        return found
    }

    /// The spans that meet a query's conditions, those that start last first.
    public func search(_ query: SpanQuery, limit: Int, after cursor: SearchCursor?) async throws -> SearchPage {
        try query.check(against: searchable)
        let rest = all.filter { span in
            query.matches(span) && cursor.map { $0.precedes(SearchCursor(span)) } ?? true
        }
        return SearchPage(rest, limit: max(1, limit))
    }

    /// The traces whose ids begin with some digits, in the order of their ids.
    public func traces(withPrefix prefix: String, limit: Int) async throws -> [TraceID] {
        try StoreError.check([.prefix], against: searchable)
        let traces = Set(all.map(\.traceID)).filter { $0.description.hasPrefix(prefix.lowercased()) }
        return Array(traces.sorted { $0.isBefore($1) }.prefix(max(1, limit)))
    }

    /// Reads all spans, those that start last first.
    public func read(_ body: ([SpanData]) async throws -> Void) async throws {
        var rest = all[...]
        while !rest.isEmpty {
            try await body(Array(rest.prefix(1_000)))
            rest = rest.dropFirst(1_000)
        }
    }
}
