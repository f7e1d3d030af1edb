// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka
import KafkaTesting
import StitchKafka
import StitchService
import Testing

@testable import StitchKafka

@Suite("A record that isn't delivered in time", .timeLimit(.minutes(1)))
struct BrokerTroubleTests {
    private func configuration(_ broker: String) -> KafkaConfiguration {
        var configuration = KafkaConfiguration(brokers: [broker])
        configuration.linger = .zero
        configuration.deliveryTimeout = .milliseconds(1500)
        return configuration
    }

    @Test(
        "says what stood behind that: nobody listens, or nobody has that name",
        arguments: [
            ("127.0.0.1:1", "Connection refused"), ("no-such-host.invalid:9092", "Failed to resolve"),
        ]
    )
    func timedOut(broker: String, words: String) async throws {
        let producer = try KafkaProducer(configuration(broker))
        let record = KafkaRecord(topic: "orders", value: [1])
        async let one = producer.send(record)
        async let several = producer.send(contentsOf: [record, record])
        let handle = try await producer.enqueue(record)
        var errors = await several.failures.map { $0.error as any Error }
        do { _ = try await one } catch { errors.append(error) }
        do { _ = try await handle.delivery } catch { errors.append(error) }
        #expect(errors.count == 4)
        for case let error as KafkaError in errors {
            #expect(error.errorType == "_MSG_TIMED_OUT" && error.isRetryable)
            #expect(error.message.contains(words) && error.message.contains(broker), "\(error.message)")
        }
        await producer.shutdown()
    }

    @Test("has no other reason than the time where no broker had any trouble")
    func slow() async throws {
        let cluster = try MockKafkaCluster()
        try await cluster.createTopic("orders")
        var configuration = cluster.configuration
        let warm = try KafkaProducer(configuration)
        try await warm.send(KafkaRecord(topic: "orders", value: [1]))
        await warm.shutdown()
        configuration.deliveryTimeout = .milliseconds(1500)
        try await cluster.setRoundTrip(.seconds(5))
        let producer = try KafkaProducer(configuration)
        let error = await #expect(throws: KafkaError.self) {
            try await producer.send(KafkaRecord(topic: "orders", value: [1]))
        }
        #expect(error?.message.contains("trouble") == false && error?.message.contains("deliveryTimeout") == true)
        await producer.shutdown()
        await cluster.shutdown()
    }

    @Test(
        "takes from librdkafka's words what kind of trouble it was, and leaves out the thread's name and secrets",
        arguments: [
            ("ssl://b:1/bootstrap: SSL handshake failed: unexpected eof", "_SSL"),
            ("ssl://b:1/bootstrap: x certificate verify failed y", "_SSL"),
            ("sasl://b:1/bootstrap: SASL authentication error: Invalid username or password", "_AUTHENTICATION"),
            ("b:1/bootstrap: Failed to resolve 'b:1': Name or service not known", "_RESOLVE"),
            ("b:1/bootstrap: Connect to ipv4#127.0.0.1:1 failed: Connection refused", "_TRANSPORT"),
        ]
    )
    func kinds(line: String, name: String) {
        let secrets = LogSecrets(["swordfish"])
        withExtendedLifetime(secrets) {
            let trouble = BrokerTrouble(line: "[thrd:b:1/bootstrap]: \(line) swordfish")
            #expect(trouble.text == "\(line) <redacted>" && trouble.errorName == name)
            let error = KafkaError(
                native: RD_KAFKA_RESP_ERR__MSG_TIMED_OUT,
                "A record was not delivered",
                behind: trouble
            )
            #expect(error.errorType == "_MSG_TIMED_OUT" && error.message.contains(line))
        }
    }
}
