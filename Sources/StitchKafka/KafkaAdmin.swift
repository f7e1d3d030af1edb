// SPDX-License-Identifier: Apache-2.0

/// Creates and deletes topics.
///
/// Holds nothing between calls: each connects, asks and disconnects. May be shared. A cancelled call still ends when the
/// brokers have answered or `requestTimeout` is over.
public struct KafkaAdmin: Sendable {
    private let configuration: KafkaConfiguration

    /// How long the brokers may take to answer, connecting included.
    public var requestTimeout = Duration.seconds(10)

    /// An admin of the configuration's brokers.
    ///
    /// - Throws: ``KafkaError`` when a setting is wrong.
    public init(_ configuration: KafkaConfiguration) throws(KafkaError) {
        _ = try ClientProperties(configuration, for: .administration)
        self.configuration = configuration
    }

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
        let attempt = "The topic '\(topic)' was not created"
        try await perform(attempt) { client, timeout in
            client.createTopic(topic, partitions: partitions, replicationFactor: replicationFactor ?? -1, timeout)
        }
    }

    /// Deletes topics with all their records.
    ///
    /// - Throws: ``KafkaError``, such as `UNKNOWN_TOPIC_OR_PARTITION`, or `_TIMED_OUT` when no broker answers.
    public func deleteTopics(_ topics: [String]) async throws(KafkaError) {
        guard !topics.isEmpty else { return }
        let attempt = "The topics \(topics.joined(separator: ", ")) were not deleted"
        try await perform(attempt) { client, timeout in client.deleteTopics(topics, timeout) }
    }

    /// Asks on a thread of its own, because librdkafka's answer is waited for by blocking.
    private func perform(
        _ attempt: String,
        _ ask: @escaping @Sendable (AdminClient, Int32) -> AdminClient.Answer
    ) async throws(KafkaError) {
        let timeout = Int32(clamping: requestTimeout.wholeMilliseconds)
        let failure = OneTime<KafkaError?>()
        ClientThread.start("kafka-admin") { [configuration] in
            do throws(KafkaError) {
                let client = try AdminClient(configuration)
                let answer = ask(client, timeout)
                client.destroy()
                failure.set(answer.error(attempt))
            } catch {
                failure.set(error)
            }
        }
        if let error = await failure.value { throw error }
    }
}
