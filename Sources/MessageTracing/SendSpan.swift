// SPDX-License-Identifier: Apache-2.0

public import TelemetryAPI
public import TelemetryData
public import TraceContext

/// A message on its way to the broker: a `send` span, and what the message has to carry.
///
/// Ends when it is known what became of the message: on the acknowledgement, not when a client library took it. Then
/// the send is counted and its duration measured too, once, whether or not the span is sampled.
public struct SendSpan: Sendable {
    /// The span.
    public let span: Span

    /// What the message has to carry, in place of all trace fields that it has.
    public let carrier: ContextCarrier

    private let measurement: OperationMeasurement?

    /// Starts to send a message.
    ///
    /// - Parameters:
    ///   - target: Where it goes to.
    ///   - messageID: Its id, where it has one already.
    ///   - wish: What the sender wants of whoever works on it; `nil` leaves it to the receiver.
    ///   - incoming: What the message carries so far, such as one that is passed on. It goes on unchanged where the
    ///     tracer has nothing to say and no span is current.
    ///   - time: When the caller began to send it, where it had to wait; now unless given.
    ///   - describe: Says what else is known about the message. Not called for a span that nobody records.
    public init(
        to target: MessageTarget,
        messageID: String? = nil,
        wish: StitchField.Wish? = nil,
        incoming: ContextCarrier = ContextCarrier(),
        at time: Timestamp? = nil,
        _ describe: (inout AttributeWriter) -> Void = { _ in }
    ) {
        let active = ActiveContext.current
        guard TelemetrySystem.isEnabled(in: active) else {
            span = Span(context: .invalid)
            carrier = ContextCarrier(passedOnTo: target, in: active, incoming: incoming, wish: wish)
            measurement = nil
            return
        }
        let tracer = TelemetrySystem.tracer(in: active)
        measurement = OperationMeasurement(of: .send, target, meter: TelemetrySystem.meter(in: active), since: time)
        span = tracer.startSpan(
            .send,
            on: target,
            ofKind: .producer,
            parent: active?.parent(tracer),
            following: [],
            at: time
        ) { builder in
            builder.attributes.set(MessagingConventions.Attribute.messageID, messageID)
            describe(&builder.attributes)
        }
        carrier = ContextCarrier(
            of: span,
            to: target,
            in: active,
            tracer: tracer,
            incoming: incoming,
            wish: wish
        )
    }

    /// Starts to send a message that was created before, and carries its creation already: one that is moved to another
    /// topic, sent again, or relayed from an outbox.
    ///
    /// What it carries is never rewritten, but that a stranger gets neither its baggage nor its `tracestate`; the span
    /// links to the creation.
    ///
    /// - Parameters:
    ///   - carrier: What the message carries.
    ///   - target: Where it goes to now.
    ///   - messageID: Its id, where it has one.
    ///   - attempt: The failed attempt to work on it that is the reason, where there is one.
    ///   - parent: The span's parent; what is current unless given.
    ///   - describe: Says what else is known about the message. Not called for a span that nobody records.
    public init(
        passingOn carrier: ContextCarrier,
        to target: MessageTarget,
        messageID: String? = nil,
        attempt: SpanContext? = nil,
        parent: SpanContext? = nil,
        _ describe: (inout AttributeWriter) -> Void = { _ in }
    ) {
        self.carrier = target.isExternal ? carrier.forStrangers : carrier
        let active = ActiveContext.current
        guard TelemetrySystem.isEnabled(in: active) else {
            span = Span(context: .invalid)
            measurement = nil
            return
        }
        let tracer = TelemetrySystem.tracer(in: active)
        measurement = OperationMeasurement(of: .send, target, meter: TelemetrySystem.meter(in: active))
        let creation = tracer.extractSpan(from: carrier)
        span = tracer.startSpan(
            .send,
            on: target,
            ofKind: .client,
            parent: parent ?? active?.parent(tracer),
            following: creation.map { [$0] } ?? [],
            at: nil
        ) { builder in
            builder.attributes.set(MessagingConventions.Attribute.messageID, messageID)
            describe(&builder.attributes)
            if let creation { builder.addLink(creation, role: .creation) }
            if let attempt { builder.addLink(attempt, role: .attempt) }
        }
    }

    /// The message was acknowledged.
    ///
    /// - Parameters:
    ///   - partition: The partition that it was written to, for the metrics.
    ///   - describe: Says what is known of it now. Not called for a span that nobody records.
    public func end(partition: String? = nil, _ describe: (SpanAttributes) -> Void = { _ in }) {
        measurement?.end(in: span.context, partition: partition.map { .string($0) })
        if span.isRecording { describe(span.attributes) }
        span.end()
    }

    /// The message was withdrawn before it left, as when the sender's task is cancelled: neither an error nor a message
    /// that was sent.
    ///
    /// The span ends and says so; nothing is counted or measured.
    public func withdraw() {
        span.attributes.set(MessagingConventions.Attribute.sendWithdrawn, true)
        span.end()
    }

    /// The message was not acknowledged.
    ///
    /// - Parameters:
    ///   - error: Why.
    ///   - type: The value of `error.type`: the broker's name for the error.
    public func fail(_ error: any Error, type: String) {
        measurement?.end(in: span.context, errorType: type)
        span.recordError(error, type: type)
        span.end()
    }
}
