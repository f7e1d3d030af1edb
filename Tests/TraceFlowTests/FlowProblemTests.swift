// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import Testing
import TraceFlow

@Suite("What keeps a flow from being whole")
struct FlowProblemTests {
    private func problems(_ spans: [SpanData]) -> [FlowProblem] {
        let index = SpanIndex(spans)
        return index.problems(of: index.flow(from: spans[0]))
    }

    @Test("A whole flow has none")
    func whole() {
        #expect(problems(Fixture.twoOrders).isEmpty)
    }

    private typealias Attribute = MessagingConventions.Attribute

    private static let trace1 = "00000000000000000000000000000001"
    private static let trace5 = "00000000000000000000000000000005"

    @Test("A span whose parent isn't there is named with its service and ids, and so is the parent")
    func orphan() {
        let found = problems([
            Fixture.span("send orders", trace: 1, 1, parent: 7), Fixture.span("other", trace: 1, 8, parent: 1),
        ])
        #expect(found.map(\.kind) == [.orphan])
        #expect(
            found.map(\.description) == [
                "send orders (shop, span 0000000000000001 of trace \(Self.trace1)) is a child of span 0000000000000007 of "
                    + "trace \(Self.trace1), which isn't there, though 1 other span of that trace is"
            ]
        )
    }

    @Test("A link to what isn't there is named with what it was to; its being the parent too is told once")
    func danglingLinks() throws {
        var process = Fixture.span(
            "process",
            trace: 1,
            2,
            parent: 6,
            links: [Fixture.context(1, 6), Fixture.context(5, 5)],
            attributes: [
                Attribute.operationType: "process", Attribute.destinationName: "orders", Attribute.messageID: "7",
            ]
        )
        process.links[0].attributes[Attribute.linkRole] = "creation"
        process.links[1].attributes[Attribute.linkRole] = "previous_attempt"
        let found = problems([process])
        #expect(found.map(\.kind) == [.orphan, .danglingLink])
        let who = "process of orders (shop, span 0000000000000002 of trace \(Self.trace1), message 7)"
        #expect(
            found.map(\.description) == [
                "\(who) is a child of what created its message, span 0000000000000006 of trace \(Self.trace1), which isn't "
                    + "there, nor is anything else of that trace",
                "\(who) links to the attempt before it, span 0000000000000005 of trace \(Self.trace5), which isn't there, "
                    + "nor is anything else of that trace",
            ]
        )
    }

    @Test("A retry without a link to the attempt before is found, and that attempt is named")
    func retry() {
        func attempt(_ number: Int64, _ id: UInt64) -> SpanData {
            Fixture.span(
                "process q/k",
                trace: 1,
                id,
                parent: 1,
                links: [Fixture.context(1, 1)],
                attributes: [Attribute.jobAttempt: .int(number), Attribute.messageID: "7"]
            )
        }
        let found = problems([Fixture.span("send q/k", trace: 1, 1), attempt(1, 2), attempt(2, 3)])
        #expect(found.map(\.kind) == [.retryWithoutLink])
        #expect(
            found.map(\.description) == [
                "process q/k (shop, span 0000000000000003 of trace \(Self.trace1), message 7) is attempt 2 and has no link to "
                    + "attempt 1, which was process q/k (shop, span 0000000000000002 of trace \(Self.trace1), message 7)"
            ]
        )
    }

    @Test("Work on a message that lost its context is found from the work, and from what sent the message")
    func lostContext() throws {
        let spans = [
            Fixture.span("send orders", trace: 1, 1, attributes: Self.position("orders", 41)),
            Fixture.span("process orders", trace: 2, 2, attributes: Self.position("orders", 41)),
            Fixture.span("process orders", trace: 3, 3, attributes: Self.position("orders", 42)),
        ]
        let index = SpanIndex(spans)
        let fromWork = index.problems(of: index.flow(from: spans[1]))
        #expect(fromWork.map(\.kind) == [.missingCreationLink])
        let lack =
            "process orders (shop, span 0000000000000002 of trace 00000000000000000000000000000002, partition 0, offset 41) "
            + "has no link to the span that created its message: no context came with it, or none that can be read"
        #expect(fromWork.map(\.description) == [lack])
        let fromSender = index.problems(of: index.flow(from: spans[0]))
        #expect(fromSender.map(\.span) == [spans[1].reference])
        #expect(
            fromSender.map(\.description) == [
                "nothing that follows send orders (shop, span 0000000000000001 of trace \(Self.trace1), partition 0, "
                    + "offset 41) is linked to it, and \(lack)"
            ]
        )
    }

    @Test(
        "Work on other messages, on messages of other topics and before the message was sent is none of a flow's affair"
    )
    func unrelated() {
        let spans = [
            Fixture.span("send orders", trace: 1, 10, attributes: Self.position("orders", 41)),
            Fixture.span("process orders", trace: 2, 11, attributes: Self.position("orders", 40)),
            Fixture.span("process payments", trace: 3, 12, attributes: [Attribute.destinationName: "payments"]),
            Fixture.span("process orders", trace: 4, 1, attributes: [Attribute.destinationName: "orders"]),
        ]
        #expect(problems(spans).isEmpty)
    }

    @Test("A batch with fewer links than messages is found, unless the others were left out for being too many")
    func batch() {
        var batch = Fixture.span(
            "process orders",
            trace: 2,
            2,
            links: [Fixture.context(1, 1)],
            attributes: [Attribute.batchMessageCount: 3]
        )
        let send = Fixture.span("send orders", trace: 1, 1)
        let found = problems([send, batch])
        #expect(found.map(\.kind) == [.missingCreationLink])
        #expect(
            found.first?.description.contains(
                "works on 3 messages and has links to the spans that created 1 of them"
            ) == true
        )
        batch.droppedLinkCount = 2
        #expect(problems([send, batch]).isEmpty)
    }

    private static func position(_ topic: String, _ offset: Int64) -> Attributes {
        [
            Attribute.destinationName: .string(topic), Attribute.partitionID: "0", Attribute.kafkaOffset: .int(offset),
        ]
    }
}
