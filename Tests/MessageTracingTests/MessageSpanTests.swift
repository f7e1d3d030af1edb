// SPDX-License-Identifier: Apache-2.0

import MessageTracing
import StitchTesting
import TelemetryAPI
import TelemetrySDK
import Testing

private typealias Attribute = MessagingConventions.Attribute

private struct Broken: Error, CustomStringConvertible { var description: String { "broken" } }

/// Names no span for those that it drops, and drops all.
private struct SilentTracer: Tracer {
    func startSpan(
        _ name: String,
        ofKind kind: SpanKind,
        parent: SpanContext?,
        following: [SpanContext],
        at time: Timestamp?,
        _ build: (inout SpanBuilder) -> Void
    ) -> Span {
        Span(context: .invalid)
    }
}

@Suite("Spans of messages")
struct MessageSpanTests {
    let target = MessageTarget(system: "kafka", destination: "orders", consumerGroup: "billing", clientID: "c1")

    private func sent(age: Duration = .zero) -> ReceivedMessage {
        let send = SendSpan(to: target, messageID: "m1")
        send.end()
        return ReceivedMessage(
            carrier: send.carrier,
            id: "m1",
            created: Timestamp.now.advanced(by: .zero - age),
            wait: MessageWait(total: age)
        )
    }

    @Test("A message is sent in a PRODUCER span whose context it carries, with the conventions' attributes")
    func send() async throws {
        try await withStitchTest { test in
            let send = SendSpan(to: target, messageID: "m1") { $0[Attribute.kafkaKey] = "7" }
            #expect(send.carrier.spanContext?.spanID == send.span.spanID)
            #expect(test.spans.all.isEmpty)
            send.end { $0[Attribute.kafkaOffset] = 42 }
            let span = try #require(test.spans.send("orders").first)
            #expect(span.kind == .producer && !span.status.isError)
            #expect(
                span.attributes == [
                    "messaging.system": "kafka", "messaging.operation.name": "send", "messaging.operation.type": "send",
                    "messaging.destination.name": "orders", "messaging.client.id": "c1",
                    "messaging.message.id": "m1", "messaging.kafka.message.key": "7", "messaging.kafka.offset": 42,
                ]
            )
        }
    }

    @Test("A message that isn't acknowledged leaves its error on the span, once")
    func sendFails() async throws {
        try await withStitchTest { test in
            SendSpan(to: target).fail(Broken(), type: "MESSAGE_TOO_LARGE")
            let span = try #require(test.spans.send("orders").first)
            #expect(span.status == .error("broken"))
            #expect(span.attributes["error.type"] == "MESSAGE_TOO_LARGE")
            #expect(span.events.count == 1)
        }
    }

    @Test("A young message continues its trace and links to its creation; an old one starts a trace, linked")
    func policies() async throws {
        try await withStitchTest { test in
            let young = sent(age: .seconds(599))
            let old = sent(age: .seconds(601))
            await ProcessSpan(of: young, from: target).run {}
            await ProcessSpan(of: old, from: target).run {}
            await ProcessSpan(of: old, from: target, policy: .continueTrace).run {}
            await ProcessSpan(of: young, from: target, policy: .newTrace).run {}
            let sends = test.spans.send("orders")
            let spans = test.spans.process("orders")
            #expect(spans.map { $0.parentSpanID } == [sends[0].spanID, nil, sends[1].spanID, nil])
            #expect(spans.map { $0.links.map(\.spanID) } == [0, 1, 1, 0].map { [sends[$0].spanID] })
            #expect(spans.allSatisfy { $0.kind == .consumer })
            #expect(spans[0].attributes["messaging.consumer.group.name"] == "billing")
        }
    }

    @Test("A message without a context starts a trace, and nothing is linked")
    func noContext() async throws {
        try await withStitchTest { test in
            await ProcessSpan(of: ReceivedMessage(carrier: ContextCarrier()), from: target).run {}
            let span = try #require(test.spans.process("orders").first)
            #expect(span.parentSpanID == nil && span.links.isEmpty)
        }
    }

    @Test("A retry links to its creation and to the attempt before; what was current is linked too")
    func retry() async throws {
        try await withStitchTest { test in
            var message = sent()
            let first = ProcessSpan(of: message, from: target)
            await first.run {}
            message.previousAttempt = first.span.context
            await withSpan("loop") { _ in await ProcessSpan(of: message, from: target).run {} }
            let roles = test.spans.process("orders")[1].links.map { $0.attributes["stitch.link"]?.stringValue }
            #expect(roles == ["creation", "previous_attempt", "ambient"])
        }
    }

    @Test("A batch has no parent and a link for each message, with what is that message's own")
    func batch() async throws {
        try await withStitchTest { test in
            var messages = [sent(), sent(), ReceivedMessage(carrier: ContextCarrier())]
            messages[0].attributes[Attribute.partitionID] = "3"
            await ProcessSpan(ofBatch: messages, from: target).run {}
            let span = try #require(test.spans.process("orders").first)
            #expect(span.parentSpanID == nil)
            #expect(span.links.map(\.spanID) == test.spans.send("orders").map(\.spanID))
            #expect(span.links[0].attributes["messaging.destination.partition.id"] == "3")
            #expect(span.attributes["messaging.batch.message_count"] == 3)
        }
    }

    @Test("Work that fails leaves one error; work that is cancelled leaves none; both go on to the caller")
    func outcomes() async throws {
        try await withStitchTest { test in
            await #expect(throws: Broken.self) {
                try await ProcessSpan(of: sent(), from: target).run { () async throws in throw Broken() }
            }
            await #expect(throws: CancellationError.self) {
                try await ProcessSpan(of: sent(), from: target).run { () async throws in throw CancellationError() }
            }
            let spans = test.spans.process("orders")
            #expect(spans.map(\.status) == [.error("broken"), .unset])
            #expect(spans.map(\.events.count) == [1, 0])
        }
    }

    @Test("Waits are told in seconds with their parts; a message from the future is clock skew, not a wait")
    func waits() async throws {
        try await withStitchTest { test in
            var message = sent()
            message.wait = MessageWait(total: .seconds(3), scheduled: .seconds(2), ready: .seconds(1))
            await ProcessSpan(of: message, from: target).run {}
            message.wait = MessageWait(total: .milliseconds(-250))
            await ProcessSpan(of: message, from: target).run {}
            let spans = test.spans.process("orders")
            #expect(spans[0].attributes["stitch.wait"] == 3.0)
            #expect(spans[0].attributes["stitch.wait.scheduled"] == 2.0)
            #expect(spans[1].attributes["stitch.wait"] == nil)
            #expect(spans[1].attributes["stitch.clock_skew"] == 0.25)
        }
    }

    @Test("A settlement is a CLIENT span in the attempt's trace, linked to it, with its reason")
    func settle() async throws {
        try await withStitchTest { test in
            let attempt = ProcessSpan(of: sent(), from: target)
            let jobs = MessageTarget(system: "stitch", destination: "orders")
            SettleSpan(jobs, messageID: "m1", attempt: attempt.span.context, reason: "retry").end()
            let span = try #require(test.spans.settle("orders").first)
            #expect(span.kind == .client && span.traceID == attempt.span.traceID)
            #expect(span.links.map(\.spanID) == [attempt.span.spanID])
            #expect(span.attributes["stitch.settle.reason"] == "retry")
        }
    }

    @Test("A tracer that names no dropped span loses no trace: the current span's context goes on, else what came in")
    func fallback() async throws {
        let ambient = SpanContext(traceID: TraceID(high: 1, low: 1), spanID: SpanID(bits: 1))
        let incoming = ContextCarrier(SpanContext(traceID: TraceID(high: 2, low: 2), spanID: SpanID(bits: 2)))
        withTracer(SilentTracer()) {
            #expect(SendSpan(to: target, incoming: incoming).carrier == incoming)
            Span(context: ambient).makeCurrent {
                #expect(SendSpan(to: target, incoming: incoming).carrier.spanContext?.spanID == ambient.spanID)
            }
        }
    }

    @Test("An unsampled message's trace goes on, unsampled")
    func unsampled() async throws {
        try await withStitchTest { test in
            let parent = SpanContext(traceID: TraceID(high: 9, low: 9), spanID: SpanID(bits: 9))
            let send = Span(context: parent).makeCurrent { SendSpan(to: target) }
            send.end()
            let process = ProcessSpan(of: ReceivedMessage(carrier: send.carrier), from: target, policy: .newTrace)
            await process.run {}
            #expect(send.carrier.spanContext?.traceID == parent.traceID)
            #expect(!process.span.context.isSampled && process.span.context.isValid)
            #expect(test.spans.all.isEmpty)
        }
    }
}
