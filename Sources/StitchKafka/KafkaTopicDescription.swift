// SPDX-License-Identifier: Apache-2.0

/// A topic to be created.
public struct KafkaNewTopic: Sendable, Hashable {
    /// Its name.
    public var name: String

    /// How many partitions it has, from 1; `nil` leaves it to the brokers.
    public var partitions: Int?

    /// How many brokers keep each, from 1; `nil` leaves it to the brokers.
    public var replicationFactor: Int?

    /// Settings of the topic by their names, such as `retention.ms`.
    public var configuration: [String: String]

    /// A topic to be created.
    public init(
        _ name: String,
        partitions: Int? = 1,
        replicationFactor: Int? = nil,
        configuration: [String: String] = [:]
    ) {
        self.name = name
        self.partitions = partitions
        self.replicationFactor = replicationFactor
        self.configuration = configuration
    }
}

/// A topic as the brokers know it.
public struct KafkaTopicDescription: Sendable {
    /// Its name.
    public var name: String

    /// Its partitions, by number.
    public var partitions: [Partition]

    /// What is wrong with it; `nil` for nothing.
    public var error: KafkaError?

    /// A partition of it.
    public struct Partition: Sendable, Hashable {
        /// Its number, from 0.
        public var number: Int32

        /// The broker that leads it; `nil` when there is none at the moment.
        public var leader: Int32?

        /// The brokers that keep it.
        public var replicas: [Int32]

        /// Those of them that have all of it.
        public var inSyncReplicas: [Int32]
    }
}

/// What a topic is set to in one respect.
public struct KafkaTopicSetting: Sendable, Hashable {
    /// The value; `nil` for a secret.
    public var value: String?

    /// Whether nobody has set it for this topic.
    public var isDefault: Bool

    /// Whether it can't be set.
    public var isReadOnly: Bool

    /// Whether it is a secret.
    public var isSensitive: Bool
}
