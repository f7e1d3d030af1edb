// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import Testing

@testable import TraceFlow

@Suite("The critical path")
struct CriticalPathTests {
    private typealias Attribute = MessagingConventions.Attribute

    private func flows(_ seed: UInt64) -> [Flow] {
        let index = SpanIndex(Tangle.spans(seed))
        let origins = Set(index.spans.flatMap { index.origins(of: $0) }.map(\.reference))
        return origins.sorted().compactMap { index[$0] }.map { index.flow(from: $0) }
    }

    private func expectTiles(_ path: CriticalPath, _ flow: Flow) {
        let segments = path.segments
        #expect(zip(segments, segments.dropFirst()).allSatisfy { $0.end == $1.start })
        #expect(segments.allSatisfy { $0.start < $0.end })
        if let first = segments.first, let last = segments.last {
            #expect(first.start == flow.origin.start && last.end == flow.end)
        } else {
            #expect(flow.end == flow.origin.start)
        }
    }

    @Test("It tiles the time of a flow, and is what the long way finds", arguments: 0..<40 as Range<UInt64>)
    func twin(seed: UInt64) {
        for flow in flows(seed) {
            let path = CriticalPath(flow)
            expectTiles(path, flow)
            var slow = SlowPath(flow)
            #expect(merged(path.segments) == merged(slow.segments()))
            let breakdown = FlowBreakdown(flow)
            #expect(breakdown.total == flow.end.gap(since: flow.origin.start))
            for case let hop in breakdown.hops {
                #expect(hop.total > .zero)
            }
        }
    }

    /// A span that was called away for no time at all went on all the time.
    private func merged(_ segments: [CriticalPath.Segment]) -> [CriticalPath.Segment] {
        segments.reduce(into: []) { all, segment in
            if let last = all.last, last.span == segment.span, last.kind == segment.kind {
                all[all.count - 1].end = segment.end
            } else {
                all.append(segment)
            }
        }
    }

    private func span(_ name: String, _ id: UInt64, _ start: UInt64, _ end: UInt64, parent: UInt64? = nil) -> SpanData {
        var span = Fixture.span(name, trace: 1, id, parent: parent, start: start)
        span.end = Timestamp(nanoseconds: 1_000_000_000_000 + end * 1_000_000)
        return span
    }

    private func link(_ span: SpanData, _ role: MessagingConventions.LinkRole) -> SpanLink {
        SpanLink(span.context, attributes: [Attribute.linkRole: .string(role.rawValue)])
    }

    /// An order whose job fails, waits, and is tried again.
    private func retried() -> Flow {
        let order = span("place order", 1, 0, 100)
        let query = span("query", 2, 10, 30, parent: 1)
        let send = span("send q/k", 3, 40, 50, parent: 1)
        var first = span("process q/k", 4, 150, 200, parent: 3)
        first.links = [link(send, .creation)]
        first.attributes[Attribute.waitScheduled] = 0.04
        first.attributes[Attribute.waitReady] = 0.06
        let failing = span("call", 5, 160, 190, parent: 4)
        var second = span("process q/k", 6, 260, 300)
        second.links = [link(send, .creation), link(first, .previousAttempt)]
        second.attributes[Attribute.waitBackoff] = 0.05
        second.attributes[Attribute.waitReady] = 0.01
        return SpanIndex([order, query, send, first, failing, second]).flow(from: order)
    }

