// SPDX-License-Identifier: Apache-2.0

/// Where a consumer's records come from.
package enum ConsumerSource: Sendable {
    /// What a group deals out of topics.
    case topics([String], group: String)

    /// Partitions; with a group if offsets are committed.
    case partitions([KafkaTopicPartition: KafkaStart], group: String?)

    var group: String? {
        switch self {
        case .topics(_, let group): group
        case .partitions(_, let group): group
        }
    }

    /// The group's name; empty without one.
    package var groupName: String { group ?? "" }

    var topics: [String] {
        if case .topics(let topics, _) = self { topics } else { [] }
    }

    /// The same with further topics.
    func reading(_ further: [String]) -> Self {
        guard case .topics(let topics, let group) = self, !further.isEmpty else { return self }
        let own = Set(topics)
        return .topics(topics + further.filter { !own.contains($0) }, group: group)
    }

    /// The same, checked.
    func intake() throws(KafkaError) -> ConsumerLoop.Intake {
        switch self {
        case .topics(let topics, _):
            if topics.isEmpty || topics.contains(where: { $0.isEmpty || $0.utf8.contains(0) }) {
                throw KafkaError(.configuration, "The option 'topics' is \(topics): give at least one name, none empty")
            }
            var seen: Set<String> = []
            for topic in topics {
                guard seen.insert(topic).inserted else {
                    throw KafkaError(.configuration, "The option 'topics' has '\(topic)' twice: name each topic once")
                }
                try TopicPattern.check(topic)
            }
            return .topics(topics)
        case .partitions(let starts, let group):
            if starts.isEmpty {
                throw KafkaError(.configuration, "The option 'partitions' is empty: give at least one")
            }
            var partitions: [(partition: KafkaTopicPartition, start: Int64)] = []
            for (partition, start) in starts.sorted(by: { $0.key < $1.key }) {
                let isName = !partition.topic.isEmpty && !partition.topic.utf8.contains(0)
                guard isName, partition.partition >= 0, let native = start.native else {
                    throw KafkaError(
                        .configuration,
                        "The option 'partitions' has '\(partition)' from \(start): a topic has a name, partitions and "
                            + "offsets count from 0, and the last ones from 1"
                    )
                }
                if start == .committed, group == nil {
                    throw KafkaError(
                        .configuration,
                        "The option 'partitions' has '\(partition)' from what is committed: give a group, or another start"
                    )
                }
                partitions.append((partition, native))
            }
            return .partitions(partitions)
        }
    }
}
