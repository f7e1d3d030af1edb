// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import Testing
import TraceContext
import TraceFlow

@testable import TraceStore

@Suite("Every store", .serialized)
struct SpanStoreConformance {
    @Test("It gives back what it was given, span for span", arguments: StoreKind.allCases)
    func roundTrip(_ kind: StoreKind) async throws {
        var samples = SampleSpans(seed: 1)
        let spans = samples.spans(traces: 60)
        try await kind.withStore { store in
            for chunk in spans.chunked(40) { try await store.append(chunk) }
            let asked = store.asked
            #expect(sorted(try await asked.all()) == sorted(spans))
            let traces = Set(spans.map(\.traceID))
            #expect(sorted(try await asked.spans(of: Array(traces))) == sorted(spans))
            for trace in traces.prefix(20) {
                let expected = spans.filter { $0.traceID == trace }
                #expect(sorted(try await asked.spans(of: [trace])) == sorted(expected))
            }
            #expect(try await asked.spans(of: [TraceID(high: 1, low: 2)]).isEmpty)
        }
    }

    @Test("A span that arrives again counts once, in any order of arrival", arguments: StoreKind.allCases)
    func idempotence(_ kind: StoreKind) async throws {
        var samples = SampleSpans(seed: 2)
        let spans = samples.spans(traces: 30)
        try await kind.withStore { store in
            for chunk in (spans + spans).shuffled(using: &samples).chunked(25) { try await store.append(chunk) }
            #expect(sorted(try await store.asked.all()) == sorted(spans))
            let page = try await store.asked.search(SpanQuery(), limit: 1_000, after: nil)
            #expect(sorted(page.spans) == sorted(spans))
        }
    }

