// SPDX-License-Identifier: Apache-2.0

public import TelemetryAPI
public import TelemetryData
public import TraceContext

/// A message that is made here and sent later, by somebody else: a `create` span, and what the message has to carry.
///
/// A message that is put into an outbox is made so. It is no send, and counted as none.
public struct CreateSpan: Sendable {
    /// The span.
    public let span: Span

    /// What the message has to carry, in place of all trace fields that it has.
    public let carrier: ContextCarrier

    /// Starts to make a message.
    ///
    /// - Parameters:
    ///   - target: Where it will go to.
    ///   - messageID: Its id, where it has one already.
    ///   - wish: What the sender wants of whoever works on it; `nil` leaves it to the receiver.
    ///   - incoming: What the message carries so far.
    ///   - describe: Says what else is known about the message. Not called for a span that nobody records.
    public init(
        for target: MessageTarget,
        messageID: String? = nil,
        wish: StitchField.Wish? = nil,
        incoming: ContextCarrier = ContextCarrier(),
        _ describe: (inout AttributeWriter) -> Void = { _ in }
    ) {
        let active = ActiveContext.current
        guard TelemetrySystem.isEnabled(in: active) else {
            span = Span(context: .invalid)
            carrier = ContextCarrier(passedOnTo: target, in: active, incoming: incoming, wish: wish)
            return
        }
        let tracer = TelemetrySystem.tracer(in: active)
        span = tracer.startSpan(
            .create,
            on: target,
            ofKind: .producer,
            parent: active?.parent(tracer),
            following: [],
            at: nil
        ) { builder in
            builder.attributes.set(MessagingConventions.Attribute.messageID, messageID)
            describe(&builder.attributes)
        }
        carrier = ContextCarrier(of: span, to: target, in: active, tracer: tracer, incoming: incoming, wish: wish)
    }

    /// The message is made: written into the outbox, or given to whoever sends it.
    ///
    /// - Parameter describe: Says what is known of it now. Not called for a span that nobody records.
    public func end(_ describe: (SpanAttributes) -> Void = { _ in }) {
        if span.isRecording { describe(span.attributes) }
        span.end()
    }

    /// The message could not be made.
    ///
    /// - Parameters:
    ///   - error: Why.
    ///   - type: The value of `error.type`.
    public func fail(_ error: any Error, type: String) {
        span.recordError(error, type: type)
        span.end()
    }
}
