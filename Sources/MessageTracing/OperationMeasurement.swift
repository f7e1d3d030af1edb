// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TelemetryAPI
import TelemetryData

/// Measures one operation from its start until it ends, once.
///
/// Exists only where somebody measures. It keeps the meter for as long as the operation lasts, as a span keeps its
/// recorder, since an acknowledgement may come on a thread that knows nothing of the task that waits for it.
@usableFromInline
final class OperationMeasurement: Sendable {
    private let meter: any Meter
    private let target: MessageTarget
    private let operation: MessagingConventions.Operation
    private let start: ContinuousClock.Instant
    private let partition: AttributeValue?
    private let hasEnded = Atomic<Bool>(false)

    /// Starts to measure; `nil` where nobody does.
    ///
    /// - Parameters:
    ///   - operation: What is done.
    ///   - target: Where the messages go to or come from.
    ///   - meter: Who measures.
    ///   - time: When it began; now unless given.
    ///   - partition: The partition, where it is known from the start. Only worked out where somebody measures.
    init?(
        of operation: MessagingConventions.Operation,
        _ target: MessageTarget,
        meter: any Meter,
        since time: Timestamp? = nil,
        partition: @autoclosure () -> AttributeValue? = nil
    ) {
        guard meter.isRecording else { return nil }
        self.meter = meter
        self.target = target
        self.operation = operation
        self.partition = partition()
        start = .now - (time.map { Timestamp.now.duration(since: $0) } ?? .zero)
    }

    /// Ends it; only the first call counts.
    ///
    /// - Parameters:
    ///   - context: The operation's span.
    ///   - errorType: The value of `error.type`; `nil` when it did not fail.
    ///   - partition: The partition, where there is one.
    ///   - time: When it ended; now unless given.
    func end(
        in context: SpanContext,
        errorType: String? = nil,
        partition: AttributeValue? = nil,
        at time: Timestamp? = nil
    ) {
        let partition = partition ?? self.partition
        guard !hasEnded.exchange(true, ordering: .relaxed) else { return }
        if operation == .send { countSent(to: target, in: context, errorType: errorType, partition: partition) }
        recordDuration(in: context, errorType: errorType, partition: partition, at: time)
    }

    /// Ends the send of several messages; only the first call counts.
    ///
    /// - Parameters:
    ///   - context: The operation's span.
    ///   - messages: Where each went to, and the value of `error.type` of those that were not acknowledged.
    func end(in context: SpanContext, batch messages: some Sequence<(MessageTarget, String?)>) {
        guard !hasEnded.exchange(true, ordering: .relaxed) else { return }
        var first: String?
        for (target, errorType) in messages {
            first = first ?? errorType
            countSent(to: target, in: context, errorType: errorType, partition: nil)
        }
        recordDuration(in: context, errorType: first, partition: nil)
    }

    private func countSent(
        to target: MessageTarget,
        in context: SpanContext,
        errorType: String?,
        partition: AttributeValue?
    ) {
        meter.counter(MessagingMetrics.sentMessages).add(1, in: context) {
            target.fillMetric(&$0, operation, destination: target.destination, partition: partition)
            $0.set(MessagingConventions.Attribute.errorType, errorType)
        }
    }

    private func recordDuration(
        in context: SpanContext,
        errorType: String?,
        partition: AttributeValue?,
        at time: Timestamp? = nil
    ) {
        let end = ContinuousClock.now - (time.map { Timestamp.now.duration(since: $0) } ?? .zero)
        // A start that was given may lie in the future.
        let duration = max(start.duration(to: end).seconds, 0)
        var attributes = Attributes()
        target.fillMetric(&attributes, operation, destination: target.destination, partition: partition)
        attributes.set(MessagingConventions.Attribute.errorType, errorType)
        if operation == .process {
            meter.histogram(MessagingMetrics.processDuration).record(duration, in: context) { $0 = attributes }
        } else {
            attributes[MessagingConventions.Attribute.operationType] = .string(operation.rawValue)
            meter.histogram(MessagingMetrics.operationDuration).record(duration, in: context) { $0 = attributes }
        }
    }
}
