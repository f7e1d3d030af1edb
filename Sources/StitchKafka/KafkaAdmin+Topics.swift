// SPDX-License-Identifier: Apache-2.0

extension KafkaAdmin {
    /// Creates a topic.
    ///
    /// - Parameters:
    ///   - topic: Its name.
    ///   - partitions: How many partitions it has, from 1.
    ///   - replicationFactor: How many brokers keep each, from 1; `nil` leaves it to the brokers.
    /// - Throws: ``KafkaError``, such as `TOPIC_ALREADY_EXISTS`, or `_TIMED_OUT` when no broker answers.
    public func createTopic(
        _ topic: String,
        partitions: Int = 1,
        replicationFactor: Int? = nil
    ) async throws(KafkaError) {
        try await createTopics([
            KafkaNewTopic(topic, partitions: partitions, replicationFactor: replicationFactor)
        ])
    }

    /// Creates topics, in one request.
    ///
    /// - Parameter topics: The topics. Those that can be created are, whatever becomes of the others.
    /// - Throws: ``KafkaError``, such as `TOPIC_ALREADY_EXISTS`, with ``KafkaTopicFailures`` as its cause; or `_TIMED_OUT`
    ///   when no broker answers.
    public func createTopics(_ topics: [KafkaNewTopic]) async throws(KafkaError) {
        guard !topics.isEmpty else { return }
        let attempt = Self.attempt(topics.map(\.name), "created")
        let failures = try await perform { client throws(KafkaError) in try client.createTopics(topics, attempt) }
        if let error = KafkaTopicFailures.error(failures, attempt) { throw error }
    }

    /// Deletes topics with all their records.
    ///
    /// - Parameter topics: The topics. Those that can be deleted are, whatever becomes of the others.
    /// - Throws: ``KafkaError``, such as `UNKNOWN_TOPIC_OR_PARTITION`, with ``KafkaTopicFailures`` as its cause; or
    ///   `_TIMED_OUT` when no broker answers.
    public func deleteTopics(_ topics: [String]) async throws(KafkaError) {
        guard !topics.isEmpty else { return }
        let attempt = Self.attempt(topics, "deleted")
        let failures = try await perform { client throws(KafkaError) in try client.deleteTopics(topics, attempt) }
        if let error = KafkaTopicFailures.error(failures, attempt) { throw error }
    }

    /// Adds partitions to a topic.
    ///
    /// Records that have a key may go to another partition from then on: their order across the change is lost.
    ///
    /// - Parameters:
    ///   - topic: The topic.
    ///   - partitions: How many it has afterwards, more than before.
    /// - Throws: ``KafkaError``, such as `INVALID_PARTITIONS`, or `_TIMED_OUT` when no broker answers.
    public func addPartitions(to topic: String, upTo partitions: Int) async throws(KafkaError) {
        let attempt = "The topic '\(topic)' did not get \(partitions) partitions"
        let failures = try await perform { client throws(KafkaError) in
            try client.createPartitions(topic, partitions, attempt)
        }
        if let error = KafkaTopicFailures.error(failures, attempt) { throw error }
    }

    /// All topics of the cluster, by name, its inner ones included.
    ///
    /// - Throws: ``KafkaError``, such as `_TIMED_OUT` when no broker answers.
    public func describeTopics() async throws(KafkaError) -> [KafkaTopicDescription] {
        let topics = try await perform { client throws(KafkaError) in
            try client.describeTopics("The topics could not be described")
        }
        return topics.sorted { $0.name < $1.name }
    }

    /// A topic as the brokers know it, which is not created by asking.
    ///
    /// - Throws: ``KafkaError`` with ``KafkaError/Code-swift.struct/unknownTopicOrPartition`` when it isn't there, or
    ///   `_TIMED_OUT` when no broker answers.
    public func describeTopic(_ topic: String) async throws(KafkaError) -> KafkaTopicDescription {
        guard let found = try await describeTopics().first(where: { $0.name == topic }) else {
            throw KafkaError(
                .unknownTopicOrPartition,
                "The topic '\(topic)' could not be described: it isn't there; create it, or correct its name"
            )
        }
        return found
    }

    /// What a topic is set to, by the settings' names, such as `retention.ms`.
    ///
    /// - Throws: ``KafkaError``, such as `UNKNOWN_TOPIC_OR_PARTITION`, or `_TIMED_OUT` when no broker answers.
    public func describeConfiguration(of topic: String) async throws(KafkaError) -> [String: KafkaTopicSetting] {
        try await perform { client throws(KafkaError) in
            try client.describeConfiguration(of: topic, "The settings of the topic '\(topic)' could not be read")
        }
    }

    /// What a broker is set to, by the settings' names, such as `offsets.retention.minutes`.
    ///
    /// - Throws: ``KafkaError``, such as `CLUSTER_AUTHORIZATION_FAILED`.
    package func describeConfiguration(
        ofBroker broker: Int32
    ) async throws(KafkaError) -> [String: KafkaTopicSetting] {
        try await perform { client throws(KafkaError) in
            try client.describeConfiguration(ofBroker: broker, "The settings of the broker \(broker) could not be read")
        }
    }

    /// Deletes the records of partitions that are before an offset, for everybody.
    ///
    /// - Throws: ``KafkaError``, such as `POLICY_VIOLATION` for a topic that is only compacted.
    package func deleteRecords(before offsets: [KafkaTopicPartition: Int64]) async throws(KafkaError) {
        guard let topic = offsets.keys.min()?.topic else { return }
        try await perform { client throws(KafkaError) in
            try client.deleteRecords(before: offsets, "The records of '\(topic)' were not deleted")
        }
    }

    private static func attempt(_ topics: [String], _ done: String) -> String {
        topics.count == 1
            ? "The topic '\(topics[0])' was not \(done)"
            : "The topics \(topics.joined(separator: ", ")) were not all \(done)"
    }
}
