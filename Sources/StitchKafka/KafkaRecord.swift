// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka

/// A record to be produced.
///
/// ```swift
/// KafkaRecord(topic: "orders", key: "7", value: bytes)
/// ```
public struct KafkaRecord: Sendable, Hashable {
    /// The topic that it goes to.
    public var topic: String

    /// The key: records with the same key go to the same partition and keep their order.
    ///
    /// `nil` for none.
    public var key: [UInt8]?

    /// The value; `nil` is a tombstone, which deletes the key from a compacted topic.
    ///
    /// A copy of ``buffer``, if the value is one.
    public var value: [UInt8]? {
        get {
            switch payload {
            case .none: nil
            case .array(let bytes): bytes
            case .buffer(let buffer): buffer.bytes
            }
        }
        set { payload = newValue.map { .array($0) } ?? .none }
    }

    /// The value where it is a buffer, which is sent without being copied; else `nil`.
    public var buffer: KafkaBuffer? {
        get { if case .buffer(let buffer) = payload { buffer } else { nil } }
        set { payload = newValue.map { .buffer($0) } ?? .none }
    }

    package var payload: Payload

    /// The headers.
    public var headers: KafkaHeaders

    /// The partition, 0 or more; `nil` lets the key decide.
    public var partition: Int32?

    /// When it came into being, in milliseconds since 1970, from 1; `nil` is now.
    ///
    /// A broker may be set to write its own time. Kafka knows a time of 0 too, librdkafka doesn't.
    public var timestamp: Int64?

    /// A record with a binary key, or with none.
    public init(
        topic: String,
        key: [UInt8]? = nil,
        value: [UInt8]?,
        headers: KafkaHeaders = KafkaHeaders(),
        partition: Int32? = nil,
        timestamp: Int64? = nil
    ) {
        self.init(topic, key, value.map { .array($0) } ?? .none, headers, partition, timestamp)
    }

    private init(
        _ topic: String,
        _ key: [UInt8]?,
        _ payload: Payload,
        _ headers: KafkaHeaders,
        _ partition: Int32?,
        _ timestamp: Int64?
    ) {
        self.topic = topic
        self.key = key
        self.payload = payload
        self.headers = headers
        self.partition = partition
        self.timestamp = timestamp
    }

    /// A record with a binary key, or with none, whose value is not copied.
    public init(
        topic: String,
        key: [UInt8]? = nil,
        value: KafkaBuffer,
        headers: KafkaHeaders = KafkaHeaders(),
        partition: Int32? = nil,
        timestamp: Int64? = nil
    ) {
        self.init(topic, key, .buffer(value), headers, partition, timestamp)
    }

    /// A record with a text as its key, whose value is not copied.
    public init(
        topic: String,
        key: String,
        value: KafkaBuffer,
        headers: KafkaHeaders = KafkaHeaders(),
        partition: Int32? = nil,
        timestamp: Int64? = nil
    ) {
        self.init(topic, Array(key.utf8), .buffer(value), headers, partition, timestamp)
    }

    /// A record with a text as its key.
    public init(
        topic: String,
        key: String,
        value: [UInt8]?,
        headers: KafkaHeaders = KafkaHeaders(),
        partition: Int32? = nil,
        timestamp: Int64? = nil
    ) {
        self.init(
            topic: topic,
            key: Array(key.utf8),
            value: value,
            headers: headers,
            partition: partition,
            timestamp: timestamp
        )
    }

    /// A record with texts as its key and its value.
    public init(
        topic: String,
        key: String,
        value: String,
        headers: KafkaHeaders = KafkaHeaders(),
        partition: Int32? = nil,
        timestamp: Int64? = nil
    ) {
        self.init(
            topic: topic,
            key: Array(key.utf8),
            value: Array(value.utf8),
            headers: headers,
            partition: partition,
            timestamp: timestamp
        )
    }
}

extension KafkaRecord {
    /// The value, as its sender has it.
    package enum Payload: Sendable, Hashable {
        case none
        case array([UInt8])
        case buffer(KafkaBuffer)

        /// Whether two are the same to whoever receives them.
        package static func == (first: Self, second: Self) -> Bool {
            switch (first, second) {
            case (.none, .none): true
            case (.array(let first), .array(let second)): first == second
            default:
                first.withBytes { first, count in
                    second.withBytes { second, otherCount in
                        guard let first, let second, count == otherCount else { return false }
                        return UnsafeRawBufferPointer(start: first, count: count)
                            .elementsEqual(UnsafeRawBufferPointer(start: second, count: count))
                    }
                }
            }
        }

        /// Hashes the bytes, if there are any.
        package func hash(into hasher: inout Hasher) {
            withBytes { start, count in
                hasher.combine(start == nil)
                hasher.combine(bytes: UnsafeRawBufferPointer(start: start, count: count))
            }
        }

        /// The bytes as librdkafka takes them: no pointer for none, some pointer for empty.
        func withBytes<Result>(_ body: (UnsafeRawPointer?, Int) -> Result) -> Result {
            switch self {
            case .none: body(nil, 0)
            case .array(let bytes): Optional(bytes).withBytes(body)
            case .buffer(let buffer): buffer.withUnsafeBytes { body($0.baseAddress, $0.count) }
            }
        }
    }

    /// Why the record was not taken.
    func refusal(_ result: rd_kafka_resp_err_t) -> KafkaError {
        let attempt = "A record for the topic '\(topic)' was not taken"
        guard result == RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP, let timestamp else {
            return KafkaError(native: result, attempt)
        }
        return KafkaError(
            KafkaError.Code(result.protocolName),
            "\(attempt): its timestamp is \(timestamp); give milliseconds since 1970 from 1, or nil for now"
        )
    }

    /// Finds what librdkafka would take for something else: -1 is "any partition".
    @inline(__always)
    func validatePartition() throws(KafkaError) {
        guard let partition, partition < 0 else { return }
        throw KafkaError(
            .unknownTopicOrPartition,
            "A record was to be sent to partition \(partition) of '\(topic)': give 0 or more, or nil to let the key decide"
        )
    }
}
