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
        fill(&attributes, key: record.key, value: record.value)
        attributes.set(Name.partitionID, record.partition.map(String.init))
    }

    static func of(_ record: KafkaConsumedRecord) -> Attributes {
        var attributes = Attributes()
        fill(&attributes, key: record.key, value: record.value)
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
        value: [UInt8]?
    ) {
        attributes.set(Name.kafkaKey, key.flatMap { String(validating: $0, as: UTF8.self) })
        if value == nil { attributes[Name.kafkaTombstone] = .bool(true) }
    }
}
