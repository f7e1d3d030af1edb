// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import Testing

@testable import TraceFlow

@Suite("The flow of an origin")
struct FlowTests {
    let index = SpanIndex(Fixture.twoOrders)

    private func flow(_ trace: UInt64, _ span: UInt64) throws -> Flow {
        index.flow(from: try #require(index[SpanReference(Fixture.context(trace, span))]))
    }

    @Test("A flow holds what its origin caused, over links, and no span of the orders that a batch worked on beside it")
    func batch() throws {
        let flow = try flow(1, 10)
        #expect(flow.spans.map(\.spanID.bits) == [10, 11, 12, 13, 30, 31])
        #expect(flow.traceIDs.map(\.low) == [1, 3])
        #expect(flow.services == ["shop", "billing", "notifier"])
        let batch = try #require(flow.spans.first { $0.spanID.bits == 30 })
        #expect(flow.companions(of: batch) == 1)
    }

    @Test("From any span the way up ends at its origins: one, or one for each message of a batch")
    func origins() throws {
        let message = try #require(index[SpanReference(Fixture.context(1, 13))])
        let mail = try #require(index[SpanReference(Fixture.context(3, 31))])
        #expect(index.origins(of: message).map(\.spanID.bits) == [10])
        #expect(index.origins(of: mail).map(\.spanID.bits) == [10, 20])
        #expect(index.origins.map(\.spanID.bits) == [10, 20])
    }

    @Test("Polls and settlements join nothing")
    func polls() {
        let spans = [
            Fixture.span("send orders", trace: 1, 1),
            Fixture.span("send orders", trace: 2, 2),
            Fixture.span("poll orders", trace: 3, 3, links: [Fixture.context(1, 1), Fixture.context(2, 2)]),
            Fixture.span("settle orders", trace: 4, 4, links: [Fixture.context(1, 1)]),
        ]
        let index = SpanIndex(spans)
        #expect(index.flow(from: spans[0]).spans.count == 1)
    }

    @Test("A span that was merely current when a message was processed caused nothing")
    func ambient() {
        let loop = Fixture.span("loop", trace: 2, 2)
        var process = Fixture.span("process orders", trace: 1, 1, links: [loop.context])
        process.links[0].attributes[MessagingConventions.Attribute.linkRole] = "ambient"
        #expect(SpanIndex([loop, process]).flow(from: loop).spans.count == 1)
    }

    @Test("A flow is bounded, and says so when it was cut")
    func bound() throws {
        let origin = Fixture.span("root", trace: 1, 1)
        let children = (2...100).map { Fixture.span("child", trace: 1, $0, parent: 1) }
        let index = SpanIndex([origin] + children)
        let cut = index.flow(from: origin, limits: FlowLimits(spans: 10))
        #expect(cut.spans.count == 10 && cut.isTruncated)
        #expect(!index.flow(from: origin, limits: FlowLimits(spans: 100)).isTruncated)
    }

    @Test("Spans that say that they caused each other end no walk and lose no row")
    func cycle() {
        let spans = [
            Fixture.span("root", trace: 1, 1),
            Fixture.span("process a", trace: 2, 2, parent: 3, links: [Fixture.context(1, 1)]),
            Fixture.span("process b", trace: 2, 3, parent: 2),
        ]
        let index = SpanIndex(spans)
        let flow = index.flow(from: spans[0])
        #expect(flow.spans.count == 3)
        #expect(Waterfall(flow).rows.count == 3)
        #expect(index.origins(of: spans[1]).map(\.name) == ["root"])
    }

    @Test("Totals count traces, spans, links, and what has no other end; a span that comes twice counts once")
    func totals() {
        let loose = Fixture.span("process x", trace: 9, 90, parent: 91, links: [Fixture.context(9, 92)])
        let totals = SpanIndex(Fixture.twoOrders + Fixture.twoOrders + [loose]).totals
        #expect(totals == FlowTotals(traces: 4, spans: 9, links: 4, dangling: 1, orphans: 1))
    }
}
