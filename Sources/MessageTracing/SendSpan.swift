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

    /// What the message has to carry, each field replacing what the message has under that name.
    public let carrier: ContextCarrier

    private let measurement: OperationMeasurement?

    /// Starts to send a message.
    ///
    /// - Parameters:
    ///   - target: Where it goes to.
    ///   - messageID: Its id, where it has one already.
    ///   - incoming: What the message carries so far, such as one that is passed on. It goes on unchanged where the
    ///     tracer has nothing to say and no span is current.
    ///   - describe: Says what else is known about the message. Not called for a span that nobody records.
    public init(
        to target: MessageTarget,
        messageID: String? = nil,
        incoming: ContextCarrier = ContextCarrier(),
        _ describe: (inout Attributes) -> Void = { _ in }
    ) {
        let operation = MessagingConventions.Operation.send
        measurement = OperationMeasurement(of: operation, target)
        span = startSpan(target.spanName(operation.rawValue), ofKind: .producer) { builder in
            target.fill(&builder.attributes, operation)
            builder.attributes.set(MessagingConventions.Attribute.messageID, messageID)
            describe(&builder.attributes)
        }
        carrier = Self.carrier(of: span, incoming: incoming)
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

    /// A message must never lose its trace because a tracer records nothing: what the tracer writes for the span, else
    /// for the span that is current, else what came in.
    private static func carrier(of span: Span, incoming: ContextCarrier) -> ContextCarrier {
        let tracer = TelemetrySystem.tracer
        var written = ContextCarrier()
        tracer.inject(span.context, into: &written)
        if written.isEmpty, let current = Span.current { tracer.inject(current.context, into: &written) }
        return written.isEmpty ? incoming : written
    }
}
