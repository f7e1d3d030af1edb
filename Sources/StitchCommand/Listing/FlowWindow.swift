// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceFlow
import TraceStore

/// The spans of a time, or the flows of a filter, as many as a command looks at in memory.
struct FlowWindow {
    let store: any SpanStore
    let limit: Int

    /// What a command looks at unless told otherwise.
    static let defaultLimit = 500_000

    static let options = [
        OptionDescription("since", "TIME", "spans that started no longer ago: 15m, 2h, 3d"),
        OptionDescription("from", "WHEN", "spans that started then or later: 2026-11-28T14:30:00Z"),
        OptionDescription("to", "WHEN", "spans that started before"),
        OptionDescription("limit", "N", "how many spans at most, the newest; \(defaultLimit) unless given"),
    ]

    /// A window of a command's options.
    init(_ arguments: ParsedArguments, _ store: any SpanStore) throws(CommandError) {
        self.store = store
        limit = try arguments.number("limit", in: 1...100_000_000) ?? Self.defaultLimit
    }

    init(_ store: any SpanStore, limit: Int = defaultLimit) {
        self.store = store
        self.limit = limit
    }

    private static let pageSize = 5_000

    /// The spans of a time, the newest first, and whether there are more.
    func spans(from: Timestamp?, to: Timestamp?) async throws -> (spans: [SpanData], isWhole: Bool) {
        var spans: [SpanData] = []
        var cursor: SearchCursor?
        while spans.count < limit {
            let size = min(Self.pageSize, limit - spans.count)
            let page = try await store.search(SpanQuery(from: from, to: to), limit: size, after: cursor)
            spans += page.spans
            cursor = page.next
            guard cursor != nil else { return (spans, true) }
        }
        return (spans, false)
    }

    /// The flows of a time that a filter lets through, the newest first, at most so many; it is told what is missing.
    func flows(
        _ filter: FlowFilter,
        from: Timestamp?,
        to: Timestamp?,
        most: Int,
        _ console: Console
    ) async throws -> [Flow] {
        var flows: [Flow] = []
        var count = 0
        var listing = FlowListing(store, filter: filter, from: from, to: to)
        try await listing.forEach { found in
            flows.append(found.flow)
            count += found.flow.spans.count
            return flows.count < most && count < limit
        }
        listing.tellLeftOut(console)
        return flows
    }
}
