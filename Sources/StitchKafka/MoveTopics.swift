// SPDX-License-Identifier: Apache-2.0

/// Looks whether the topics that records are moved to are there, and creates them where that is wanted.
///
/// Blocks.
struct MoveTopics: Sendable {
    /// How long the brokers may take to answer; somebody may wait for the consumer to stop meanwhile.
    private static let timeout = Duration.seconds(3)

    private let configuration: KafkaConfiguration
    private let topics: RetryTopics

    init(_ configuration: KafkaConfiguration, _ topics: RetryTopics) {
        self.configuration = configuration
        self.topics = topics
    }

    /// Returns when all are there.
    ///
    /// - Throws: `KafkaError` that names those that are missing, or says why nobody knows.
    func prepare() throws(KafkaError) {
        let partitions = try partitionCounts()
        let missing = topics.targets.filter { partitions[$0.name] == nil }
        guard !missing.isEmpty else { return }
        let names = missing.map { "'\($0.name)'" }.joined(separator: ", ")
        guard topics.move.createTopics else {
            throw KafkaError(
                .configuration,
                "The topics \(names), where 'onFailure' moves records, aren't there: create them, or let the consumer do so "
                    + "with 'createTopics: true'"
            )
        }
        try create(
            // Of a topic that isn't there itself nobody knows how many it will have.
            missing.map { target in
                KafkaNewTopic(
                    target.name,
                    partitions: partitions[target.like],
                    configuration: partitions[target.like] == nil ? [:] : settings(like: target.like)
                )
            },
            "The topics \(names), where 'onFailure' moves records, were not all created"
        )
        // Brokers hear of them a little later, and who subscribes before that hears of them late.
        let known = try partitionCounts()
        guard missing.allSatisfy({ known[$0.name] != nil }) else {
            throw KafkaError(
                .unknownTopicOrPartition,
                "The topics \(names), where 'onFailure' moves records, were created, and aren't known to all brokers yet",
                isRetryable: true
            )
        }
    }

    /// What a topic is set to that takes the records of another: room for the largest of them, and for what says how it
    /// was moved.
    ///
    /// Nothing where the consumer may not read the other's settings: the brokers' own are right for most.
    private func settings(like topic: String) -> [String: String] {
        let name = "max.message.bytes"
        let settings = try? asking { client throws(KafkaError) in
            try client.describeConfiguration(of: topic, "The settings of '\(topic)' could not be read")
        }
        guard let limit = settings?[name]?.value.flatMap({ Int32($0) }) else { return [:] }
        return [name: String(min(limit, .max - Self.moveBytes) + Self.moveBytes)]
    }

    /// The most that a move adds to a record, rounded up.
    private static let moveBytes: Int32 = 4096

    private func create(_ topics: [KafkaNewTopic], _ attempt: String) throws(KafkaError) {
        let failures = try asking { client throws(KafkaError) in try client.createTopics(topics, attempt) }
        // Another member was quicker.
        let others = failures.filter { $0.value.code != KafkaError.Code("TOPIC_ALREADY_EXISTS") }
        if let error = KafkaTopicFailures.error(others, attempt) { throw error }
    }

    private func partitionCounts() throws(KafkaError) -> [String: Int] {
        let found = try asking { client throws(KafkaError) in
            try client.describeTopics("The topics where 'onFailure' moves records could not be looked for")
        }
        return Dictionary(found.filter { $0.error == nil }.map { ($0.name, $0.partitions.count) }) { $1 }
    }

    private func asking<Answer>(
        _ ask: (AdminClient) throws(KafkaError) -> Answer
    ) throws(KafkaError) -> Answer {
        let client = try AdminClient(configuration, until: .now + Self.timeout)
        defer { client.destroy() }
        return try ask(client)
    }
}
