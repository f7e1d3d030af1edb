// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka
import Testing

@testable import KafkaTesting
@testable import StitchKafka

@Suite("Partitions without a leader", .timeLimit(.minutes(1)))
struct LeaderlessTests {
    @Test("have no end that can be told, those that have one are told", arguments: [[1], [0, 1]])
    func endOffsets(without: [Int32]) async throws {
        let cluster = try NativeCluster(brokers: 1)
        rd_kafka_mock_topic_create(cluster.cluster, "led", 2, 1)
        let producer = try KafkaProducer(KafkaConfiguration(brokers: [cluster.bootstrapServers]))
        try await producer.send(KafkaRecord(topic: "led", value: [1], partition: 0))
        await producer.shutdown()
        for partition in without { rd_kafka_mock_partition_set_leader(cluster.cluster, "led", partition, -1) }
        let admin = try KafkaAdmin(KafkaConfiguration(brokers: [cluster.bootstrapServers]))
        let partitions = (0..<2).map { KafkaTopicPartition(topic: "led", partition: Int32($0)) }
        let ends = try await admin.perform { client throws(KafkaError) in
            try client.endOffsets(of: partitions, "Asking")
        }
        #expect(ends == (without.contains(0) ? [:] : [partitions[0]: 1]))
        cluster.destroy()
    }
}
