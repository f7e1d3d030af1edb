// SPDX-License-Identifier: Apache-2.0

import TelemetryAPI
import TelemetryData
import TraceContext

extension ReceivedMessage {
    /// What is wrong with the context that came with the message.
    ///
    /// - Parameter creation: The context, if the tracer could read one.
    /// - Returns: At most one of missing and invalid, and whether fields came more than once.
    func contextFlaws(creation: SpanContext?) -> [MessagingConventions.ContextFlaw] {
        var found: [MessagingConventions.ContextFlaw] = []
        if creation == nil {
            found.append(flaws.contains(.invalid) || carrier.namesSpan ? .invalid : .missing)
        }
        if flaws.contains(.duplicate) { found.append(.duplicate) }
        return found
    }

    /// Says what is wrong with the context that came with the message; that none came, the missing link says.
    func fillFlaws(_ attributes: inout some AttributeSetting & ~Copyable, creation: SpanContext?) {
        let found = contextFlaws(creation: creation).filter { $0 != .missing }
        guard !found.isEmpty else { return }
        attributes[MessagingConventions.Attribute.contextFlaws] = .array(found.map { .string($0.rawValue) })
    }

    /// Measures the delivery of the message as work on it begins: what of it wasn't measured before.
    ///
    /// - Parameters:
    ///   - meter: Who measures.
    ///   - target: Where the message comes from.
    ///   - creation: The context that came with it, if the tracer could read one.
    ///   - origin: When the flow began, where that is known.
    ///   - context: The span of the work.
    ///   - time: When the work begins; now unless given.
    func measure(
        with meter: any Meter,
        from target: MessageTarget,
        creation: SpanContext?,
        origin: Timestamp?,
        in context: SpanContext,
        at time: Timestamp?
    ) {
        guard delivery != .repeated else { return }
        if delivery == .first { count(with: meter, of: .process, from: target, creation: creation, in: context) }
        let place = place(in: target)
        if let total = wait?.total {
            let metric = total < .zero ? MessagingMetrics.messageClockSkew : MessagingMetrics.messageWait
            meter.histogram(metric).record(abs(total.seconds), in: context) { $0 = place }
        }
        if let origin {
            let latency = (time ?? .now).duration(since: origin).seconds
            meter.histogram(MessagingMetrics.flowLatency).record(latency, in: context) { $0 = place }
        }
    }

    /// Counts the delivery of the message, and what is wrong with its context.
    func count(
        with meter: any Meter,
        of operation: MessagingConventions.Operation,
        from target: MessageTarget,
        creation: SpanContext?,
        in context: SpanContext
    ) {
        meter.counter(MessagingMetrics.consumedMessages).add(1, in: context) {
            target.fillMetric(&$0, operation, destination: destination(in: target), partition: partition)
        }
        for flaw in contextFlaws(creation: creation) {
            meter.counter(MessagingMetrics.context).add(1, in: context) {
                $0 = place(in: target)
                $0[MessagingConventions.Attribute.contextState] = .string(flaw.rawValue)
            }
        }
    }

    /// Of a batch over several destinations each message says its own.
    private func destination(in target: MessageTarget) -> String? {
        target.destination ?? attributes[MessagingConventions.Attribute.destinationName]?.stringValue
    }

    private func place(in target: MessageTarget) -> Attributes {
        var attributes = Attributes()
        target.fillPlace(&attributes, destination: destination(in: target))
        return attributes
    }
}
