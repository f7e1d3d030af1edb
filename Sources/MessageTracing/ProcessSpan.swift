// SPDX-License-Identifier: Apache-2.0

public import TelemetryAPI
public import TelemetryData

/// Work on one message, or on several at once: a `process` span.
///
/// One message continues the trace that created it, or starts a new one, as the ``ContinuationPolicy`` says; either way
/// the span links to the creation and to the attempt before. Several messages always start a new trace with a link to
/// each. Deliveries, waits and contexts that are not as they should be are counted as the work begins, its duration is
/// measured as it ends, once, whether or not the span is sampled.
public struct ProcessSpan: Sendable {
    /// The span.
    public let span: Span

    private let measurement: OperationMeasurement?
    private let partition: AttributeValue?

    /// Starts to work on one message.
    ///
    /// - Parameters:
    ///   - message: The message.
    ///   - target: Where it comes from.
    ///   - policy: Whether the span continues the trace that created the message.
    ///   - time: When the work begins; now unless given.
    public init(
        of message: ReceivedMessage,
        from target: MessageTarget,
        policy: ContinuationPolicy = .default,
        at time: Timestamp? = nil
    ) {
        let creation = message.creationContext
        let continues = creation != nil && policy.continues(created: message.created, now: time ?? .now)
        let meter = TelemetrySystem.meter
        measurement = OperationMeasurement(of: .process, target, meter: meter, since: time)
        partition = measurement == nil ? nil : message.partition
        let ambient = Span.current?.context
        span = startSpan(
            target.spanName(MessagingConventions.Operation.process.rawValue),
            ofKind: .consumer,
            parent: continues ? creation.map { .context($0) } ?? .root : .root,
            following: creation.map { [$0] } ?? [],
            at: time
        ) { builder in
            target.fill(&builder.attributes, .process)
            builder.attributes.set(MessagingConventions.Attribute.messageID, message.id)
            for element in message.attributes.elements { builder.attributes[element.key] = element.value }
            message.wait?.fill(&builder.attributes)
            if let creation { builder.addLink(creation, role: .creation) }
            if let previous = message.previousAttempt { builder.addLink(previous, role: .previousAttempt) }
            if let ambient, ambient.isValid, ambient != creation { builder.addLink(ambient, role: .ambient) }
        }
        if measurement != nil {
            message.measureDelivery(with: meter, from: target, creation: creation, in: span.context, at: time)
        }
    }

    /// Starts to work on several messages at once.
    ///
    /// - Parameters:
    ///   - messages: The messages. What differs from one to the next is on the links.
    ///   - target: Where they come from.
    ///   - time: When the work begins; now unless given.
    public init(ofBatch messages: [ReceivedMessage], from target: MessageTarget, at time: Timestamp? = nil) {
        let creations = messages.map(\.creationContext)
        let meter = TelemetrySystem.meter
        measurement = OperationMeasurement(of: .process, target, meter: meter, since: time)
        partition = measurement == nil || target.destination == nil ? nil : Self.partition(of: messages)
        let ambient = Span.current?.context
        span = startSpan(
            target.spanName(MessagingConventions.Operation.process.rawValue),
            ofKind: .consumer,
            parent: .root,
            following: creations.compactMap { $0 },
            at: time
        ) { builder in
            target.fill(&builder.attributes, .process)
            builder.attributes[MessagingConventions.Attribute.batchMessageCount] = .int(Int64(messages.count))
            for (message, creation) in zip(messages, creations) {
                guard let creation else { continue }
                var attributes = message.attributes
                attributes.set(MessagingConventions.Attribute.messageID, message.id)
                message.wait?.fill(&attributes)
                builder.addLink(creation, role: .creation, attributes: attributes)
            }
            if let ambient, ambient.isValid { builder.addLink(ambient, role: .ambient) }
        }
        if measurement != nil {
            for (message, creation) in zip(messages, creations) {
                message.measureDelivery(with: meter, from: target, creation: creation, in: span.context, at: time)
            }
        }
    }

    /// Does the work with the span as the current one, and ends the span with it.
    ///
    /// - Parameters:
    ///   - classify: What an error that was thrown means for the span.
    ///   - operation: The work.
    /// - Returns: What `operation` returns.
    /// - Throws: What `operation` throws.
    @discardableResult
    public func run<Success, Failure: Error>(
        classify: (Failure) -> ProcessOutcome = { ProcessOutcome(of: $0) },
        _ operation: () async throws(Failure) -> Success
    ) async throws(Failure) -> Success {
        defer { span.end() }
        do throws(Failure) {
            let result = try await span.makeCurrent(operation)
            measurement?.end(in: span.context, partition: partition)
            return result
        } catch {
            end(with: error, as: classify(error))
            throw error
        }
    }

    /// Work on several messages has a partition where all of them are of the same one.
    private static func partition(of messages: [ReceivedMessage]) -> AttributeValue? {
        let first = messages.first?.partition
        return messages.allSatisfy { $0.partition == first } ? first : nil
    }

    private func end(with error: any Error, as outcome: ProcessOutcome) {
        switch outcome {
        case .failed(let type):
            measurement?.end(
                in: span.context,
                errorType: type ?? ErrorType.name(of: error),
                partition: partition
            )
            span.recordError(error, type: type)
        case .interrupted:
            measurement?.end(in: span.context, partition: partition)
        }
    }
}

extension SpanBuilder {
    /// Adds a link that says what it is to.
    mutating func addLink(
        _ context: SpanContext,
        role: MessagingConventions.LinkRole,
        attributes: Attributes = Attributes()
    ) {
        var attributes = attributes
        attributes[MessagingConventions.Attribute.linkRole] = .string(role.rawValue)
        addLink(context, attributes: attributes)
    }
}
