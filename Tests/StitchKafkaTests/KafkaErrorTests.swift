// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka
import StitchService
import Testing

@testable import StitchKafka

@Suite("An error")
struct KafkaErrorTests {
    @Test(
        "has the protocol's name, whatever librdkafka calls it",
        arguments: [
            (RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, "UNKNOWN_TOPIC_OR_PARTITION"),
            (RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, "UNKNOWN_TOPIC_OR_PARTITION"),
            (RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, "UNKNOWN_TOPIC_OR_PARTITION"),
            (RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, "MESSAGE_TOO_LARGE"),
            (RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, "NOT_LEADER_OR_FOLLOWER"),
            (RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, "KAFKA_STORAGE_ERROR"),
            (RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, "_MSG_TIMED_OUT"),
        ]
    )
    func names(_ native: rd_kafka_resp_err_t, _ name: String) {
        let error = KafkaError(native: native, "Something failed")
        #expect(error.errorType == name)
        #expect(error.message.hasPrefix("Something failed: \(name)"))
    }

    @Test("is retryable when trying again may help")
    func retryable() {
        #expect(KafkaError(native: RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, "x").isRetryable)
        #expect(KafkaError(native: RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, "x").isRetryable)
        #expect(!KafkaError(native: RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, "x").isRetryable)
        #expect(!KafkaError(native: RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, "x").isRetryable)
    }

    @Test("stops a consumer only when trying again gives the same")
    func stopping() {
        #expect(ErrorName.stopsConsumer("GROUP_AUTHORIZATION_FAILED") && ErrorName.stopsConsumer("_FATAL"))
        #expect(!ErrorName.stopsConsumer("_ALL_BROKERS_DOWN"))
        #expect(!ErrorName.stopsConsumer("UNKNOWN_TOPIC_OR_PARTITION"))
    }

    @Test("of decoding names the record, never its value")
    func decoding() throws {
        struct Order: Decodable { var id: Int }
        let record = KafkaConsumedRecord(
            topic: "orders",
            partition: 2,
            offset: 41,
            value: Array(#"{"id":"s3cret"}"#.utf8)
        )
        let error = try #require(#expect(throws: KafkaError.self) { try record.decode(Order.self) })
        #expect(error.code == .decoding)
        #expect(error.message.contains("orders/2/41") && error.message.contains("id"))
        #expect(!"\(error)".contains("s3cret"))

        let tombstone = KafkaConsumedRecord(topic: "orders", value: nil)
        #expect(throws: KafkaError.self) { try tombstone.decode(Order.self) }
    }

    @Test("of a record that Kafka could not address is thrown before it is sent")
    func validation() async throws {
        let producer = try KafkaProducer(KafkaConfiguration(brokers: ["localhost:1"]))
        let records = [
            KafkaRecord(topic: "", value: nil), KafkaRecord(topic: "a\0b", value: nil),
            KafkaRecord(topic: "a", value: nil, partition: -1),
            KafkaRecord(topic: String(repeating: "a", count: 600), value: nil),
        ]
        for record in records {
            await #expect(throws: KafkaError.self) { try await producer.send(record) }
            await #expect(throws: KafkaError.self) { try await producer.enqueue(record) }
        }
        #expect(await producer.send(contentsOf: records).failures.count == records.count)
        #expect(producer.health.lag == 0)
        await producer.shutdown()
    }
}
