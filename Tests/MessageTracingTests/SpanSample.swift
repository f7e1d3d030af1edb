// SPDX-License-Identifier: Apache-2.0

import MessageTracing
import StitchTesting
import TelemetrySDK

/// A kind of span, made through the public API with everything set that it takes: once with success, once with an error.
struct SpanSample: Sendable {
    /// What the reference calls such a span.
    let name: String

    private let operation: MessagingConventions.Operation
    private let make: @Sendable (Said) async -> Void

    /// What whoever instruments a client says beside what the API takes.
    struct Said: Sendable {
        var target = Attributes()
        var sent = Attributes()
        var acknowledged = Attributes()
        var received = Attributes()
    }

    /// What was made.
    struct Made: Sendable {
        var spans: [SpanData]
        var measurements: [RecordedMeasurement]
    }

    /// Makes the spans, and keeps those that are meant.
    func made(_ said: Said = Said()) async throws -> Made {
        try await withStitchTest { test in
            await make(said)
            let type = AttributeValue.string(operation.rawValue)
            let spans = test.spans.all.filter { $0.attributes[MessagingConventions.Attribute.operationType] == type }
            return Made(spans: spans, measurements: test.measurements.all)
        }
    }

    /// One of each, in the order of the overview's table.
    static let all = [
        SpanSample(name: "send", operation: .send) { said in
            func send() -> SendSpan {
                SendSpan(to: said.place(), messageID: "m1", wish: .newTrace) { $0.merge(said.sent) }
            }
            send().end(partition: "3") { $0.add(said.acknowledged) }
            send().fail(Broken(), type: "BROKEN")
            send().withdraw()
        },
        SpanSample(name: "send", operation: .send) { said in
            func send() -> SendSpan {
                SendSpan(passingOn: carrier, to: said.place(), messageID: "m1", attempt: attempt) {
                    $0.merge(said.sent)
                }
            }
            send().end(partition: "3") { $0.add(said.acknowledged) }
            send().fail(Broken(), type: "BROKEN")
        },
        SpanSample(name: "create", operation: .create) { said in
            func create() -> CreateSpan { CreateSpan(for: said.place(), messageID: "m1", wish: .newTrace) }
            create().end()
            create().fail(Broken(), type: "BROKEN")
        },
        SpanSample(name: "create", operation: .create) { batch($0) },
        SpanSample(name: "batch send", operation: .send) { batch($0) },
        SpanSample(name: "batch send", operation: .send) { batch($0, createSpans: false) },
        SpanSample(name: "receive", operation: .receive) { said in
            var messages = messages(said)
            ReceiveSpan.record(&messages, from: said.place(), since: .now)
            var one = [messages[0]]
            one[0].delivery = .first
            ReceiveSpan.record(&one, from: said.place(), since: .now)
            ReceiveSpan.recordFailure(Broken(), type: "BROKEN", from: said.place(), since: .now)
        },
        SpanSample(name: "process", operation: .process) { said in
            for message in messages(said) {
                await withSpan("ambient") { _ in
                    await ProcessSpan(of: message, from: said.place()).run {}
                    _ = try? await ProcessSpan(of: message, from: said.place())
                        .run { () async throws(Broken) in throw Broken() }
                }
            }
        },
        SpanSample(name: "batch process", operation: .process) { said in
            await withSpan("ambient") { _ in
                var several = messages(said)
                await ProcessSpan(ofBatch: [several[0]], from: said.place()).run {}
                for index in several.indices {
                    several[index].attributes[MessagingConventions.Attribute.destinationName] = "orders"
                }
                await ProcessSpan(ofBatch: several, from: said.place(destination: nil)).run {}
                _ = try? await ProcessSpan(ofBatch: several, from: said.place())
                    .run { () async throws(Broken) in throw Broken() }
            }
        },
        SpanSample(name: "settle", operation: .settle) { said in
            func settle() -> SettleSpan {
                SettleSpan(said.place(), messageID: "m1", attempt: attempt, reason: "retry")
            }
            settle().end()
            settle().fail(Broken(), type: "BROKEN")
        },
    ]
}

private struct Broken: Error {}

private let creation = SpanContext(traceID: TraceID(high: 1, low: 1), spanID: SpanID(bits: 1), flags: .sampled)
private let attempt = SpanContext(traceID: TraceID(high: 1, low: 1), spanID: SpanID(bits: 2), flags: .sampled)

private var carrier: ContextCarrier { ContextCarrier(creation) }

/// Three messages: one that waited, one from the future, one that brings no context.
private func messages(_ said: SpanSample.Said) -> [ReceivedMessage] {
    let waits = [
        MessageWait(total: .seconds(3), scheduled: .seconds(1), ready: .seconds(1), backoff: .seconds(1)),
        MessageWait(total: .seconds(-1)),
    ]
    var messages = (waits + [waits[0]]).map { wait in
        ReceivedMessage(
            carrier: carrier,
            id: "m1",
            created: .now,
            wait: wait,
            previousAttempt: attempt,
            attributes: said.received
        )
    }
    messages[0].origin = .now
    messages[0].flaws = [.duplicate]
    messages[2].carrier = ContextCarrier()
    return messages
}

private func batch(_ said: SpanSample.Said, createSpans: Bool = true) {
    let messages = [OutgoingMessage(id: "m1", wish: .newTrace), OutgoingMessage(id: "m2")]
    BatchSendSpan(of: messages, to: said.place(), createSpans: createSpans).end()
    BatchSendSpan(of: messages, to: said.place(), createSpans: createSpans)
        .end(failures: [.init(index: 0, error: Broken(), type: "BROKEN")])
    BatchSendSpan(of: messages, to: said.place(), createSpans: createSpans).end(withdrawn: [0, 1])
}

extension SpanSample.Said {
    fileprivate func place(destination: String? = "orders") -> MessageTarget {
        MessageTarget(
            system: "example",
            destination: destination,
            consumerGroup: "billing",
            clientID: "c1",
            attributes: target
        )
    }
}

extension Attributes {
    fileprivate mutating func add(_ others: Attributes) {
        for element in others.elements { self[element.key] = element.value }
    }
}

extension SpanAttributes {
    fileprivate func add(_ others: Attributes) {
        for element in others.elements { self[element.key] = element.value }
    }
}
