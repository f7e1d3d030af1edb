// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import Testing
import TraceFlow

@testable import StitchCommand

@Suite("Lists of flows, whatever their spans")
struct FlowListingTests {
    private static let filters = [
        "", "error", "kind=consumer", "service='service 1'", "name~2 or error", "name='work 1' -> error",
        "error <- kind=consumer", "service='service 0' -> kind=consumer -> not error",
    ]

    /// The origins of a list, in its order, read in pages of so many.
    private func list(
        _ store: LoadedSpans,
        _ filter: FlowFilter,
        from: Timestamp? = nil,
        pageSize: Int = .max
    ) async throws -> [SpanReference] {
        var found: [SpanReference] = []
        var cursor: FlowCursor?
        while true {
            var listing = FlowListing(store, filter: filter, from: from, after: cursor)
            var page: [FlowListing.Found] = []
            var hasMore = false
            try await listing.forEach { flow in
                hasMore = page.count == pageSize
                if !hasMore { page.append(flow) }
                return !hasMore
            }
            found += page.map(\.flow.origin.reference)
            guard hasMore, let last = page.last else { return found }
            cursor = try FlowCursor(token: last.cursor.token)
        }
    }

    @Test("A list has the flows that spans belong to, each once, if the filter finds a span", arguments: filters)
    func whole(text: String) async throws {
        let filter = try FilterParser.parse(text)
        let from = Timestamp(nanoseconds: Shop.start + 15_000_000)
        for seed: UInt64 in 1...8 {
            let spans = RandomSpans.spans(seed: seed, count: seed < 8 ? 40 : 230)
            let index = SpanIndex(spans)
            // Without a filter polls that nothing came of are left out.
            let listed = index.spans.filter { $0.leadsToCauses || !text.isEmpty }
            let origins = Set(listed.flatMap { index.origins(of: $0) })
            func wanted(from: Timestamp) -> Set<SpanReference> {
                let flows = origins.map { index.flow(from: $0) }.filter { flow in
                    (text.isEmpty ? [flow.origin] : filter.found(in: flow)).contains { $0.start >= from }
                }
                return Set(flows.map(\.origin.reference))
            }
            let all = try await list(LoadedSpans(spans), filter)
            #expect(Set(all) == wanted(from: Timestamp(nanoseconds: 0)) && Set(all).count == all.count)
            let late = try await list(LoadedSpans(spans), filter, from: from)
            #expect(Set(late) == wanted(from: from) && Set(late).count == late.count)
        }
    }

    @Test("Pages of any size are together the whole list", arguments: filters)
    func pages(text: String) async throws {
        let filter = try FilterParser.parse(text)
        for seed: UInt64 in 1...5 {
            let store = LoadedSpans(RandomSpans.spans(seed: seed, count: 40))
            let whole = try await list(store, filter)
            for pageSize in [1, 2, 3, 7] {
                let pages = try await list(store, filter, pageSize: pageSize)
                #expect(pages == whole, "seed \(seed), pages of \(pageSize)")
            }
        }
    }

    @Test(
        "Polls that nothing came of are no news, nor listed without a filter",
        arguments: [FlowListing.Place.origin, .everySpan]
    )
    func polls(place: FlowListing.Place) async throws {
        func poll(_ order: UInt64) -> SpanData {
            Shop.span("poll", of: order, 1, from: 0, for: 1, service: "shop").operating("receive")
        }
        let work = Shop.span("process", of: 1, 2, parent: 1, from: 1, for: 1, service: "shop").operating("process")
        let store = LoadedSpans([poll(0), poll(1), work])
        var found: [SpanReference] = []
        var listing = FlowListing(store, at: place)
        try await listing.forEach { flow in
            found.append(flow.flow.origin.reference)
            return true
        }
        #expect(found == [poll(1).reference])
        #expect(try await list(store, FilterParser.parse("name=poll")).count == 2)
    }

    @Test("Places of lists are read as they are written; one that only names a span is behind all of its flows")
    func tokens() throws {
        let token = "7/\(Shop.context(0, 1).traceID)/0000000000000001"
        #expect(try FlowCursor(token: token).token == token)
        #expect(try FlowCursor(token: token).origin == nil)
        let long = "\(token)/\(Shop.context(1, 2).traceID)/0000000000000002"
        #expect(try FlowCursor(token: long).token == long)
        #expect(try FlowCursor(token: long).origin == SpanReference(Shop.context(1, 2)))
        for text in ["", "7", "x/\(token.dropFirst(2))", "\(token)/1", "\(long)/1"] {
            #expect(throws: CommandError.self) { try FlowCursor(token: text) }
        }
    }
}
