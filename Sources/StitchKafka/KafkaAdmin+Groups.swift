// SPDX-License-Identifier: Apache-2.0

extension KafkaAdmin {
    /// The consumer groups that the brokers know, by name.
    ///
    /// - Throws: ``KafkaError``, such as `_TIMED_OUT` when no broker answers.
    public func listGroups() async throws(KafkaError) -> [KafkaGroupListing] {
        let groups = try await perform { client throws(KafkaError) in
            try client.listGroups("The groups could not be listed")
        }
        return groups.sorted { $0.group < $1.group }
    }

    /// A group and its members.
    ///
    /// - Throws: ``KafkaError``, such as `GROUP_ID_NOT_FOUND` (older brokers describe a group that isn't there as `Dead`),
    ///   or `_TIMED_OUT` when no broker answers.
    public func describeGroup(_ group: String) async throws(KafkaError) -> KafkaGroupDescription {
        try await perform { client throws(KafkaError) in
            try client.describeGroup(group, "The group '\(group)' could not be described")
        }
    }

    /// How far a group is behind in each partition that it has committed for, by topic and partition.
    ///
    /// A partition that the group has not committed for is left out, so a group that isn't there has none.
    ///
    /// - Throws: ``KafkaError``, such as `GROUP_AUTHORIZATION_FAILED`, or `_TIMED_OUT` when no broker answers.
    public func lag(of group: String) async throws(KafkaError) -> [KafkaGroupLag] {
        let attempt = "The lag of the group '\(group)' could not be told"
        let lags = try await perform(inGroup: group) { client throws(KafkaError) in
            let committed = try client.committedOffsets(of: group, attempt)
            let ends = try client.endOffsets(of: Array(committed.keys), attempt)
            return committed.map { partition, offset in
                KafkaGroupLag(
                    topic: partition.topic,
                    partition: partition.partition,
                    committedOffset: offset,
                    endOffset: ends[partition]
                )
            }
        }
        return lags.sorted { ($0.topic, $0.partition) < ($1.topic, $1.partition) }
    }
}
