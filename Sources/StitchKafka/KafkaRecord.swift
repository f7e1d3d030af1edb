// SPDX-License-Identifier: Apache-2.0

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
    public var value: [UInt8]?

    /// The headers.
    public var headers: KafkaHeaders

    /// The partition, 0 or more; `nil` lets the key decide.
    public var partition: Int32?

    /// When it came into being, in milliseconds since 1970; `nil` is now.
    ///
    /// A broker may be set to write its own time.
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
        self.topic = topic
        self.key = key
        self.value = value
        self.headers = headers
        self.partition = partition
        self.timestamp = timestamp
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
    /// Finds what librdkafka would take for something else: it reads the topic up to a NUL, and -1 as "any partition".
    func validate() throws(KafkaError) {
        if topic.isEmpty || topic.utf8.contains(0) {
            throw KafkaError(
                .invalidTopic,
                "A record was to be sent to the topic '\(topic.filter { $0 != "\0" })': a topic needs a name without NUL"
            )
        }
        if let partition, partition < 0 {
            throw KafkaError(
                .unknownTopicOrPartition,
                "A record was to be sent to partition \(partition) of '\(topic)': give 0 or more, or nil to let the key decide"
            )
        }
    }
}
