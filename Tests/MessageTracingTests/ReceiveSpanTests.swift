// SPDX-License-Identifier: Apache-2.0

import MessageTracing
import StitchTesting
import TelemetrySDK
import Testing

private struct Broken: Error {}

@Suite("Receiving and settling")
struct ReceiveSpanTests {
    let target = MessageTarget(system: "kafka", destination: "orders", consumerGroup: "billing")

    private func message(_ number: UInt64, sampled: Bool = true, age: Duration? = nil) -> ReceivedMessage {
        let context = SpanContext(
            traceID: TraceID(high: 1, low: number),
            spanID: SpanID(bits: number),
            flags: sampled ? .sampled : []
        )
        return ReceivedMessage(
            carrier: ContextCarrier(context),
            created: age.map { Timestamp(milliseconds: 1_700_000_000_000).advanced(by: .zero - $0) },
            attributes: ["messaging.destination.partition.id": "3", "messaging.kafka.offset": .int(Int64(number))]
        )
    }

    @Test("A poll that brings messages is a CLIENT root that began when it was asked, linked to each")
    func poll() async throws {
        try await withStitchTest { test in
            var messages = [message(1), message(2)]
            let began = Timestamp.now.advanced(by: .seconds(-2))
            ReceiveSpan.record(&messages, from: target, since: began) { $0["stitch.kafka.lag"] = 7 }
            let span = try #require(test.spans.named("poll orders").first)
            #expect(span.kind == .client && span.parentSpanID == nil && span.start == began)
            #expect(span.links.map(\.spanID) == [SpanID(bits: 1), SpanID(bits: 2)])
            #expect(span.links[1].attributes["messaging.kafka.offset"] == 2)
            #expect(span.attributes["messaging.operation.type"] == "receive")
            #expect(span.attributes["messaging.operation.name"] == "poll")
            #expect(span.attributes["messaging.batch.message_count"] == 2)
            #expect(span.attributes["stitch.kafka.lag"] == 7)
        }
    }

    @Test("A poll that brings nothing makes no span, and one inside a span is its child")
    func empty() async throws {
        try await withStitchTest { test in
            var none: [ReceivedMessage] = []
            #expect(ReceiveSpan.record(&none, from: target, since: .now) == nil)
            #expect(test.spans.all.isEmpty && test.measurements.all.isEmpty)
            withSpan("loop") { _ in
                var messages = [message(1)]
                ReceiveSpan.record(&messages, from: target, since: .now)
            }
            let poll = try #require(test.spans.named("poll orders").first)
            #expect(poll.parentSpanID == test.spans.named("loop").first?.spanID)
        }
    }

    @Test("What is received is counted once, there; its wait and its latency are measured as work on it begins")
    func countedOnce() async throws {
        try await withStitchTest { test in
            var messages = [message(1)]
            messages[0].wait = MessageWait(total: .seconds(2))
            messages[0].carrier["stitch"] = "o=1700000000000"
            messages[0].flaws = [.duplicate]
            ReceiveSpan.record(&messages, from: target, since: .now)
            await ProcessSpan(of: messages[0], from: target).run {}
            let consumed = test.measurements.of("messaging.client.consumed.messages")
            #expect(consumed.map { $0.attributes["messaging.operation.name"]?.stringValue } == ["poll"])
            #expect(consumed.first?.attributes["messaging.destination.partition.id"] == "3")
            #expect(test.measurements.total(of: "stitch.context", where: ["state": "duplicate"]) == 1)
            #expect(test.measurements.of("stitch.message.wait").count == 1)
            #expect(test.measurements.of("stitch.flow.latency").count == 1)
        }
    }

    @Test("A poll that fails says why")
    func fails() async throws {
        try await withStitchTest { test in
            ReceiveSpan.recordFailure(Broken(), type: "NOT_COORDINATOR", from: target, since: .now)
            let span = try #require(test.spans.named("poll orders").first)
            #expect(span.status.isError && span.attributes["error.type"] == "NOT_COORDINATOR")
        }
    }

    @Test("A commit is a CLIENT span that ends on the broker's answer")
    func commit() async throws {
        try await withStitchTest { test in
            let commit = SettleSpan(target) { $0["messaging.kafka.offset"] = 43 }
            #expect(test.spans.all.isEmpty)
            commit.end()
            let span = try #require(test.spans.named("commit orders").first)
            #expect(span.kind == .client && span.links.isEmpty && span.parentSpanID == nil)
            #expect(span.attributes["messaging.operation.type"] == "settle")
            #expect(span.attributes["messaging.operation.name"] == "commit")
            #expect(span.attributes["messaging.consumer.group.name"] == "billing")
            #expect(span.attributes["stitch.settle.reason"] == nil)
        }
    }

    @Test("A system may call its operations what it likes")
    func names() async throws {
        try await withStitchTest { test in
            let names: [MessagingConventions.Operation: String] = [.send: "publish", .settle: "ack"]
            let queue = MessageTarget(system: "rabbitmq", destination: "mails", operationNames: names)
            SendSpan(to: queue).end()
            SettleSpan(queue).end()
            #expect(Set(test.spans.all.map(\.name)) == ["publish mails", "ack mails"])
            let publish = try #require(test.spans.named("publish mails").first)
            #expect(publish.attributes["messaging.operation.type"] == "send")
            let counted = test.measurements.of("messaging.client.sent.messages").first
            #expect(counted?.attributes["messaging.operation.name"] == "publish")
        }
    }

    @Test("Of more links than a span keeps, those to sampled spans stay, then the oldest; the rest are counted")
    func linkLimit() async throws {
        try await withStitchTest { test in
            // 200 messages, the newest first; every other one sampled.
            let messages = (1...200).map { message($0, sampled: $0.isMultiple(of: 2), age: .seconds(Int64($0))) }
            await ProcessSpan(ofBatch: messages, from: target).run {}
            let span = try #require(test.spans.process("orders").first)
            #expect(span.links.count == 128 && span.droppedLinkCount == 72)
            #expect(span.links.prefix(100).allSatisfy { $0.context.isSampled })
            #expect(span.links.prefix(100).map(\.spanID.bits) == stride(from: 200, through: 2, by: -2).map { $0 })
            #expect(span.links.dropFirst(100).map(\.spanID.bits) == stride(from: 199, to: 143, by: -2).map { $0 })
        }
    }
}
