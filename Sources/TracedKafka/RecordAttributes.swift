// SPDX-License-Identifier: Apache-2.0

import MessageTracing
import StitchKafka
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
        fill(&attributes, key: move.record.key, isTombstone: move.record.isTombstone)
        attributes.set(Name.moveReason, move.moved?.reason)
    }

    /// What there is to say about a record that was moved.
    static func fill(_ attributes: SpanAttributes, _ delivery: KafkaDelivery) {
        attributes.set(Name.partitionID, String(delivery.partition))
        attributes.set(Name.kafkaOffset, delivery.offset)
        attributes.set(Name.brokerID, delivery.brokerID.map { Int64($0) })
        attributes.set(Name.acknowledgeLatency, delivery.latency.map { $0 / .seconds(1) })
    }

    static func of(_ record: KafkaConsumedRecord) -> Attributes {
        var attributes = Attributes()
        fill(&attributes, key: record.key, isTombstone: record.isTombstone)
        attributes[Name.partitionID] = .string(String(record.partition))
        attributes[Name.kafkaOffset] = .int(record.offset)
        switch record.timestamp {
        case .createTime: attributes[Name.timestampType] = .string("create_time")
        case .logAppendTime: attributes[Name.timestampType] = .string("log_append_time")
        case .unavailable: break
        }
        return attributes
    }

    /// The key only where it is text.
    private static func fill(
        _ attributes: inout some AttributeSetting & ~Copyable,
        key: [UInt8]?,
        isTombstone: Bool
    ) {
        attributes.set(Name.kafkaKey, key.flatMap { String(validating: $0, as: UTF8.self) })
        if isTombstone { attributes[Name.kafkaTombstone] = .bool(true) }
    }
}
