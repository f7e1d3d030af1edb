// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import Testing

@testable import TraceFlow

@Suite("Two flows, hop by hop")
struct FlowComparisonTests {
    private typealias Attribute = MessagingConventions.Attribute

    private func flow(_ spans: [SpanData]) -> Flow { SpanIndex(spans).flow(from: spans[0]) }

    private static let order = [
        Fixture.span("place order", trace: 1, 1, start: 0),
        Fixture.span("send orders", trace: 1, 2, parent: 1, start: 0),
        Fixture.span(
            "process orders",
            trace: 1,
            3,
            parent: 2,
            links: [Fixture.context(1, 2)],
            start: 10,
            service: "billing",
            attributes: [Attribute.wait: 0.5]
        ),
    ]

    @Test("A flow differs from itself in nothing")
    func same() {
        let flow = flow(Self.order)
        let comparison = FlowComparison(flow, flow)
        #expect(comparison.onlyInFirst.isEmpty && comparison.onlyInSecond.isEmpty && comparison.duration == .zero)
        #expect(comparison.changes.count == 3)
        #expect(comparison.changes.allSatisfy { $0.duration == .zero && $0.wait == .zero && $0.fails == nil })
    }

    @Test("What took longer, what waited longer and what fails is told, the largest difference first")
    func changes() throws {
        var spans = Self.order
        spans[1].end = spans[1].end.advanced(by: .milliseconds(4))
        spans[2].attributes[Attribute.wait] = 2.0
        spans[2].status = .error("no")
        let comparison = FlowComparison(flow(Self.order), flow(spans))
        let first = try #require(comparison.changes.first)
        #expect(first.path.description == "place order (shop) › send orders (shop) › process orders (billing)")
        #expect(first.waits == [.topic: .milliseconds(1500)] && first.duration == .zero && first.fails == true)
        #expect(comparison.changes[1].path.last?.name == "send orders")
        #expect(comparison.changes[1].duration == .milliseconds(4))
    }

    @Test("What only one has is told; of several alike the last are the odd ones")
    func extras() {
        var spans = Self.order
        spans.append(Fixture.span("send orders", trace: 1, 9, parent: 1, start: 5))
        spans.removeAll { $0.name == "process orders" }
        let comparison = FlowComparison(flow(Self.order), flow(spans))
        #expect(comparison.onlyInFirst.map(\.path.last?.name) == ["process orders"])
        #expect(comparison.onlyInSecond.map(\.span) == [spans.last?.reference])
    }

    @Test("Spans that caused each other, and chains as deep as a flow may be, are compared")
    func extremes() {
        let cycle = [
            Fixture.span("root", trace: 1, 1),
            Fixture.span("process a", trace: 2, 2, parent: 3, links: [Fixture.context(1, 1)]),
            Fixture.span("process b", trace: 2, 3, parent: 2),
        ]
        #expect(FlowComparison(flow(cycle), flow(cycle)).changes.count == 3)
        let chain = (1...9_000).map { Fixture.span("hop", trace: 1, $0, parent: $0 == 1 ? nil : $0 - 1) }
        let comparison = FlowComparison(flow(chain), flow(chain.dropLast()))
        #expect(comparison.onlyInFirst.map(\.path.depth) == [8_999])
        #expect(comparison.onlyInFirst.first?.path.description.hasPrefix("… › hop (shop)") == true)
    }

    @Test("A comparison that spells out every path finds the same", arguments: 0..<15)
    func twin(_ seed: UInt64) {
        let flows = RandomFlows.all(seed: seed, origins: 12)
        for (first, second) in zip(flows, flows.dropFirst()) {
            // Origins of one name, so that there is something to compare.
            let pair = [first, second].map { flow in
                let spans = flow.spans.map { span in
                    var span = span
                    if span.reference == flow.origin.reference { span.name = "origin" }
                    span.resource = Resource()
                    return span
                }
                return Flow(origin: spans[0], spans: spans, isTruncated: false)
            }
            let comparison = FlowComparison(pair[0], pair[1])
            let slow = pair.map { SlowHops(flow: $0) }
            let paths = slow.map(\.spansByPath)
            #expect(comparison.onlyInFirst.map(\.span) == extras(slow[0], paths[0], without: paths[1]))
            #expect(comparison.onlyInSecond.map(\.span) == extras(slow[1], paths[1], without: paths[0]))
            var changes: [SpanReference: [Duration]] = [:]
            for (path, spans) in paths[0] {
                for (old, new) in zip(spans, paths[1][path] ?? []) {
                    changes[old.reference] = [
                        new.duration - old.duration,
                        .nanoseconds(slow[1].ownTime(of: new) - slow[0].ownTime(of: old)),
                        .nanoseconds(slow[1].wait(before: new) - slow[0].wait(before: old)),
                    ]
                }
            }
            let found = comparison.changes.map { ($0.first, [$0.duration, $0.ownTime, $0.wait]) }
            #expect(Dictionary(uniqueKeysWithValues: found) == changes)
        }
    }

    private func extras(
        _ hops: SlowHops,
        _ paths: [[HopPath.Hop]: [SpanData]],
        without others: [[HopPath.Hop]: [SpanData]]
    ) -> [SpanReference] {
        let extra = Set(paths.flatMap { path, spans in spans.dropFirst(others[path]?.count ?? 0).map(\.spanID) })
        return hops.flow.spans.filter { extra.contains($0.spanID) }.map(\.reference)
    }
}
