// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import Testing

@testable import TraceFlow

@Suite("What a flow waited for")
struct FlowWaitTests {
    private typealias Attribute = MessagingConventions.Attribute

    /// The waits of the last of some spans, in the flow of the first.
    private func waits(_ spans: [SpanData]) -> [FlowWait] {
        let flow = SpanIndex(spans).flow(from: spans[0])
        return flow.waits(of: spans[spans.count - 1])
    }

    private let send = Fixture.span("send orders", trace: 1, 10)

    private func process(_ links: [SpanData], start: UInt64 = 100, _ attributes: Attributes = Attributes()) -> SpanData
    {
        var span = Fixture.span(
            "process orders",
            trace: 2,
            20,
            links: links.map(\.context),
            start: start,
            attributes: attributes
        )
        for index in links.indices { span.links[index].attributes[Attribute.linkRole] = "creation" }
        return span
    }

    @Test("Where nobody said, a message waited in its topic, or a job for a worker, since its creation ended")
    func derived() {
        let topic = waits([send, process([send])])
        let wait = FlowWait(reason: .topic, start: send.end, end: process([send]).start, isDerived: true)
        #expect(topic == [wait])
        #expect(waits([send, process([send], [Attribute.system: "stitch"])]).map(\.reason) == [.ready])
        #expect(waits([send, process([send], [Attribute.wait: 0.02])]).map(\.duration) == [.milliseconds(20)])
        #expect(waits([send, process([send], [Attribute.wait: 0.0])]).isEmpty)
        let child = Fixture.span("process orders", trace: 1, 20, parent: 10)
        #expect(waits([send, child]).map(\.duration) == [.milliseconds(9)])
    }

    @Test("An attempt after another backed off since that one ended")
    func backoff() {
        var first = process([send])
        first.context.spanID = Fixture.context(2, 30).spanID
        var second = process([send, first], start: 200)
        second.links[1].attributes[Attribute.linkRole] = "previous_attempt"
        let found = waits([send, first, second])
        #expect(found.map(\.reason) == [.backoff])
        #expect(found.first?.start == first.end)
    }

    @Test("What the attempt before took of a measured wait is none, and what followed it is back-off")
    func attempts() {
        func attempts(_ link: Bool, wait: Double, of key: String = Attribute.wait) -> [FlowWait] {
            var first = process([send], start: 50)
            first.context.spanID = Fixture.context(2, 30).spanID
            var second = process([send, first])
            second.links[1].attributes[Attribute.linkRole] = "previous_attempt"
            if link { second.links[0].attributes[key] = .double(wait) } else { second.attributes[key] = .double(wait) }
            return waits([send, first, second])
        }
        for link in [false, true] {
            let cut = attempts(link, wait: 0.089)
            #expect(cut.map(\.reason) == [.backoff] && cut.map(\.duration) == [.milliseconds(49)])
            #expect(cut.allSatisfy { !$0.isDerived })
            #expect(attempts(link, wait: 0.02).map(\.duration) == [.milliseconds(20)])
            // Also of a record that was moved to be tried again, and then was twice.
            #expect(attempts(link, wait: 0.089, of: Attribute.waitBackoff).map(\.duration) == [.milliseconds(49)])
            #expect(attempts(link, wait: 0.08, of: Attribute.waitReady).map(\.reason) == [.ready])
        }
    }

    @Test("In a batch only the messages that were tried before are younger than they say")
    func batchAttempts() {
        let other = Fixture.span("send orders", trace: 1, 11, parent: 10)
        var first = process([other], start: 50)
        first.context.spanID = Fixture.context(2, 30).spanID
        var batch = process([send, other, first], [Attribute.batchMessageCount: 2])
        batch.links[2].attributes[Attribute.linkRole] = "previous_attempt"
        batch.links[0].attributes[Attribute.wait] = 0.07
        batch.links[1].attributes[Attribute.wait] = 0.08
        let found = waits([send, other, first, batch])
        #expect(found.map(\.reason) == [.topic] && found.map(\.duration) == [.milliseconds(70)])
    }

    @Test("A batch waited as long as that message of the flow that waited longest")
    func batch() {
        let other = Fixture.span("send orders", trace: 1, 11, parent: 10)
        let stranger = Fixture.span("send orders", trace: 9, 12)
        var batch = process([send, other, stranger], [Attribute.batchMessageCount: 3])
        batch.links[0].attributes[Attribute.wait] = 0.03
        batch.links[1].attributes[Attribute.wait] = 0.05
        batch.links[2].attributes[Attribute.wait] = 0.07
        #expect(waits([send, other, stranger, batch]).map(\.duration) == [.milliseconds(50)])
    }

    @Test("What a relay sends lay in the outbox; what is made and sent together, or moved after it failed, did not")
    func outbox() {
        let order = Fixture.span("place order", trace: 1, 1)
        let create = Fixture.span("create orders", trace: 1, 10, parent: 1)
        let relay = Fixture.span("send orders", trace: 3, 50, links: [create.context])
        func sent(_ span: SpanData) -> SpanData {
            var span = span
            span.kind = .client
            for index in span.links.indices { span.links[index].attributes[Attribute.linkRole] = "creation" }
            return span
        }
        #expect(waits([order, create, sent(relay)]).map(\.reason) == [.outbox])
        let batch = Fixture.span("send orders", trace: 1, 50, parent: 1, links: [create.context])
        #expect(waits([order, create, sent(batch)]).isEmpty)
        let attempt = process([create], start: 30)
        var moved = sent(
            Fixture.span("send orders.retry", trace: 2, 50, parent: 20, links: [create.context, attempt.context])
        )
        moved.links[1].attributes[Attribute.linkRole] = "previous_attempt"
        #expect(waits([order, create, attempt, moved]).isEmpty)
    }

    @Test("A message from the future is a finding rather than a wait")
    func skew() throws {
        let early = process([send], start: 5)
        let flow = SpanIndex([send, early]).flow(from: send)
        #expect(flow.waits(of: early).isEmpty)
        #expect(
            flow.skews == [
                FlowSkew(span: early.reference, cause: send.reference, duration: .milliseconds(5))
            ]
        )
        let told = process([send], [Attribute.clockSkew: 0.25])
        let other = SpanIndex([send, told]).flow(from: send)
        #expect(other.waits(of: told).isEmpty)
        #expect(other.skews == [FlowSkew(span: told.reference, cause: nil, duration: .milliseconds(250))])
        #expect(SpanIndex([send, process([send])]).flow(from: send).skews.isEmpty)
        // The broker's answer may come when the message is being worked on.
        var slow = send
        slow.end = early.start.advanced(by: .seconds(60))
        let late = SpanIndex([slow, process([slow])]).flow(from: slow)
        #expect(late.skews.isEmpty && late.waits(of: process([slow])).isEmpty)
    }
}
