// SPDX-License-Identifier: Apache-2.0

import KafkaTesting
import StitchKafka
import StitchService
import StitchTesting
import Testing

@Suite("A mock cluster", .timeLimit(.minutes(1)))
struct MockKafkaClusterTests {
    @Test("has as many brokers as were asked for, all on loopback")
    func brokers() async throws {
        let cluster = try MockKafkaCluster(brokers: 3)
        let brokers = cluster.configuration.brokers
        #expect(brokers.count == 3 && brokers.allSatisfy { $0.hasPrefix("127.0.0.1:") })
        await cluster.shutdown()
        #expect(throws: KafkaError.self) { try MockKafkaCluster(brokers: 0) }
    }

    @Test("makes a topic with its partitions, once")
    func topics() async throws {
        let cluster = try MockKafkaCluster()
        try await cluster.createTopic("orders", partitions: 3)
        let error = await #expect(throws: KafkaError.self) { try await cluster.createTopic("orders") }
        #expect(error?.errorType == "TOPIC_ALREADY_EXISTS")
        let producer = try KafkaProducer(cluster.configuration)
        let delivery = try await producer.send(KafkaRecord(topic: "orders", value: [1], partition: 2))
        #expect(delivery.partition == 2)
        await #expect(throws: KafkaError.self) {
            try await producer.send(KafkaRecord(topic: "orders", value: [1], partition: 3))
        }
        await producer.shutdown()
        await cluster.shutdown()
    }

    @Test("lets a request fail that was told to, and only that")
    func requestErrors() async throws {
        let cluster = try MockKafkaCluster()
        let producer = try KafkaProducer(cluster.configuration)
        try await producer.send(KafkaRecord(topic: "orders", value: [1], partition: 0))
        try await cluster.fail(.produce, with: .topicAuthorizationFailed)
        let error = await #expect(throws: KafkaError.self) {
            try await producer.send(KafkaRecord(topic: "orders", value: [1], partition: 0))
        }
        #expect(error?.code == .topicAuthorizationFailed)
        await #expect(throws: KafkaError.self) { try await cluster.fail(.produce, with: KafkaError.Code("NO_SUCH")) }
        await producer.shutdown()
        await cluster.shutdown()
    }

    @Test("answers no sooner than the round-trip time that was set")
    func roundTrip() async throws {
        let cluster = try MockKafkaCluster()
        let producer = try KafkaProducer(cluster.configuration)
        try await producer.send(KafkaRecord(topic: "orders", value: [1]))
        try await cluster.setRoundTrip(.milliseconds(200))
        let delivery = try await producer.send(KafkaRecord(topic: "orders", value: [1]))
        #expect((delivery.latency ?? .zero) >= .milliseconds(200))
        await producer.shutdown()
        await cluster.shutdown()
    }

    @Test("can't be reached while a broker is down, and can when it is up again")
    func downAndUp() async throws {
        let cluster = try MockKafkaCluster()
        let producer = try KafkaProducer(cluster.configuration)
        try await producer.send(KafkaRecord(topic: "orders", value: [1]))
        try await cluster.takeDown()
        async let delivery = producer.send(KafkaRecord(topic: "orders", value: [1], partition: 0))
        while producer.health.lag == 0, !Task.isCancelled { await Task.yield() }
        let error = await #expect(throws: KafkaError.self) { try await producer.flush(timeout: .milliseconds(100)) }
        #expect(error?.code == .timedOut)
        try await cluster.bringUp()
        _ = try await delivery
        await producer.shutdown()
        await cluster.shutdown()
    }

    @Test("may be shut down twice, and is of no use then")
    func shutdown() async throws {
        let cluster = try MockKafkaCluster()
        await cluster.shutdown()
        await cluster.shutdown()
        await #expect(throws: KafkaError.self) { try await cluster.createTopic("orders") }
    }

    @Test("belongs to a test that asks for it: one for the test, shut down when the test has ended")
    func ofTest() async throws {
        let cluster = try await withStitchTest { test in
            let first = try await test.kafka()
            let second = try await test.kafka()
            #expect(first === second)
            try await first.createTopic("orders")
            return first
        }
        await #expect(throws: KafkaError.self) { try await cluster.createTopic("payments") }
    }
}
