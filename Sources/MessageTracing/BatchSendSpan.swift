// SPDX-License-Identifier: Apache-2.0

public import TelemetryAPI
import TelemetryData
public import TraceContext

/// Messages that go to the broker together: a `create` span for each, and one `send` span that links to all of them.
///
/// Without create spans the `send` span is what every message carries. Ends when it is known what became of the messages;
/// each is counted by itself then.
public struct BatchSendSpan: Sendable {
    /// The `send` span.
    public let span: Span

    /// What each message has to carry, in the order of the messages, in place of all trace fields that it has.
    public let carriers: [ContextCarrier]

    private let measurement: OperationMeasurement?
    private let targets: [MessageTarget]

    /// Why a message was not acknowledged.
    public struct Failure: Sendable {
        /// Which message of the batch, from 0.
        public var index: Int

        /// Why.
        public var error: any Error

        /// The value of `error.type`: the broker's name for the error.
        public var type: String

        /// A message that was not acknowledged.
        public init(index: Int, error: any Error, type: String) {
            self.index = index
            self.error = error
            self.type = type
        }
    }

    /// Starts to send messages.
    ///
    /// - Parameters:
    ///   - messages: The messages; nothing is worked out of them where nobody makes spans, but what they have to carry.
    ///   - target: Where they go to; one without a destination if they don't go to the same.
    ///   - createSpans: Whether each message gets a `create` span of its own.
    public init(of messages: [OutgoingMessage], to target: MessageTarget, createSpans: Bool = true) {
        let active = ActiveContext.current
        targets = messages.map { $0.target ?? target }
        guard TelemetrySystem.isEnabled(in: active) else {
            span = Span(context: .invalid)
            measurement = nil
            carriers = zip(messages, targets).map {
                ContextCarrier(passedOnTo: $1, in: active, incoming: $0.incoming, wish: $0.wish)
            }
            return
        }
        let tracer = TelemetrySystem.tracer(in: active)
        measurement = OperationMeasurement(of: .send, target, meter: TelemetrySystem.meter(in: active))
        let parent = active?.parent(tracer)
        let created: [Span] =
            createSpans ? zip(messages, targets).map { $0.startCreateSpan(to: $1, tracer, parent: parent) } : []
        // One that can't be named still says that it was dropped.
        let creations = created.map { tracer.context(of: $0) ?? .invalid }
        span = tracer.startSpan(
            .send,
            on: target,
            ofKind: createSpans ? .client : .producer,
            parent: parent,
            following: creations,
            at: nil
        ) { builder in
            builder.attributes[MessagingConventions.Attribute.batchMessageCount] = .int(Int64(messages.count))
            for creation in creations { builder.addLink(creation, role: .creation) }
        }
        let sending = span
        carriers = messages.indices.map { index in
            ContextCarrier(
                of: createSpans ? created[index] : sending,
                to: messages[index].target ?? target,
                in: active,
                tracer: tracer,
                incoming: messages[index].incoming,
                wish: messages[index].wish
            )
        }
        for create in created { create.end() }
    }

    /// It is known what became of the messages.
    ///
    /// - Parameter failures: Those that were not acknowledged. The span has the first one's error, and says how many there
    ///   are.
    public func end(failures: [Failure] = []) {
        if let measurement {
            var types: [String?] = Array(repeating: nil, count: targets.count)
            for failure in failures where types.indices.contains(failure.index) { types[failure.index] = failure.type }
            measurement.end(in: span.context, batch: zip(targets, types))
        }
        if let first = failures.first {
            span.recordError(
                BatchFailure(count: failures.count, of: targets.count, first: first.error),
                type: first.type
            )
        }
        span.end()
    }
}

/// What the span says of messages that were not acknowledged.
private struct BatchFailure: Error, CustomStringConvertible {
    var count: Int
    var of: Int
    var first: any Error

    var description: String { of == 1 ? "\(first)" : "\(count) of \(of) messages: \(first)" }
}

extension OutgoingMessage {
    /// Its `create` span, which ends as soon as the message has its context.
    fileprivate func startCreateSpan(to target: MessageTarget, _ tracer: any Tracer, parent: SpanContext?) -> Span {
        tracer.startSpan(.create, on: target, ofKind: .producer, parent: parent, following: [], at: nil) { builder in
            builder.attributes.set(MessagingConventions.Attribute.messageID, id)
            builder.attributes.merge(attributes)
        }
    }
}
