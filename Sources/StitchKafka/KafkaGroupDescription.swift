// SPDX-License-Identifier: Apache-2.0

/// A consumer group, as it stands in a list.
public struct KafkaGroupListing: Sendable, Hashable {
    /// Its name.
    public var group: String

    /// What it does, in the protocol's words: `Stable`, `Empty`, `PreparingRebalance`, `CompletingRebalance`, `Dead`;
    /// `Unknown` where the brokers don't say.
    public var state: String
}

/// A consumer group and its members.
public struct KafkaGroupDescription: Sendable, Hashable {
    /// Its name.
    public var group: String

    /// What it does, in the words of ``KafkaGroupListing/state``.
    ///
    /// A group that isn't there is `Dead`.
    public var state: String

    /// How partitions are divided, such as `range`; empty when there is nobody.
    public var assignmentStrategy: String

    /// Who is in it.
    public var members: [Member]

    /// A member of the group.
    public struct Member: Sendable, Hashable {
        /// What the brokers call it.
        public var id: String

        /// What it calls itself for good, if it does.
        public var instanceID: String?

        /// What its client calls itself.
        public var clientID: String

        /// Where it is.
        public var host: String

        /// What it has.
        public var partitions: [KafkaTopicPartition]
    }
}

/// How far a group is behind in one partition.
public struct KafkaGroupLag: Sendable, Hashable {
    /// The topic.
    public var topic: String

    /// The partition's number.
    public var partition: Int32

    /// The offset at which the group would go on.
    public var committedOffset: Int64

    /// The offset after the partition's last record; `nil` when that can't be told, as for a topic that is gone.
    public var endOffset: Int64?

    /// How many offsets lie between; `nil` when the end can't be told.
    ///
    /// Offsets of transactions' marks, and of records that were compacted away, count too.
    public var lag: Int64? {
        endOffset.map { end in
            let (lag, overflow) = end.subtractingReportingOverflow(committedOffset)
            return overflow ? 0 : max(0, lag)
        }
    }
}
