// SPDX-License-Identifier: Apache-2.0

import TelemetryAPI
import TelemetryData

extension ReceivedMessage {
    /// What is wrong with the context that came with the message.
    ///
    /// - Parameter creation: The context, if the tracer could read one.
    /// - Returns: At most one of missing and invalid, and whether fields came more than once.
    func contextFlaws(creation: SpanContext?) -> [MessagingConventions.ContextFlaw] {
        var found: [MessagingConventions.ContextFlaw] = []
        if creation?.isValid != true {
            let isInvalid = flaws.contains(.invalid) || carrier.fields.contains { !Self.isCompanion($0.name) }
            found.append(isInvalid ? .invalid : .missing)
        }
        if flaws.contains(.duplicate) { found.append(.duplicate) }
        return found
    }

    /// Whether a field names no span: alone it is no context, and no broken one either.
    private static func isCompanion(_ name: String) -> Bool {
        typealias Name = ContextCarrier.FieldName
        let name = name.lowercased()
        return name == Name.traceState || name == Name.baggage || name.hasPrefix(StitchField.name)
    }

    /// Measures the delivery of the message as work on it begins.
    ///
    /// - Parameters:
    ///   - meter: Who measures.
    ///   - target: Where the message comes from.
    ///   - creation: The context that came with it, if the tracer could read one.
    ///   - context: The span of the work.
    ///   - time: When the work begins; now unless given.
    func measureDelivery(
        with meter: any Meter,
        from target: MessageTarget,
        creation: SpanContext?,
        in context: SpanContext,
        at time: Timestamp?
    ) {
        guard !isCounted else { return }
        // Of a batch over several destinations each message says its own.
        var target = target
        target.destination =
            target.destination ?? attributes[MessagingConventions.Attribute.destinationName]?.stringValue
        count(with: meter, from: target, creation: creation, in: context)
        if let total = wait?.total {
            let metric = total < .zero ? MessagingMetrics.messageClockSkew : MessagingMetrics.messageWait
            meter.histogram(metric).record(abs(total.seconds), in: context) { target.fillPlace(&$0) }
        }
        if let origin {
            let latency = (time ?? .now).duration(since: origin).seconds
            meter.histogram(MessagingMetrics.flowLatency).record(latency, in: context) { target.fillPlace(&$0) }
        }
    }

    private func count(
        with meter: any Meter,
        from target: MessageTarget,
        creation: SpanContext?,
        in context: SpanContext
    ) {
        meter.counter(MessagingMetrics.consumedMessages).add(1, in: context) {
            target.fillMetric(&$0, .process, partition: partition)
        }
        for flaw in contextFlaws(creation: creation) {
            meter.counter(MessagingMetrics.context).add(1, in: context) {
                target.fillPlace(&$0)
                $0[MessagingConventions.Attribute.contextState] = .string(flaw.rawValue)
            }
        }
    }

    /// The partition, where the message has one.
    var partition: AttributeValue? { attributes[MessagingConventions.Attribute.partitionID] }
}
