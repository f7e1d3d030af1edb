// SPDX-License-Identifier: Apache-2.0

public import TelemetryAPI
public import TelemetryData
public import TraceContext

/// Saying what became of messages: a `settle` span, called what the system calls it, as `commit` for Kafka.
///
/// Ends when the broker, or the database, has answered. It links to the attempt that it concerns, where it concerns one.
public struct SettleSpan: Sendable {
    /// The span.
    public let span: Span

    private let measurement: OperationMeasurement?

    /// Starts to settle messages.
    ///
    /// - Parameters:
    ///   - target: Where the messages come from; one without a destination if they don't come from the same.
    ///   - messageID: The message, if it is a single one that has an id.
    ///   - attempt: The attempt that it concerns, which is the span's parent too; `nil` when it concerns none, or that
    ///     attempt left no span. The parent is then what is current.
    ///   - reason: Why, as a code of low cardinality: `retry`, `snooze`, `dead`, `cancel`, `rescue`; `nil` for plain
    ///     success.
    ///   - describe: Says what else is known. Not called for a span that nobody records.
    public init(
        _ target: MessageTarget,
        messageID: String? = nil,
        attempt: SpanContext? = nil,
        reason: String? = nil,
        _ describe: (inout AttributeWriter) -> Void = { _ in }
    ) {
        let active = ActiveContext.current
        guard TelemetrySystem.isEnabled(in: active) else {
            span = Span(context: .invalid)
            measurement = nil
            return
        }
        let tracer = TelemetrySystem.tracer(in: active)
        let attempt = attempt.flatMap { $0.isValid ? $0 : nil }
        measurement = OperationMeasurement(of: .settle, target, meter: TelemetrySystem.meter(in: active))
        span = tracer.startSpan(
            .settle,
            on: target,
            ofKind: .client,
            parent: attempt ?? active?.parent(tracer),
            following: [],
            at: nil
        ) { builder in
            builder.attributes.set(MessagingConventions.Attribute.messageID, messageID)
            builder.attributes.set(MessagingConventions.Attribute.settleReason, reason)
            describe(&builder.attributes)
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
