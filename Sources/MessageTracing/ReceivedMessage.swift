// SPDX-License-Identifier: Apache-2.0

import TelemetryAPI
public import TelemetryData
public import TraceContext

/// What tracing has to know of a message that is to be worked on.
public struct ReceivedMessage: Sendable {
    /// Which time this is that somebody gets to see the message; decides what of it is counted.
    public enum Delivery: Sendable, Hashable {
        /// The first: the delivery is counted, and what it waited is measured, as the work begins.
        case first
        /// A ``ReceiveSpan`` has counted the delivery already.
        case received
        /// The same delivery is worked on once more; nothing of it is counted again.
        case repeated
    }

    /// What came with it.
    public var carrier: ContextCarrier

    /// Its id, where it has one.
    public var id: String?

    /// When it was created.
    public var created: Timestamp?

    /// How long it waited.
    public var wait: MessageWait?

    /// The attempt before this one, if there was one.
    public var previousAttempt: SpanContext?

    /// Who made that attempt, where that is known: its `service.instance.id`.
    public var previousWorker: String?

    /// The ids that were written down for the span of the work on it, where there are some.
    ///
    /// A tracer that can't take them makes others.
    public var reservedIDs: ReservedIDs?

    /// What else there is to say about it: partition, offset, attempt.
    public var attributes: Attributes

    /// Which time this is that somebody gets to see it.
    public var delivery = Delivery.first

    /// When the flow began that the message belongs to; what the carrier's `stitch` field says, unless set.
    public var origin: Timestamp?

    /// What the carrier's reader found wrong that the carrier no longer shows: fields that came more than once, and a
    /// context that was left out because it can't be read.
    public var flaws: Set<MessagingConventions.ContextFlaw> = []

    /// The partition, where the attributes are said elsewhere.
    package var partitionNumber: Int32?

    /// A message to be worked on.
    public init(
        carrier: ContextCarrier,
        id: String? = nil,
        created: Timestamp? = nil,
        wait: MessageWait? = nil,
        previousAttempt: SpanContext? = nil,
        attributes: Attributes = Attributes()
    ) {
        self.carrier = carrier
        self.id = id
        self.created = created
        self.wait = wait
        self.previousAttempt = previousAttempt
        self.attributes = attributes
    }

    /// A message to be worked on, with what its headers carry, and whether they say something more than once.
    ///
    /// - Parameters:
    ///   - headers: Names and values, as any client gives them.
    ///   - names: Which headers to take, those of the tracer unless told otherwise; no others are looked into.
    @inlinable
    public init<Value: Sequence<UInt8>>(
        headers: some Sequence<(name: String, value: Value?)>,
        names: Set<String> = TelemetrySystem.tracer.fields
    ) {
        var duplicates = 0
        self.init(carrier: ContextCarrier(messageHeaders: headers, names: names, duplicates: &duplicates))
        if duplicates > 0 { flaws = [.duplicate] }
    }

    /// The partition, where the message has one.
    var partition: AttributeValue? {
        attributes[MessagingConventions.Attribute.partitionID] ?? partitionNumber.map { .string(String($0)) }
    }

    /// When the flow began, as the carrier says.
    var carrierOrigin: Timestamp? { carrier[StitchField.name].flatMap { StitchField($0).origin } }
}

extension [ReceivedMessage] {
    /// The attempts before this one, each once, in the order of the messages.
    var previousAttempts: [SpanContext] {
        var seen: Set<SpanID> = []
        return compactMap(\.previousAttempt).filter { seen.insert($0.spanID).inserted }
    }

    /// The partition that all of them are of.
    var commonPartition: AttributeValue? {
        let partition = first?.partition
        return allSatisfy { $0.partition == partition } ? partition : nil
    }
}

extension StitchField {
    /// When the flow began.
    var origin: Timestamp? { originMilliseconds.map { Timestamp(milliseconds: $0) } }
}

extension ContextCarrier {
    /// Says when a flow began, and no more.
    init(origin: Timestamp) {
        self.init()
        var field = StitchField()
        field.originMilliseconds = origin.milliseconds
        self[StitchField.name] = field.description
    }
}

extension MessageTarget {
    /// The baggage that a message brings where nobody takes its carrier apart; `nil` for all that it carries.
    func ownBaggage(of carrier: ContextCarrier) -> Baggage? {
        if case .all = baggage { return nil }
        return baggage.applied(to: carrier[ContextCarrier.FieldName.baggage].map { Baggage($0) } ?? Baggage())
    }
}
