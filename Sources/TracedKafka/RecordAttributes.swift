// SPDX-License-Identifier: Apache-2.0

import MessageTracing
import StitchKafka
import TelemetryAPI
import TelemetryData

/// What spans and links say of a record.
enum RecordAttributes {
    private typealias Name = MessagingConventions.Attribute

    /// `messaging.system` of everything here.
    static let system = "kafka"

    static func fill(_ attributes: inout AttributeWriter, _ record: KafkaRecord) {
        attributes.set(Name.kafkaKey, record.key.flatMap { String(validating: $0, as: UTF8.self) })
        if case .none = record.payload { attributes[Name.kafkaTombstone] = .bool(true) }
        attributes.set(Name.partitionID, record.partition.map(String.init))
    }

    /// What is known of a record before it is sent.
    static func details(of record: borrowing KafkaRecord) -> MessageDetails {
        var details = MessageDetails(partition: record.partition)
        if case .none = record.payload { details.isTombstone = true }
        return details
    }

    /// What there is to say about a record that was acknowledged.
    static func fill(_ attributes: SpanAttributes, acknowledged details: MessageDetails) {
        attributes.set(Name.partitionID, details.partition.map(String.init))
        attributes.set(Name.kafkaOffset, details.offset)
        attributes.set(Name.brokerID, details.brokerID.map { Int64($0) })
        attributes.set(Name.acknowledgeLatency, details.acknowledgeLatency.map { $0 / .seconds(1) })
    }

    /// What there is to say about a record that is to be sent.
    static func of(_ record: KafkaRecord) -> Attributes {
        var attributes = Attributes()
        attributes.set(Name.kafkaKey, record.key.flatMap { String(validating: $0, as: UTF8.self) })
        if case .none = record.payload { attributes[Name.kafkaTombstone] = .bool(true) }
        attributes.set(Name.partitionID, record.partition.map(String.init))
        return attributes
    }

    /// What is known of a record that is moved.
    static func fill(_ attributes: inout AttributeWriter, moving move: RecordMove) {
        attributes.set(Name.kafkaKey, key(of: move.record))
        if move.record.isTombstone { attributes.set(Name.kafkaTombstone, true) }
        attributes.set(Name.moveReason, move.moved?.reason)
    }

    /// What there is to say about a record that was moved.
    static func fill(_ attributes: SpanAttributes, _ delivery: KafkaDelivery) {
        attributes.set(Name.partitionID, String(delivery.partition))
        attributes.set(Name.kafkaOffset, delivery.offset < 0 ? nil : delivery.offset)
        attributes.set(Name.brokerID, delivery.brokerID.map { Int64($0) })
        attributes.set(Name.acknowledgeLatency, delivery.latency.map { $0 / .seconds(1) })
    }

    /// What links say of a record that was received.
    static func of(_ record: KafkaConsumedRecord) -> Attributes {
        var attributes = Attributes()
        attributes.set(Name.kafkaKey, key(of: record))
        if record.isTombstone { attributes[Name.kafkaTombstone] = .bool(true) }
        attributes[Name.partitionID] = .string(String(record.partition))
        attributes[Name.kafkaOffset] = .int(record.offset)
        attributes.set(Name.timestampType, type(of: record.timestamp).name?.description)
        attributes.set(Name.kafkaLag, record.lag)
        return attributes
    }

    /// What a span says of a record that was received, written at once.
    static func fill(_ attributes: inout AttributeWriter, _ record: KafkaConsumedRecord) {
        attributes.set(Name.kafkaKey, key(of: record))
        if record.isTombstone { attributes.set(Name.kafkaTombstone, true) }
        attributes.set(Name.partitionID, String(record.partition))
        attributes.set(Name.kafkaOffset, record.offset)
        attributes.set(Name.timestampType, type(of: record.timestamp).name?.description)
        attributes.set(Name.kafkaLag, record.lag)
    }

    /// The key, where it is text.
    private static func key(of record: KafkaConsumedRecord) -> String? {
        record.withKeyBytes { $0.flatMap { String(validating: $0, as: UTF8.self) } }
    }

    /// What a record's timestamp says.
    static func type(of timestamp: KafkaTimestamp) -> MessageReceipt.TimestampType {
        switch timestamp {
        case .createTime: .createTime
        case .logAppendTime: .logAppendTime
        case .unavailable: .unknown
        }
    }
}
