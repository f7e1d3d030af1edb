// SPDX-License-Identifier: Apache-2.0

/// What the broker said when it had taken a record.
public struct KafkaDelivery: Sendable, Hashable {
    /// The topic.
    public var topic: String

    /// The partition that the record is in.
    public var partition: Int32

    /// Its place in the partition, from 0; -1 when the broker didn't say.
    ///
    /// So it is of a record whose acknowledgement was lost, as when its partition's leader changed: sent again, it is only
    /// said to be there already.
    public var offset: Int64

    /// The timestamp that it was stored with.
    public var timestamp: KafkaTimestamp

    /// How long it took from ``KafkaProducing/send(_:)`` to the broker's answer; `nil` when it wasn't measured.
    public var latency: Duration?

    /// The broker that took it; `nil` when it isn't known.
    public var brokerID: Int32?

    /// What a broker said, for a double of ``KafkaProducing`` in tests.
    public init(
        topic: String,
        partition: Int32,
        offset: Int64,
        timestamp: KafkaTimestamp = .unavailable,
        latency: Duration? = nil,
        brokerID: Int32? = nil
    ) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.timestamp = timestamp
        self.latency = latency
        self.brokerID = brokerID
    }
}