    @Test("Of copies the later wins, with the links and attributes of all", arguments: StoreKind.allCases)
    func copies(_ kind: StoreKind) async throws {
        var samples = SampleSpans(seed: 3)
        let trace = TraceID(high: 7, low: 7)
        let (first, second, third) = (samples.context(), samples.context(), samples.context())
        var early = samples.span(of: trace, nil, at: 1_000_000_000, first)
        early.attributes["early"] = "yes"
        early.attributes["size"] = 1
        var late = early
        late.name = "renamed"
        late.links = [SpanLink(second)]
        late.attributes = ["late": "yes", "size": 2]
        var latest = late
        latest.start = Timestamp(nanoseconds: 2_000_000_000)
        latest.end = latest.start
        latest.links = [SpanLink(third)]
        latest.attributes = [:]
        let expected = latest.united(withEarlier: late.united(withEarlier: early))
        try await kind.withStore { store in
            for copy in [early, late, latest] {
                try await store.append(samples.spans(traces: 3))
                try await store.append([copy])
            }
            let asked = store.asked
            #expect(try await asked.spans(of: [trace]) == [expected])
            #expect(expected.links.count == 3 && expected.attributes["size"] == 2)
            // Found by what any of the copies said, unless a later one said otherwise.
            let query = SpanQuery(name: "renamed", attributes: [.init("early", "yes"), .init("late", "yes")])
            #expect(try await asked.search(query, limit: 5, after: nil).spans == [expected])
            let old = SpanQuery(name: early.name, attributes: [.init("early")])
            #expect(try await asked.search(old, limit: 5, after: nil).spans.isEmpty)
            #expect(
                try await asked.search(
                    SpanQuery(attributes: [.init("size", "1"), .init("early")]),
                    limit: 5,
                    after: nil
                ).spans.isEmpty
            )
            for target in [first, second, third] {
                let links = try await asked.backLinks(to: [target.traceID], limit: 10)
                #expect(links.links == [.init(target: SpanReference(target), source: expected.reference)])
            }
        }
    }

    @Test("A link is found from what it leads to, whichever end arrives first", arguments: StoreKind.allCases)
    func backLinks(_ kind: StoreKind) async throws {
        var samples = SampleSpans(seed: 4)
        let spans = samples.spans(traces: 50)
        let expected = spans.flatMap { span in
            span.links.map { BackLinks.Link(target: SpanReference($0.context), source: span.reference) }
        }
        try await kind.withStore { store in
            // Those that link come before what they link to.
            for chunk in Array(spans.reversed()).chunked(30) { try await store.append(chunk) }
            let found = try await store.asked.backLinks(to: spans.map(\.traceID), limit: 10_000)
            #expect(Set(found.links) == Set(expected) && !found.isTruncated)
            #expect(found.links.count == Set(expected).count)
            for trace in Set(expected.map(\.target.traceID)).prefix(10) {
                let found = try await store.asked.backLinks(to: [trace], limit: 10_000)
                #expect(Set(found.links) == Set(expected.filter { $0.target.traceID == trace }))
            }
            let some = try await store.asked.backLinks(to: spans.map(\.traceID), limit: 3)
            #expect(some.links.count >= 3 && some.isTruncated)
        }
    }

    @Test(
        "Each condition, alone and with others, finds what looking at every span finds",
        arguments: StoreKind.allCases
    )
    func search(_ kind: StoreKind) async throws {
        var samples = SampleSpans(seed: 5)
        let spans = samples.spans(traces: 120)
        try await kind.withStore { store in
            for chunk in spans.shuffled(using: &samples).chunked(90) { try await store.append(chunk) }
            for _ in 0..<120 {
                let query = samples.query(over: spans)
                let expected = spans.filter(query.matches).sorted { SearchCursor($0).precedes(SearchCursor($1)) }
                let limit = Int(1 + samples.next() % 20)
                let page = try await store.asked.search(query, limit: limit, after: nil)
                #expect(page.spans == Array(expected.prefix(limit)), "\(query)")
                #expect((page.next != nil) == (expected.count > limit))
            }
        }
    }

    @Test("A trace is found by the beginning of its id, in order and up to a limit", arguments: StoreKind.allCases)
    func prefix(_ kind: StoreKind) async throws {
        var samples = SampleSpans(seed: 8)
        var spans = samples.spans(traces: 80)
        // Some that differ late, at the last bit of each half, and at the ends of all ids.
        let (high, low) = (spans[0].traceID.high, spans[0].traceID.low)
        for (place, id) in [(high, low ^ 1), (high, ~low), (high ^ 1, 1), (0, 1), (.max, .max)].enumerated() {
            spans[place + 1].context.traceID = TraceID(high: id.0, low: id.1)
            spans[place + 1].parentSpanID = nil
        }
        let slow = MemoryStore(spans)
        try await kind.withStore { store in
            for chunk in spans.shuffled(using: &samples).chunked(50) { try await store.append(chunk) }
            let ids = Set(spans.map(\.traceID.description)).sorted()
            var prefixes = ["", "0", "f", "F", "g", "4é", "zz", String(repeating: "0", count: 33)]
            for id in ids.prefix(12) + [spans[0].traceID.description] {
                for count in [1, 2, 15, 16, 17, 31, 32] { prefixes.append(String(id.prefix(count))) }
                prefixes.append(id.uppercased())
            }
            for prefix in prefixes {
                for limit in [1, 2, 1_000] {
                    let found = try await store.asked.traces(withPrefix: prefix, limit: limit)
                    #expect(found == (try await slow.traces(withPrefix: prefix, limit: limit)), "\(prefix)")
                }
            }
            #expect(try await store.asked.traces(withPrefix: "", limit: 1_000).map(\.description) == ids)
        }
    }

    @Test("Pages follow each other without gap or overlap", arguments: StoreKind.allCases)
    func paging(_ kind: StoreKind) async throws {
        var samples = SampleSpans(seed: 6)
        var spans = samples.spans(traces: 60)
        // Many that start together.
        for index in spans.indices where index % 3 == 0 {
            spans[index].start = Timestamp(nanoseconds: 1_700_000_000_000_000_000)
            spans[index].end = spans[index].start
        }
        try await kind.withStore { store in
            for chunk in spans.shuffled(using: &samples).chunked(50) { try await store.append(chunk) }
            for query in [SpanQuery(), SpanQuery(service: "orders"), SpanQuery(attributes: [.init("cached", "true")])] {
                var found: [SpanData] = []
                var cursor: SearchCursor?
                repeat {
                    let page = try await store.asked.search(query, limit: 7, after: cursor)
                    found += page.spans
                    cursor = page.next
                } while cursor != nil && found.count <= spans.count
                #expect(found == spans.filter(query.matches).sorted { SearchCursor($0).precedes(SearchCursor($1)) })
            }
        }
    }

    @Test("Hostile spans are kept as they are, or not at all", arguments: StoreKind.allCases)
    func hostile(_ kind: StoreKind) async throws {
        var samples = SampleSpans(seed: 7)
        let spans = samples.hostileSpans()
        try await kind.withStore { store in
            for span in spans { try await store.append([span]) }
            let expected = spans.compactMap(\.keepable)
            #expect(sorted(try await store.asked.all()) == sorted(expected))
            var found: [SpanData] = []
            var cursor: SearchCursor?
            repeat {
                let page = try await store.asked.search(SpanQuery(), limit: 2, after: cursor)
                found += page.spans
                cursor = page.next
            } while cursor != nil && found.count <= spans.count
            #expect(sorted(found) == sorted(expected))
            for span in expected {
                for query in [SpanQuery(service: span.resource.serviceName), SpanQuery(name: span.name)] {
                    let expected = expected.filter(query.matches)
                    #expect(
                        sorted(try await store.asked.search(query, limit: 99, after: nil).spans) == sorted(expected)
                    )
                }
                for element in span.attributes.elements {
                    let query = SpanQuery(attributes: [.init(element.key, element.value.description)])
                    let expected = expected.filter(query.matches)
                    #expect(
                        sorted(try await store.asked.search(query, limit: 99, after: nil).spans) == sorted(expected)
                    )
                }
            }
        }
    }

    @Test("A search by what a store can't search by is refused, and names it")
    func unsupported() async throws {
        let store = MemoryStore(searchable: [.time, .service])
        _ = try await store.search(SpanQuery(service: "a"), limit: 1, after: nil)
        let error = await #expect(throws: StoreError.self) {
            _ = try await store.search(SpanQuery(service: "a", name: "b"), limit: 1, after: nil)
        }
        #expect(error?.code == .unsupportedSearch)
        #expect(error?.message.contains("name") == true)
        let other = await #expect(throws: StoreError.self) { _ = try await store.traces(withPrefix: "4b", limit: 1) }
        #expect(other?.code == .unsupportedSearch)
    }
}
