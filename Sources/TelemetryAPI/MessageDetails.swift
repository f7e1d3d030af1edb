// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// What differs from one message to the next, as numbers.
public struct MessageDetails: Sendable, Hashable {
    // What isn't known is 0. Optional numbers would take twice the room, which is copied several times for each span.
    @usableFromInline package var known: Known
    @usableFromInline package var partitionNumber: Int32
    @usableFromInline package var offsetNumber: Int64
    @usableFromInline package var bodySizeNumber: Int64
    @usableFromInline package var batchCountNumber: Int64
    @usableFromInline package var attemptNumber: Int64
    @usableFromInline package var latencyNanoseconds: Int64
    @usableFromInline package var brokerNumber: Int32

    /// Which of the numbers are known.
    @usableFromInline
    package struct Known: OptionSet, Sendable, Hashable {
        @usableFromInline package var rawValue: UInt8

        @inlinable
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        @inlinable package static var partition: Known { Known(rawValue: 1) }
        @inlinable package static var offset: Known { Known(rawValue: 2) }
        @inlinable package static var bodySize: Known { Known(rawValue: 4) }
        @inlinable package static var batchCount: Known { Known(rawValue: 8) }
        @inlinable package static var attempt: Known { Known(rawValue: 16) }
        @inlinable package static var broker: Known { Known(rawValue: 32) }
        @inlinable package static var latency: Known { Known(rawValue: 64) }
        @inlinable package static var tombstone: Known { Known(rawValue: 128) }
    }

    /// The partition that the message is of, from 0: `messaging.destination.partition.id`.
    @inlinable public var partition: Int32? {
        get { known.contains(.partition) ? partitionNumber : nil }
        set { (partitionNumber, known) = (newValue ?? 0, known.with(.partition, newValue != nil)) }
    }

    /// Its place there, from 0: `messaging.kafka.offset`.
    @inlinable public var offset: Int64? {
        get { known.contains(.offset) ? offsetNumber : nil }
        set { (offsetNumber, known) = (newValue ?? 0, known.with(.offset, newValue != nil)) }
    }

    /// How many bytes its body has: `messaging.message.body.size`.
    @inlinable public var bodySize: Int64? {
        get { known.contains(.bodySize) ? bodySizeNumber : nil }
        set { (bodySizeNumber, known) = (newValue ?? 0, known.with(.bodySize, newValue != nil)) }
    }

    /// How many messages an operation on several covers: `messaging.batch.message_count`.
    @inlinable public var batchCount: Int64? {
        get { known.contains(.batchCount) ? batchCountNumber : nil }
        set { (batchCountNumber, known) = (newValue ?? 0, known.with(.batchCount, newValue != nil)) }
    }

    /// Which attempt to work on it this is, from 1: `stitch.job.attempt`.
    @inlinable public var attempt: Int64? {
        get { known.contains(.attempt) ? attemptNumber : nil }
        set { (attemptNumber, known) = (newValue ?? 0, known.with(.attempt, newValue != nil)) }
    }

    /// The broker that acknowledged it: `stitch.kafka.broker.id`.
    @inlinable public var brokerID: Int32? {
        get { known.contains(.broker) ? brokerNumber : nil }
        set { (brokerNumber, known) = (newValue ?? 0, known.with(.broker, newValue != nil)) }
    }

    /// How long the broker took to acknowledge it, whole nanoseconds: `stitch.send.latency`, in seconds.
    @inlinable public var acknowledgeLatency: Duration? {
        get { known.contains(.latency) ? .nanoseconds(latencyNanoseconds) : nil }
        set {
            let (seconds, attoseconds) = (newValue ?? .zero).components
            (latencyNanoseconds, known) = (
                seconds &* 1_000_000_000 &+ attoseconds / 1_000_000_000, known.with(.latency, newValue != nil)
            )
        }
    }

    /// Whether it is a tombstone: `messaging.kafka.message.tombstone`, said only where it is one.
    @inlinable public var isTombstone: Bool {
        get { known.contains(.tombstone) }
        set { known = known.with(.tombstone, newValue) }
    }

    /// How many attributes it has at most, a key that is said at the end counted.
    package static var maximumCount: Int { 9 }

    /// The latency as it is said.
    package var latencySeconds: Double { Double(latencyNanoseconds) / 1e9 }

    /// Nothing known.
    @inlinable
    public init(
        partition: Int32? = nil,
        offset: Int64? = nil,
        bodySize: Int64? = nil,
        batchCount: Int64? = nil,
        attempt: Int64? = nil
    ) {
        // Here rather than where they are declared, from where no initial value is inlined.
        (latencyNanoseconds, brokerNumber) = (0, 0)
        partitionNumber = partition ?? 0
        offsetNumber = offset ?? 0
        bodySizeNumber = bodySize ?? 0
        batchCountNumber = batchCount ?? 0
        attemptNumber = attempt ?? 0
        known = Known(rawValue: 0)
            .with(.partition, partition != nil)
            .with(.offset, offset != nil)
            .with(.bodySize, bodySize != nil)
            .with(.batchCount, batchCount != nil)
            .with(.attempt, attempt != nil)
    }

    /// Sets the attributes.
    package func fill(_ builder: inout SpanBuilder) {
        if let partition { builder.attributes.set(MessagingConventions.Attribute.partitionID, String(partition)) }
        if let offset { builder.attributes.set(MessagingConventions.Attribute.kafkaOffset, offset) }
        if let bodySize { builder.attributes.set(MessagingConventions.Attribute.bodySize, bodySize) }
        if let batchCount { builder.attributes.set(MessagingConventions.Attribute.batchMessageCount, batchCount) }
        if let attempt { builder.attributes.set(MessagingConventions.Attribute.jobAttempt, attempt) }
        if let brokerID { builder.attributes.set(MessagingConventions.Attribute.brokerID, Int64(brokerID)) }
        if known.contains(.latency) {
            builder.attributes.set(MessagingConventions.Attribute.acknowledgeLatency, latencySeconds)
        }
        if isTombstone { builder.attributes.set(MessagingConventions.Attribute.kafkaTombstone, true) }
    }
}

extension MessageDetails.Known {
    /// The same, but for one of them.
    @inlinable
    func with(_ one: Self, _ isKnown: Bool) -> Self {
        Self(rawValue: isKnown ? rawValue | one.rawValue : rawValue & ~one.rawValue)
    }
}
