// SPDX-License-Identifier: Apache-2.0

public import TelemetryAPI
public import TraceContext

/// Saying what became of a message other than success: a `settle` span, linked to the attempt that it concerns.
public struct SettleSpan: Sendable {
    /// The span.
    public let span: Span

    private let measurement: OperationMeasurement?

    /// Starts to settle a message.
    ///
    /// - Parameters:
    ///   - target: Where the message comes from.
    ///   - messageID: The message.
    ///   - attempt: The attempt that it concerns; `nil` when that attempt left no span.
    ///   - reason: Why, as a code of low cardinality: `retry`, `snooze`, `dead`, `cancel`, `rescue`.
    public init(_ target: MessageTarget, messageID: String?, attempt: SpanContext?, reason: String) {
        let operation = MessagingConventions.Operation.settle
        measurement = OperationMeasurement(of: operation, target)
        // A child of the attempt, in its trace; where the attempt is unknown, of whatever is current.
        span = startSpan(
            target.spanName(operation.rawValue),
            ofKind: .client,
            parent: attempt.map { .context($0) } ?? .current
        ) { builder in
            target.fill(&builder.attributes, operation)
            builder.attributes.set(MessagingConventions.Attribute.messageID, messageID)
            builder.attributes[MessagingConventions.Attribute.settleReason] = .string(reason)
            if let attempt { builder.addLink(attempt, role: .attempt) }
        }
    }

    /// It was settled.
    public func end() {
        measurement?.end(in: span.context)
        span.end()
    }

    /// It could not be settled.
    ///
    /// - Parameters:
    ///   - error: Why.
    ///   - type: The value of `error.type`.
    public func fail(_ error: any Error, type: String) {
        measurement?.end(in: span.context, errorType: type)
        span.recordError(error, type: type)
        span.end()
    }
}
