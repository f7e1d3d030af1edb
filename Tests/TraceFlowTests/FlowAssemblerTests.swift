// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import Testing
import TraceContext

@testable import TraceFlow

@Suite("Joining flows trace by trace")
struct FlowAssemblerTests {
    @Test("What is found is what the definition says, for spans tangled in any way", arguments: 0..<30 as Range<UInt64>)
    func twin(seed: UInt64) async throws {
        let spans = Tangle.spans(seed)
        let index = SpanIndex(spans)
        let slow = SlowFlows(spans)
        for span in index.spans {
            let origins = index.origins(of: span)
            #expect(Set(origins.map(\.reference)) == slow.origins(of: span.reference))
            for origin in origins {
                let flow = index.flow(from: origin)
                #expect(Set(flow.spans.map(\.reference)) == slow.flow(from: origin.reference))
                #expect(flow.contains(span.reference))
                #expect(flow.spans.first?.reference == origin.reference)
            }
        }
    }

    @Test("No order of arrival and no span to start from makes a difference", arguments: 0..<12 as Range<UInt64>)
    func independence(seed: UInt64) async throws {
        let spans = Tangle.spans(seed)
        let index = SpanIndex(spans)
        let source = ScrambledSource(spans, seed: seed)
        for span in index.spans {
            let found = try await source.flows(of: span.reference)
            let origins = index.origins(of: span)
            #expect(found.flows.map(\.origin) == origins)
            #expect(found.originsLeftOut == 0)
            for (flow, origin) in zip(found.flows, origins) {
                let whole = index.flow(from: origin)
                #expect(flow.spans == whole.spans)
                #expect(flow.missing == whole.missing)
                #expect(!flow.isTruncated && flow.hubs.isEmpty)
            }
            #expect(try await source.flow(of: span.reference)?.origin == origins.first)
            #expect(try await source.origins(from: .span(span.reference)).spans == origins)
            let joined = try await source.flows(FlowAssembler(from: .origins(origins.map(\.reference)))).flows
            #expect(joined.map(\.spans) == found.flows.map(\.spans))
        }
    }

    @Test("Limits cut a flow the same from whichever of its spans one starts", arguments: 0..<8 as Range<UInt64>)
    func limits(seed: UInt64) async throws {
        let spans = Tangle.spans(seed, count: 60)
        let index = SpanIndex(spans)
        let limits = FlowLimits(spans: 9, traces: 3, backLinks: 2)
        let source = ScrambledSource(spans, seed: seed)
        for span in index.spans {
            // The way up is not cut here: what is cut there depends on where it starts.
            for origin in index.origins(of: span) {
                let whole = index.flow(from: origin)
                let cut = index.flow(from: origin, limits: limits)
                let found = try await source.flows(FlowAssembler(from: .origin(origin.reference), limits: limits)).flows
                #expect(found.first?.spans == cut.spans)
                #expect(found.first?.isTruncated == cut.isTruncated)
                #expect(found.first?.hubs == cut.hubs)
                #expect(cut.spans.count <= 9 && cut.traceIDs.count <= 3)
                #expect(Set(cut.spans.map(\.reference)).isSubset(of: whole.spans.map(\.reference)))
                if cut.spans.count < whole.spans.count { #expect(cut.isTruncated || !cut.hubs.isEmpty) }
            }
        }
    }

    @Test("A trace that somebody starts from gives the flows of all its spans; what isn't there gives none")
    func starts() async throws {
        let source = ScrambledSource(Fixture.twoOrders)
        let flows = try await source.flows(of: Fixture.context(3, 1).traceID).flows
        #expect(flows.map(\.origin.spanID.bits) == [10, 20])
        #expect(flows.map { $0.spans.map(\.spanID.bits) } == [[10, 11, 12, 13, 30, 31], [20, 23, 30, 31]])
        #expect(try await source.flows(of: Fixture.context(9, 1).traceID).flows.isEmpty)
        #expect(try await source.flow(of: SpanReference(Fixture.context(1, 99))) == nil)
    }

    @Test("A few rounds bring a flow in")
    func rounds() async throws {
        let source = ScrambledSource(Fixture.twoOrders)
        _ = try await source.flow(of: SpanReference(Fixture.context(1, 13)))
        // The trace; the links to it; the batch, and the links to that; the batch's other link, which may lead nowhere.
        #expect(source.rounds == 5)
    }

    @Test("A span that comes again replaces what came before, links and all")
    func copies() throws {
        let late = Fixture.span("process orders", trace: 2, 2, links: [Fixture.context(1, 1)])
        let early = Fixture.span("process orders", trace: 2, 2, links: [Fixture.context(1, 5)])
        let root = Fixture.span("send orders", trace: 1, 1)
        var graph = SpanGraph()
        graph.add([root, early])
        graph.add([late])
        let node = try #require(graph.node(root.reference))
        #expect(graph.effects(of: node).map(\.relation) == [.joining])
        let former = try #require(graph.node(SpanReference(Fixture.context(1, 5))))
        #expect(Array(graph.effects(of: former)).isEmpty)
    }
}
