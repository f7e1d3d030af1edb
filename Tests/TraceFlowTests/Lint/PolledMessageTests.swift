// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import Testing

@testable import TraceFlow

@Suite("Messages that were polled and never worked on")
struct PolledMessageTests {
    private typealias Attribute = MessagingConventions.Attribute

    private static func place(_ topic: String, _ offset: Int64) -> Attributes {
        [
            Attribute.system: "kafka", Attribute.destinationName: .string(topic), Attribute.partitionID: "0",
            Attribute.kafkaOffset: .int(offset),
        ]
    }

    private func poll(_ id: UInt64, _ topic: String, _ offsets: Int64...) -> SpanData {
        var poll = Fixture.span("poll \(topic)", trace: 5, id, start: 50, attributes: [Attribute.system: "kafka"])
        poll.attributes[Attribute.destinationName] = .string(topic)
        poll.links = offsets.map { SpanLink(Fixture.context(1, 1), attributes: Self.place(topic, $0)) }
        return poll
    }

    private func work(_ id: UInt64, _ topic: String, _ offset: Int64) -> SpanData {
        let link = Fixture.context(1, 1)
        return Fixture.span("process it", trace: 6, id, links: [link], start: 60, attributes: Self.place(topic, offset))
    }

    private func idle(_ spans: SpanData...) -> [String] {
        let send = Fixture.span("send orders", trace: 1, 1)
        let findings = FlowLint().report(on: [send] + spans).findings
        return findings.filter { $0.code == .polledNeverProcessed }.map(\.description)
    }

    @Test("Of the messages of one send those are found that nobody works on")
    func send() {
        #expect(idle(poll(1, "orders", 7, 8, 9), work(1, "orders", 7), work(2, "orders", 9)).count == 1)
        #expect(idle(poll(1, "orders", 7, 8), work(1, "orders", 7), work(2, "orders", 8)).isEmpty)
    }

    @Test("A record of a retry topic that was dropped is found, although there was a first attempt")
    func retry() {
        let first = [poll(1, "orders", 7), work(1, "orders", 7)]
        #expect(idle(first[0], first[1], poll(2, "orders.retry", 3)).count == 1)
        #expect(idle(first[0], first[1], poll(2, "orders.retry", 3), work(2, "orders.retry", 3)).isEmpty)
    }

    @Test("Where polls and work don't name messages alike, or not all of them, any work counts")
    func vague() {
        var batch = work(1, "orders", 7)
        batch.attributes = [Attribute.operationType: "process", Attribute.batchMessageCount: 2]
        #expect(idle(poll(1, "orders", 7, 8), batch).isEmpty)
        #expect(idle(poll(1, "orders", 7, 8), work(1, "orders", 7), batch).isEmpty)
        #expect(idle(poll(1, "orders.eu", 7, 8), work(1, "orders", 7)).isEmpty)
        var others = work(2, "orders", 9)
        others.scope.name = "another library"
        #expect(idle(poll(1, "orders", 7, 8), work(1, "orders", 7), others).isEmpty)
        others.scope.name = ""
        others.attributes[Attribute.kafkaOffset] = nil
        others.attributes[Attribute.messageID] = "8"
        #expect(idle(poll(1, "orders", 7, 8), work(1, "orders", 7), others).isEmpty)
    }

    @Test("Nothing is found where work has links to not all of its messages")
    func droppedLinks() {
        var batch = work(1, "orders", 7)
        batch.droppedLinkCount = 3
        #expect(idle(poll(1, "orders", 7, 8), batch).isEmpty)
    }

    @Test("A batch of several topics says of each message where it was")
    func severalTopics() {
        var batch = work(1, "orders", 7)
        batch.attributes = [
            Attribute.operationType: "process", Attribute.batchMessageCount: 2, Attribute.system: "kafka",
        ]
        batch.links = [("orders", 7), ("orders.retry", 3)].map {
            SpanLink(Fixture.context(1, 1), attributes: Self.place($0, $1))
        }
        #expect(idle(poll(1, "orders", 7), poll(2, "orders.retry", 3), batch).isEmpty)
        #expect(idle(poll(1, "orders", 7), poll(2, "orders.retry", 4), batch).count == 1)
    }
}
