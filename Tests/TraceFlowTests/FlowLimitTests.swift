// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import Testing

@testable import TraceFlow

@Suite("Flows that are large")
struct FlowLimitTests {
    @Test("A batch of 10,000 messages brings none of their traces in on the way down, and some on the way up")
    func batch() async throws {
        let sends = (1...10_000).map { Fixture.span("send orders", trace: $0, $0) }
        let batch = Fixture.span("process orders", trace: 20_000, 20_000, links: sends.map(\.context))
        let source = ScrambledSource(sends + [batch])
        let down = try await source.flow(of: sends[77].reference)
        #expect(down?.spans.map(\.spanID) == [sends[77].spanID, batch.spanID])
        #expect(source.traces.count == 2)
        let up = try await source.flows(of: batch.reference)
        #expect(up.flows.count == 128 && up.originsLeftOut == 10_000 - 128)
        #expect(up.flows.allSatisfy { $0.spans.count == 2 })
        #expect(source.traces.count < 200)
        let origins = try await source.origins(from: .trace(batch.traceID))
        #expect(origins.spans.map(\.spanID) == sends.map(\.spanID) && origins.leftOut == 0)
    }

    @Test("Of a span that 10,000 spans link to a page is followed, and the rest counted")
    func hub() async throws {
        let send = Fixture.span("send news", trace: 1, 1)
        let readers: [SpanData] = (2...10_001).map {
            Fixture.span("process news", trace: $0, $0, links: [send.context])
        }
        let source = ScrambledSource(readers + [send])
        let flow = try #require(try await source.flow(of: send.reference, limits: FlowLimits(backLinks: 100)))
        #expect(flow.spans.count == 101)
        #expect(flow.hubs == [FlowHub(span: send.reference, count: 10_000, followed: 100, isExact: true)])
        #expect(flow.spans.dropFirst().map(\.spanID.bits) == Array(2...101))
        let limits = FlowLimits(spans: 1_500, backLinks: 100)
        let cut = try #require(try await source.flow(of: send.reference, limits: limits))
        #expect(cut.isTruncated && cut.hubs.first?.isExact == false)
    }

    @Test("Where links to many traces are too many at once, they are asked for in parts")
    func parts() async throws {
        var spans = [Fixture.span("root", trace: 1, 1)]
        // 40 traces, each with 100 messages that are read: more links than are asked for at once.
        for trace in 2...41 as ClosedRange<UInt64> {
            let parent = trace * 1_000
            spans.append(Fixture.span("process a", trace: trace, parent, links: [spans[0].context]))
            for message in (parent + 1)...(parent + 100) {
                spans.append(Fixture.span("send b", trace: trace, message, parent: parent))
                let links = [spans[spans.count - 1].context]
                spans.append(Fixture.span("process b", trace: message + 100_000, message, links: links))
            }
        }
        var limits = FlowLimits(spans: 9_000)
        limits.spans = 3_000
        let source = ScrambledSource(spans)
        let cut = try await source.flow(of: spans[0].reference, limits: limits)
        #expect(cut?.isTruncated == true && cut?.spans.count == 3_000)
        let whole = try await source.flow(of: spans[0].reference)
        #expect(whole?.spans.count == spans.count && whole?.isTruncated == false)
    }

    @Test("A chain of 10,000 messages, each in a trace of its own, is followed to both ends")
    func chain() {
        let spans = (1...10_000).map { (id: UInt64) in
            Fixture.span("process next", trace: id, id, links: id > 1 ? [Fixture.context(id - 1, id - 1)] : [])
        }
        let index = SpanIndex(spans)
        #expect(index.origins(of: spans[9_999]).map(\.spanID.bits) == [1])
        #expect(index.flow(from: spans[0]).spans.count == 10_000)
    }

    @Test("A circle of 10,000 spans is a flow that begins with the earliest")
    func circle() {
        let spans = (1...10_000).map { (id: UInt64) in
            Fixture.span("process next", trace: id, id, links: [Fixture.context(id % 10_000 + 1, id % 10_000 + 1)])
        }
        let index = SpanIndex(spans)
        #expect(index.origins(of: spans[5_000]).map(\.spanID.bits) == [1])
        #expect(index.flow(from: spans[0]).spans.count == 10_000)
    }

    @Test("A flow of 100,000 spans is joined whole")
    func large() {
        let spans = (1...100_000).map { (id: UInt64) in
            Fixture.span("work", trace: 1, id, parent: id > 1 ? id / 2 : nil)
        }
        let flow = SpanIndex(spans.shuffled()).flow(from: spans[0])
        #expect(flow.spans.count == 100_000 && !flow.isTruncated)
    }
}
