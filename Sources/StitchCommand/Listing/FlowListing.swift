// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceContext
import TraceFlow
import TraceStore

/// Goes through the flows of a store, the newest first, a page at a time.
///
/// Without a filter flows come by the start of their origins, or of their newest spans; with one, by the start of the newest
/// span that it finds, so that a store is searched by what it has an index of.
struct FlowListing {
    /// Where flows without a filter are listed.
    enum Place {
        /// At their origins.
        case origin
        /// At the newest of all their spans.
        case everySpan
    }

    private let store: any SpanStore
    private let filter: FlowFilter
    private let query: SpanQuery
    /// What a search is for; `nil` if it is for origins.
    private let step: SpanCondition?
    private let place: Place
    private var cursor: SearchCursor?
    private let start: SearchCursor?
    private var present = PresentSpans()
    private let source: PrefetchedSpans

    /// How many spans are searched for at once, at first and later: a search looks through much to find little, and where
    /// flows are long their origins are far between.
    private static let pageSizes = (first: 200, last: 3_200)
    /// For how many flows spans are read at once.
    private static let prefetchCount = 50

    /// A flow, and where the search goes on behind it.
    struct Found {
        let flow: Flow
        let cursor: SearchCursor
    }

    /// A listing of the flows that a filter lets through.
    ///
    /// - Parameters:
    ///   - store: Where spans are looked for.
    ///   - filter: What a flow has to have.
    ///   - from: Spans that start at this moment or later.
    ///   - to: Spans that start before this moment.
    ///   - place: Where flows are listed, without a filter.
    ///   - cursor: Where a listing before ended.
    init(
        _ store: any SpanStore,
        filter: FlowFilter = FlowFilter(),
        from: Timestamp? = nil,
        to: Timestamp? = nil,
        at place: Place = .origin,
        after cursor: SearchCursor? = nil
    ) {
        self.store = store
        source = PrefetchedSpans(store)
        self.filter = filter
        let search = filter.query(searchable: store.searchable)
        var query = search?.query ?? SpanQuery()
        query.from = from
        query.to = to
        self.query = query
        step = search?.step
        self.place = place
        self.cursor = cursor
        start = cursor
    }

    /// Hands out flows until `body` has enough or there are no more; each once.
    mutating func forEach(_ body: (Found) async throws -> Bool) async throws {
        var seen: Set<SpanReference> = []
        var listed: Set<SpanReference> = []
        var pageSize = Self.pageSizes.first
        while true {
            let page = try await store.search(query, limit: pageSize, after: cursor)
            pageSize = min(pageSize * 2, Self.pageSizes.last)
            if step == nil, place == .origin { try await present.load(causesOf: page.spans, from: source) }
            let starts = page.spans.filter { isStart($0) }
            for (place, span) in starts.enumerated() {
                try Task.checkCancellation()
                if place.isMultiple(of: Self.prefetchCount) {
                    try await source.prefetch(starts[place...].prefix(Self.prefetchCount).map(\.traceID))
                }
                // Of a flow that was listed at a newer one.
                if listed.contains(span.reference) { continue }
                for flow in try await flows(of: span) where seen.insert(flow.origin.reference).inserted {
                    if step == nil, self.place == .everySpan { listed.formUnion(flow.spans.map(\.reference)) }
                    let place = SearchCursor(start: span.start, reference: span.reference)
                    guard try await body(Found(flow: flow, cursor: place)) else { return }
                }
            }
            guard let next = page.next else { return }
            cursor = next
        }
    }

    /// Whether flows are listed at a span's place.
    private func isStart(_ span: SpanData) -> Bool {
        if let step { return step.matches(span) }
        if place == .everySpan { return true }
        return span.leadsToCauses && !span.causes.contains { present.contains($0) }
    }

    /// The flows that are listed at a span's place.
    private func flows(of span: SpanData) async throws -> [Flow] {
        let flows = try await source.flows(of: span.reference).flows
        return flows.filter { filter.matches($0) && !isOfPageBefore($0) }
    }

    /// Whether a page before had the flow, because it found a newer span of it.
    private func isOfPageBefore(_ flow: Flow) -> Bool {
        guard let start, let step else { return false }
        return flow.spans.contains { span in
            guard query.matches(span), step.matches(span) else { return false }
            return !start.isBefore(span)
        }
    }
}

extension SearchCursor {
    /// Whether a span comes behind this place in the order of a search.
    fileprivate func isBefore(_ span: SpanData) -> Bool {
        span.start != start ? span.start < start : reference < span.reference
    }
}

/// Knows which causes of some spans are in a store.
private struct PresentSpans {
    private var traces: Set<TraceID> = []
    private var spans: Set<SpanReference> = []

    /// More are forgotten before the next are loaded.
    private static let mostSpans = 200_000

    func contains(_ reference: SpanReference) -> Bool { spans.contains(reference) }

    mutating func load(causesOf page: [SpanData], from store: any FlowSource) async throws {
        if spans.count > Self.mostSpans { self = PresentSpans() }
        spans.formUnion(page.map(\.reference))
        let needed = Set(page.flatMap(\.causes).filter { !spans.contains($0) }.map(\.traceID)).subtracting(traces)
        guard !needed.isEmpty else { return }
        traces.formUnion(needed)
        spans.formUnion(try await store.spans(of: Array(needed)).map(\.reference))
    }
}
