// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka
import KafkaTesting
import Testing

@testable import StitchKafka

@Suite("The queue of a partition", .timeLimit(.minutes(1)))
struct PartitionQueueTests {
    @Test("gives out the record that stands behind what is none, since nothing would tell of it later")
    func behindEvents() async throws {
        let topic = try await TestCluster.topic("queue")
        let partition = KafkaTopicPartition(topic: topic, partition: 0)
        var configuration = try TestCluster.shared().configuration
        let producer = try KafkaProducer(configuration)
        configuration.properties["enable.partition.eof"] = "true"
        let client = try ConsumerClient(configuration, group: topic)
        let queue = try #require(PartitionQueue(client.handle, partition, observer: nil, wake: Wake()))
        try await producer.send(KafkaRecord(topic: topic, value: [0]))
        #expect(client.assign([(partition, 0)]).isNone)
        // A record and the end behind it, twice.
        while length(client, partition) < 2, !Task.isCancelled { await Task.yield() }
        try await producer.send(KafkaRecord(topic: topic, value: [1]))
        while length(client, partition) < 4, !Task.isCancelled { await Task.yield() }
        let taken = (0..<3).map { _ in queue.take(upTo: 1, Taking()) }
        #expect(taken.map { $0.batch?.offset(0) } == [0, 1, nil])
        #expect(length(client, partition) == 0)
        queue.destroy()
        _ = client.assign([])
        client.handle.letGo()
        await producer.shutdown()
    }

    private func length(_ client: ConsumerClient, _ partition: KafkaTopicPartition) -> Int {
        // A reference of ours.
        let queue = rd_kafka_queue_get_partition(client.handle.client, partition.topic, partition.partition)
        defer { rd_kafka_queue_destroy(queue) }
        return rd_kafka_queue_length(queue)
    }
}
