// SPDX-License-Identifier: Apache-2.0

import KafkaTesting
import StitchKafka

/// What tests of records that fail have in common.
protocol FailureTests {}

extension FailureTests {
    func configuration() throws -> KafkaConfiguration { try TestCluster.shared().configuration }

    func send(_ records: [KafkaRecord]) async throws {
        let producer = try KafkaProducer(configuration())
        for record in records { try await producer.send(record) }
        await producer.shutdown()
    }

    /// A topic with its retry topics and its dead topic.
    func topic(_ name: String, _ move: KafkaMoveAside) async throws -> String {
        let topic = try await TestCluster.topic(name)
        for delay in move.retry {
            try await TestCluster.shared().createTopic(move.retryTopic(of: topic, after: delay))
        }
        try await TestCluster.shared().createTopic(move.deadTopic(of: topic))
        return topic
    }

    /// Runs a consumer until `isDone` returns.
    func run(_ consumer: KafkaConsumer, until isDone: () async throws -> Void) async throws {
        let running = Task { try await consumer.run() }
        try await isDone()
        await consumer.shutdown()
        try await running.value
    }

    /// All records of a topic's only partition, at least so many.
    func records(of topic: String, _ count: Int) async throws -> [KafkaConsumedRecord] {
        let place = KafkaTopicPartition(topic: topic, partition: 0)
        let consumer = try KafkaConsumer(configuration(), partitions: [place: .beginning])
        var records: [KafkaConsumedRecord] = []
        for try await record in consumer.records {
            records.append(record)
            if records.count == count { break }
        }
        await consumer.shutdown()
        return records
    }
}
