// SPDX-License-Identifier: Apache-2.0

import KafkaTesting
import StitchService
import StitchTesting
import Testing

@testable import StitchKafka

@Suite("A consumer of partitions without a group", .timeLimit(.minutes(1)))
struct GrouplessTests {
    private let partition = KafkaTopicPartition(topic: "orders", partition: 0)

    @Test(
        "goes on whatever is said of groups, which it has nothing to do with",
        arguments: ["GROUP_AUTHORIZATION_FAILED", "COORDINATOR_NOT_AVAILABLE"]
    )
    func refusedGroup(name: String) async throws {
        let cluster = try MockKafkaCluster()
        try await cluster.createTopic("orders")
        let refusal = KafkaError.Code(name)
        try await cluster.fail(.findCoordinator, with: refusal, refusal)
        let producer = try KafkaProducer(cluster.configuration)
        try await producer.send(KafkaRecord(topic: "orders", value: [0]))
        let consumer = try KafkaConsumer(cluster.configuration, partitions: [partition: .beginning])
        var records = consumer.records.makeAsyncIterator()
        #expect(try await records.next()?.offset == 0)
        // Is answered once the group's coordinator was found after all.
        let partition = partition
        _ = try await consumer.loop.call(on: consumer.loop.calls) { [loop = consumer.loop] in
            loop.client.committed([partition])
        }
        .get()
        #expect(consumer.health.isHealthy)
        try await producer.send(KafkaRecord(topic: "orders", value: [1]))
        #expect(try await records.next()?.offset == 1)
        await consumer.shutdown()
        await producer.shutdown()
        await cluster.shutdown()
    }

    @Test("says that it is in none to who wants to commit by it, or asks what is committed")
    func noGroup() async throws {
        let partition = KafkaTopicPartition(topic: try await TestCluster.topic("groupless"), partition: 0)
        let consumer = try KafkaConsumer(TestCluster.shared().configuration, partitions: [partition: .beginning])
        let metadata = await #expect(throws: KafkaError.self) { try await consumer.groupMetadata() }
        #expect(metadata?.code == .configuration)
        let committed = await #expect(throws: KafkaError.self) { try await consumer.committed([partition]) }
        #expect(committed?.code == .configuration)
        await consumer.shutdown()
    }
}
