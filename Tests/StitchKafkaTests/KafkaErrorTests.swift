// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka
import Foundation
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

    @Test("of every number of the protocol has a name, where librdkafka knows the number nearly the same one")
    func table() {
        #expect(ProtocolError.names.count == 133 && Set(ProtocolError.names).count == 133)
        #expect(ProtocolError.retryable.isSubset(of: ProtocolError.names))
        var differing = 0
        for code in Int32(1)...200 {
            let native = rd_kafka_resp_err_t(rawValue: code)
            let name = native.protocolName
            // librdkafka names what it doesn't know `ERR_200?`.
            if code <= 133 { #expect(!name.contains("?")) }
            guard let known = ProtocolError.name(of: code), !native.name.contains("?") else { continue }
            if known != native.name {
                differing += 1
                #expect(ErrorName.ofProtocol(native.name) == known)
            }
        }
        #expect(differing == 7)
        #expect(rd_kafka_resp_err_t(rawValue: -1).protocolName == "UNKNOWN_SERVER_ERROR")
        #expect(rd_kafka_resp_err_t(rawValue: 120).protocolName == "TRANSACTION_ABORTABLE")
        #expect(RD_KAFKA_RESP_ERR__TRANSPORT.protocolName == "_TRANSPORT")
    }

    @Test("is fatal when the client that met it can do no more")
    func fatal() {
        #expect(KafkaError(native: RD_KAFKA_RESP_ERR__FATAL, "x").isFatal)
        #expect(KafkaError(native: RD_KAFKA_RESP_ERR_PRODUCER_FENCED, "x").isFatal)
        #expect(KafkaError(native: RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, "x").isFatal)
        #expect(!KafkaError(native: RD_KAFKA_RESP_ERR__AUTHENTICATION, "x").isFatal)
        #expect(!KafkaError(native: RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, "x").isFatal)
    }

    private static let scram = "SASL authentication error: due to invalid credentials with SASL mechanism SCRAM-SHA-256"

    @Test(
        "says what to change, which for SCRAM depends on the library",
        arguments: [
            (0x0200_02ff, "_AUTHENTICATION", scram, "2.6.1 or newer"),
            (0x0206_00ff, "_AUTHENTICATION", scram, "this is 2.6.0"),
            (0x0206_01ff, "_AUTHENTICATION", scram, "check username, password"),
            (0x0210_00ff, "_AUTHENTICATION", "Invalid username or password", "check username, password"),
            (0x0200_02ff, "_AUTHENTICATION", "Invalid username or password", "check username, password"),
            (0x0200_02ff, "_AUTHENTICATION", "OAUTHBEARER token", "source of tokens"),
            (0x0200_02ff, "_SSL", "certificate verify failed: x", "tls.authorities"),
            (0x0200_02ff, "_SSL", "certificate verify failed: IP address mismatch", "tls.verifiesHostname"),
            (0x0200_02ff, "_SSL", "unexpected eof", "speaks TLS"),
            (0x0200_02ff, "_TRANSPORT", "connecting to a SSL listener?", "'tls'"),
            (0x0200_02ff, "_TRANSPORT", "broker might require SASL authentication", "'authentication'"),
            (0x0200_02ff, "_TRANSPORT", "Send failed: Broken pipe (after 1ms in state UP)", "'authentication'"),
            (0x0200_02ff, "_TRANSPORT", "certificate verify failed (in state SSL_HANDSHAKE)", "tls.authorities"),
            (0x0200_02ff, "_TRANSPORT", "sslv3 alert bad certificate", "tls.certificate"),
            (0x0200_02ff, "UNKNOWN_TOPIC_OR_PARTITION", "", "create the topic"),
        ]
    )
    func advice(_ version: Int32, _ name: String, _ text: String, _ words: String) {
        let advice = ErrorAdvice(version: NativeVersion(number: version)).advice(on: name, text)
        #expect(advice?.contains(words) == true, "\(advice ?? "")")
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

@Test("The librdkafka that runs is the one that is to be tested")
func library() {
    let version = NativeVersion(number: rd_kafka_version())
    #expect(version >= NativeVersion(number: 0x0200_02ff))
    if let expected = ProcessInfo.processInfo.environment["STITCH_EXPECTED_RDKAFKA"] {
        #expect("\(version)" == expected)
    }
}
