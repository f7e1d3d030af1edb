// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka
import KafkaTesting
import StitchTesting
import Testing

@testable import StitchKafka

/// What is wrong with a batch, and what has to be said of it.
struct DamageCase: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var batch: DamagedBatch
    var error: String
    var advice: String
}

@Suite("A partition that can't be read", .timeLimit(.minutes(1)))
struct UnreadablePartitionTests {
    static let damages = [
        DamageCase(testDescription: "a checksum", batch: DamagedBatch(), error: "_BAD_MSG", advice: "damaged"),
        DamageCase(testDescription: "gzip", batch: DamagedBatch(codec: 1), error: "_BAD_COMPRESSION", advice: "seek"),
        DamageCase(testDescription: "codec", batch: DamagedBatch(codec: 6), error: "_NOT_IMPLEMENTED", advice: "built"),
    ]

    @Test("stops the consumer where it is, before any record behind is handled or committed", arguments: damages)
    func stops(_ damage: DamageCase) async throws {
        let topic = try await TestCluster.topic("damaged")
        var configuration = try TestCluster.shared().configuration
        let producer = try KafkaProducer(configuration)
        try await producer.send(KafkaRecord(topic: topic, value: [0]))
        try damage.batch.write(to: topic, at: TestCluster.shared().bootstrapServers)
        try await producer.send(KafkaRecord(topic: topic, value: [2]))
        await producer.shutdown()
        // What is wrong with its contents is looked at after the checksum.
        configuration.properties["check.crcs"] = damage.batch.codec == 0 ? "true" : "false"
        let inbox = Inbox<Int64>()
        let consumer = try KafkaConsumer(configuration, group: topic, topics: [topic]) { inbox.put($0.offset) }
        let error = await #expect(throws: KafkaError.self) { try await consumer.run() }
        #expect(error?.errorType == damage.error && error?.message.contains("\(topic)/0") == true)
        #expect(error?.message.contains("offset 1") == true && error?.message.contains(damage.advice) == true)
        #expect(await inbox.next() == 0)
        let partition = KafkaTopicPartition(topic: topic, partition: 0)
        let observer = try KafkaConsumer(configuration, partitions: [partition: .end], group: topic)
        #expect(try await observer.committed([partition]) == [partition: 1])
        await observer.shutdown()
    }

    @Test("says what is to be done, and passes where something else may come", arguments: [Int64(7), -1])
    func errors(at offset: Int64) {
        let partition = KafkaTopicPartition(topic: "orders", partition: 3)
        func error(_ code: rd_kafka_resp_err_t) -> KafkaError {
            ReadingError.error(code, "told so", in: partition, at: offset)
        }
        let damaged = error(RD_KAFKA_RESP_ERR__BAD_COMPRESSION)
        #expect(damaged.message.contains("orders/3") && damaged.message.contains("told so"))
        #expect(damaged.message.contains("offset 7") == (offset == 7) && damaged.message.contains("seek"))
        #expect(ReadingError.stops(damaged.errorType))
        #expect(ReadingError.stops(error(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED).errorType))
        #expect(!ReadingError.stops(error(RD_KAFKA_RESP_ERR__TRANSPORT).errorType))
    }
}
