// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// What differs from one message to the next, as numbers.
public struct MessageDetails: Sendable, Hashable {
    /// The partition that the message is of, from 0: `messaging.destination.partition.id`.
    public var partition: Int32?

    /// Its place there, from 0: `messaging.kafka.offset`.
    public var offset: Int64?

    /// How many bytes its body has: `messaging.message.body.size`.
    public var bodySize: Int64?

    /// How many messages an operation on several covers: `messaging.batch.message_count`.
    public var batchCount: Int64?

    /// Which attempt to work on it this is, from 1: `stitch.job.attempt`.
    public var attempt: Int64?

    /// How many attributes it has at most.
    package static var maximumCount: Int { 5 }

    /// Nothing known.
    public init(
        partition: Int32? = nil,
        offset: Int64? = nil,
        bodySize: Int64? = nil,
        batchCount: Int64? = nil,
        attempt: Int64? = nil
    ) {
        self.partition = partition
        self.offset = offset
        self.bodySize = bodySize
        self.batchCount = batchCount
        self.attempt = attempt
    }

    /// Sets the attributes.
    package func fill(_ builder: inout SpanBuilder) {
        if let partition { builder.attributes.set(MessagingConventions.Attribute.partitionID, String(partition)) }
        if let offset { builder.attributes.set(MessagingConventions.Attribute.kafkaOffset, offset) }
        if let bodySize { builder.attributes.set(MessagingConventions.Attribute.bodySize, bodySize) }
        if let batchCount { builder.attributes.set(MessagingConventions.Attribute.batchMessageCount, batchCount) }
        if let attempt { builder.attributes.set(MessagingConventions.Attribute.jobAttempt, attempt) }
    }
}
