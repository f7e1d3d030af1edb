// SPDX-License-Identifier: Apache-2.0

public import TelemetryAPI
public import TelemetryData
public import TraceContext

/// Asking a broker for messages: a `receive` span, called what the system calls it, as `poll` for Kafka.
///
/// It is made when messages are handed to whoever asked, since a poll that brings nothing makes no span, and what a client
/// fetches ahead is received by nobody yet. It links to each message, is a root unless a span is current, and counts the
/// messages, so that work on them does not.
///
/// ```swift
/// let began = Timestamp.now
/// var messages = try await client.poll().map(describe)
/// ReceiveSpan.record(&messages, from: target, since: began)
/// ```
public enum ReceiveSpan {
    /// Messages are handed over.
    ///
    /// - Parameters:
    ///   - messages: The messages, which know afterwards that they are counted. Nothing happens if there are none.
    ///   - target: Where they come from; one without a destination if they don't come from the same.
    ///   - start: When the caller began to ask.
    ///   - end: When the first was handed over; now unless given.
    ///   - describe: Says what else is known, as the lag. Not called for a span that nobody records.
    /// - Returns: The span's context, where there is a span.
    @discardableResult
    public static func record(
        _ messages: inout [ReceivedMessage],
        from target: MessageTarget,
        since start: Timestamp,
        until end: Timestamp? = nil,
        _ describe: (inout AttributeWriter) -> Void = { _ in }
    ) -> SpanContext? {
        let active = ActiveContext.current
        guard !messages.isEmpty, TelemetrySystem.isEnabled(in: active) else { return nil }
        let tracer = TelemetrySystem.tracer(in: active)
        let meter = TelemetrySystem.meter(in: active)
        let creations = messages.map { tracer.extractSpan(from: $0.carrier) }
        let measurement = OperationMeasurement(of: .receive, target, meter: meter, since: start)
        let received = messages
        let span = tracer.startSpan(
            .receive,
            on: target,
            ofKind: .client,
            parent: active?.parent(tracer),
            following: target.isExternal ? [] : creations.compactMap { $0 },
            at: start
        ) { builder in
            builder.attributes[MessagingConventions.Attribute.batchMessageCount] = .int(Int64(received.count))
            describe(&builder.attributes)
            builder.addCreationLinks(zip(received, creations))
        }
        if let measurement {
            for (message, creation) in zip(received, creations) where message.delivery == .first {
                message.count(with: meter, of: .receive, from: target, creation: creation, in: span.context)
            }
            measurement.end(
                in: span.context,
                partition: target.destination == nil ? nil : received.commonPartition,
                at: end
            )
        }
        for index in messages.indices where messages[index].delivery == .first {
            messages[index].delivery = .received
        }
        span.end(at: end)
        return span.context
    }

    /// Asking has failed.
    ///
    /// - Parameters:
    ///   - error: Why.
    ///   - type: The value of `error.type`: the broker's name for the error.
    ///   - target: Where messages were to come from.
    ///   - start: When the caller began to ask.
    public static func recordFailure(
        _ error: any Error,
        type: String,
        from target: MessageTarget,
        since start: Timestamp
    ) {
        let active = ActiveContext.current
        guard TelemetrySystem.isEnabled(in: active) else { return }
        let tracer = TelemetrySystem.tracer(in: active)
        let meter = TelemetrySystem.meter(in: active)
        let measurement = OperationMeasurement(of: .receive, target, meter: meter, since: start)
        let span = tracer.startSpan(
            .receive,
            on: target,
            ofKind: .client,
            parent: active?.parent(tracer),
            following: [],
            at: start
        ) { _ in }
        measurement?.end(in: span.context, errorType: type)
        span.recordError(error, type: type)
        span.end()
    }
}
