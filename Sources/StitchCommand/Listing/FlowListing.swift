// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceContext
import TraceFlow
import TraceStore

/// Goes through the flows of a store, the newest first, a page at a time.
///
/// Without a filter flows come by the start of their origins, or of their newest spans; with one, by the start of the newest
/// span that was searched for, so that a store is searched by what it has an index of. Of several at one span, as a batch
/// has them, that of the earliest origin comes first.
struct FlowListing {
    /// Where flows without a filter are listed.
    enum Place {
        /// At their origins.
        case origin
        /// At the newest of all their spans.
        case everySpan
    }

    private let store: any SpanStore
    private let query: SpanQuery
    /// What flows are searched by; `nil` without a filter.
    private let search: FlowSearch?
    private let place: Place
    private let start: FlowCursor?
    private let source: PrefetchedSpans
    /// The origins of flows that were looked at.
    private var seen: Set<SpanReference> = []
    /// The spans of flows that were handed out at a newer one.
    private var listed: Set<SpanReference> = []
    /// How many ways up to origins were left out for being too many.
    private(set) var originsLeftOut = 0

    /// How many spans are searched for at once, at first and later: a search looks through much to find little, and where
    /// flows are long their origins are far between.
    private static let pageSizes = (first: 200, last: 3_200)
    /// For how many flows spans are read at once.
    private static let prefetchCount = 50
    /// How many flows of a span are joined at once.
    private static let flowCount = 64

    /// A flow, and where the list goes on behind it.
    struct Found {
        let flow: Flow
        let cursor: FlowCursor
    }

    /// A listing of the flows that a filter lets through.
    ///
    /// - Parameters:
    ///   - store: Where spans are looked for.
    ///   - filter: What a flow has to have.
    ///   - from: The spans that the filter finds, or without one those that are listed, start at this moment or later.
    ///   - to: They start before this moment.
    ///   - place: Where flows are listed, without a filter.
    ///   - cursor: Where a listing before ended.
    init(
        _ store: any SpanStore,
        filter: FlowFilter = FlowFilter(),
        from: Timestamp? = nil,
        to: Timestamp? = nil,
        at place: Place = .origin,
        after cursor: FlowCursor? = nil
    ) {
        self.store = store
        source = PrefetchedSpans(store)
        search = FlowSearch(filter, searchable: store.searchable, from: from, to: to)
        query = search?.query ?? SpanQuery(from: from, to: to)
        self.place = place
        start = cursor
    }

    /// Hands out flows until `body` has enough or there are no more; each once.
    mutating func forEach(_ body: (Found) async throws -> Bool) async throws {
        if let start, start.origin != nil {
            // More of them may be listed at the same span.
            let spans = try await store.spans(of: [start.place.reference.traceID])
            let last = spans.filter { SearchCursor($0) == start.place && query.matches($0) }
            guard try await list(last, body) else { return }
        }
        var cursor = start?.place
        var pageSize = Self.pageSizes.first
        while true {
            let page = try await store.search(query, limit: pageSize, after: cursor)
            pageSize = min(pageSize * 2, Self.pageSizes.last)
            guard try await list(page.spans, body), let next = page.next else { return }
            cursor = next
        }
    }

    /// Hands out the flows that are listed at some spans; returns whether more are wanted.
    private mutating func list(_ spans: [SpanData], _ body: (Found) async throws -> Bool) async throws -> Bool {
        let starts = try await starts(of: spans)
        for (number, span) in starts.enumerated() {
            try Task.checkCancellation()
            if number.isMultiple(of: Self.prefetchCount) {
                try await source.prefetch(starts[number...].prefix(Self.prefetchCount).map(\.traceID))
            }
            if listed.contains(span.reference) { continue }
            let place = SearchCursor(span)
            var rest = try await origins(of: span).filter { seen.insert($0).inserted }[...]
            while !rest.isEmpty {
                let next = Array(rest.prefix(Self.flowCount))
                rest = rest.dropFirst(next.count)
                for flow in try await source.flows(FlowAssembler(from: .origins(next))).flows {
                    guard isListed(flow, at: place) else { continue }
                    if search == nil, self.place == .everySpan { listed.formUnion(flow.spans.map(\.reference)) }
                    let cursor = FlowCursor(place, origin: flow.origin.reference)
                    guard try await body(Found(flow: flow, cursor: cursor)) else { return false }
                }
            }
        }
        return true
    }

    /// The spans of some that flows may be listed at.
    private func starts(of spans: [SpanData]) async throws -> [SpanData] {
        if let search { return spans.filter { search.finds($0) } }
        guard place == .origin else { return spans }
        let known = Set(spans.map(\.reference))
        let traces = Set(spans.flatMap(\.causes).filter { !known.contains($0) }.map(\.traceID))
        let index = SpanIndex(try await source.spans(of: Array(traces)) + spans)
        return spans.filter { !index.hasEarlierCause($0) }
    }

    /// The origins of the flows that are listed at a span, without those that a page before had.
    private mutating func origins(of span: SpanData) async throws -> [SpanReference] {
        let found = try await source.origins(from: .span(span.reference))
        let origins = found.spans.map(\.reference)
        if search == nil, place == .origin { return origins.filter { $0 == span.reference } }
        originsLeftOut += found.leftOut
        guard let start, SearchCursor(span) == start.place, let last = origins.firstIndex(where: { $0 == start.origin })
        else { return origins }
        return Array(origins[(last + 1)...])
    }

    /// Whether a flow that was found at a place is wanted, and was not on a page before.
    private func isListed(_ flow: Flow, at place: SearchCursor) -> Bool {
        guard let search else { return flow.spans.contains { $0.leadsToCauses } }
        guard let newest = search.place(of: flow) else { return false }
        guard let start else { return true }
        return start.place.isBefore(newest) || newest == start.place && place == start.place
    }
}

extension FlowListing {
    /// Says what is not in the list for being too much.
    func tellLeftOut(_ console: Console) {
        guard originsLeftOut > 0 else { return }
        console.tell(
            "flows are missing from the list: \(originsLeftOut.grouped) ways from spans to their origins were too many to follow"
        )
    }
}
