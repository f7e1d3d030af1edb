// SPDX-License-Identifier: Apache-2.0

extension KafkaConfiguration {
    /// Who has to have a record before it counts as acknowledged.
    public enum Acknowledgements: String, Sendable, Hashable, CaseIterable {
        /// Nobody: the record counts as acknowledged when it was written to the network, and may be lost.
        case none = "0"
        /// The partition's leader.
        case leader = "1"
        /// All replicas that are in sync.
        case all
    }

    /// How records are compressed.
    public enum Compression: String, Sendable, Hashable, CaseIterable {
        case none, gzip, snappy, lz4, zstd
    }

    /// How a record without a partition gets one.
    public enum Partitioner: String, Sendable, Hashable, CaseIterable {
        /// At random.
        case random
        /// By a CRC32 of the key; all records without a key go to one partition.
        case consistent
        /// By a CRC32 of the key, without a key at random.
        case consistentRandom = "consistent_random"
        /// As Java's clients do; all records without a key go to one partition.
        case murmur2
        /// As Java's clients do, without a key at random.
        case murmur2Random = "murmur2_random"
        /// By an FNV-1a hash of the key, as Go's Sarama does; all records without a key go to one partition.
        case fnv1a
        /// By an FNV-1a hash of the key, as Go's Sarama does, without a key at random.
        case fnv1aRandom = "fnv1a_random"
    }

    /// Where a group that has committed nothing begins.
    public enum OffsetReset: String, Sendable, Hashable, CaseIterable {
        /// With the oldest record that the topic still has.
        case earliest
        /// With the next record.
        case latest
        /// Nowhere: the consumer's `run()` throws.
        case error
    }

    /// Which records of transactions are seen.
    public enum Isolation: String, Sendable, Hashable, CaseIterable {
        /// Those that were committed.
        case readCommitted = "read_committed"
        /// All, also those that are aborted later.
        case readUncommitted = "read_uncommitted"
    }

    /// How partitions are divided among the members of a group.
    public enum AssignmentStrategy: String, Sendable, Hashable, CaseIterable {
        /// By topic: neighbouring partitions to the same member.
        case range
        /// In turn over all topics.
        case roundRobin = "roundrobin"
        /// As they were, evenly, and only partitions that move stop meanwhile.
        case cooperativeSticky = "cooperative-sticky"
    }
}