    @Test("It goes from the last attempt back over waits and the attempt before to what sent the message")
    func retry() {
        let flow = retried()
        let path = CriticalPath(flow)
        expectTiles(path, flow)
        let milliseconds = path.segments.map { segment in
            "\(segment.span.spanID.bits) \(segment.kind) \(Int(segment.duration / .milliseconds(1)))"
        }
        #expect(
            milliseconds == [
                "1 work 10", "2 work 20", "1 work 10", "3 work 10",
                "4 wait(TraceFlow.FlowWait.Reason.scheduled) 40", "4 wait(TraceFlow.FlowWait.Reason.ready) 60",
                "4 work 10", "5 work 30", "4 work 10",
                "6 wait(TraceFlow.FlowWait.Reason.backoff) 50", "6 wait(TraceFlow.FlowWait.Reason.ready) 10",
                "6 work 40",
            ]
        )
    }

    @Test("The breakdown tells work from waits and from attempts in vain, and adds up")
    func breakdown() throws {
        let flow = retried()
        let breakdown = FlowBreakdown(flow)
        #expect(breakdown.total == .milliseconds(300))
        #expect(breakdown.hops.map(\.name) == ["place order", "query", "send q/k", "process q/k", "call"])
        let job = breakdown.hops[3]
        #expect(job.working == .milliseconds(40) && job.retrying == .milliseconds(20) && job.other == .zero)
        let waits: [FlowWait.Reason: Duration] = [
            .scheduled: .milliseconds(40), .ready: .milliseconds(70), .backoff: .milliseconds(50),
        ]
        #expect(job.waiting == waits)
        #expect(breakdown.hops[4].retrying == .milliseconds(30))
    }

    /// A record that is worked on for 5 s in vain, and after a second once more, both since 1 s after it was written.
    private func retriedInPlace(_ change: (inout SpanData) -> Void) -> Flow {
        let send = span("send orders", 1, 0, 10)
        var first = span("process orders", 2, 1000, 6000)
        first.links = [link(send, .creation)]
        var second = span("process orders", 3, 7000, 7100)
        second.links = [link(send, .creation), link(first, .previousAttempt)]
        change(&first)
        change(&second)
        return SpanIndex([send, first, second]).flow(from: send)
    }

    @Test("An attempt right after another waited since that one ended, however old its message is", arguments: 0..<3)
    func inPlace(_ place: Int) {
        let flow = retriedInPlace { span in
            let age = Double(span.start.nanoseconds - 1_000_010_000_000) / 1e9
            switch place {
            case 0: span.attributes[Attribute.wait] = .double(age)
            case 1: span.links[0].attributes[Attribute.wait] = .double(age)
            // A queue that knows of nothing but its own: no wait of it can be while the attempt went on.
            default: span.attributes[span.links.count == 1 ? Attribute.wait : Attribute.waitReady] = .double(age)
            }
        }
        let path = CriticalPath(flow)
        expectTiles(path, flow)
        var slow = SlowPath(flow)
        #expect(path.segments == slow.segments())
        let breakdown = FlowBreakdown(flow)
        let work = breakdown.hops.last
        let reason: FlowWait.Reason = place == 2 ? .ready : .backoff
        #expect(work?.retrying == .seconds(5) && work?.working == .milliseconds(100) && work?.other == .zero)
        #expect(work?.waiting == [.topic: .milliseconds(990), reason: .seconds(1)])
    }

    @Test("Time that nothing explains, and work before its cause, leave neither a gap nor an overlap")
    func skewed() {
        let order = span("place order", 1, 100, 150)
        let early = span("child", 2, 50, 120, parent: 1)
        var late = span("process a", 3, 400, 500)
        late.links = [link(order, .creation)]
        late.attributes[Attribute.wait] = 0.2
        let flow = SpanIndex([order, early, late]).flow(from: order)
        let path = CriticalPath(flow)
        expectTiles(path, flow)
        #expect(path.segments.map(\.span.spanID.bits) == [2, 1, 3, 3, 3])
        #expect(path.segments.map(\.kind) == [.work, .work, .other, .wait(.topic), .work])
    }

    @Test("A chain of 10,000 hops and a flow of 100,000 spans have a path")
    func large() {
        let chain = (1...10_000).map { (id: UInt64) in
            Fixture.span("process next", trace: id, id, links: id > 1 ? [Fixture.context(id - 1, id - 1)] : [])
        }
        let deep = SpanIndex(chain).flow(from: chain[0])
        expectTiles(CriticalPath(deep), deep)
        let spans = (1...100_000).map { (id: UInt64) in
            Fixture.span("work", trace: 1, id, parent: id > 1 ? id / 2 : nil)
        }
        let wide = SpanIndex(spans).flow(from: spans[0])
        expectTiles(CriticalPath(wide), wide)
    }
}
