// SPDX-License-Identifier: Apache-2.0

import StitchKafka
import StitchService
import StitchTesting
import Testing

@Suite("A subscription to topics of a real broker", .timeLimit(.minutes(2)))
struct KafkaSubscriptionTests {
    private func configuration() throws -> KafkaConfiguration {
        var configuration = try KafkaServer.configuration()
        // How soon new topics are noticed; five minutes unless told otherwise.
        configuration.properties["topic.metadata.refresh.interval.ms"] = "500"
        return configuration
    }

    private func send(_ value: UInt8, to topic: String) async throws {
        let producer = try KafkaProducer(KafkaServer.configuration())
        try await producer.send(KafkaRecord(topic: topic, value: [value]))
        await producer.shutdown()
    }

    @Test("takes in a topic that comes later, where a pattern fits it")
    func pattern() async throws {
        let prefix = KafkaServer.name("pattern")
        let admin = try KafkaAdmin(KafkaServer.configuration())
        try await admin.createTopic("\(prefix)-a")
        try await send(1, to: "\(prefix)-a")
        let inbox = Inbox<KafkaConsumedRecord>()
        let consumer = try KafkaConsumer(configuration(), group: prefix, topics: ["^\(prefix)-.*"]) { inbox.put($0) }
        let running = Task { try await consumer.run() }
        #expect(await inbox.take(1).map(\.topic) == ["\(prefix)-a"])
        try await admin.createTopic("\(prefix)-b")
        try await send(2, to: "\(prefix)-b")
        #expect(await inbox.take(1).map(\.topic) == ["\(prefix)-b"])
        await consumer.shutdown()
        try await running.value
    }

    @Test("to one that isn't there says so, reads the others, and begins when it is made")
    func absent() async throws {
        let (there, absent) = (KafkaServer.name("there"), KafkaServer.name("absent"))
        let admin = try KafkaAdmin(KafkaServer.configuration())
        try await admin.createTopic(there)
        let inbox = Inbox<KafkaConsumedRecord>()
        let consumer = try KafkaConsumer(configuration(), group: there, topics: [there, absent]) { inbox.put($0) }
        let running = Task { try await consumer.run() }
        while consumer.health.isHealthy { try await Task.sleep(for: .milliseconds(10)) }
        #expect(consumer.health.blocker?.contains(absent) == true, "\(consumer.health.blocker ?? "")")
        try await send(1, to: there)
        #expect(await inbox.take(1).map(\.topic) == [there])
        try await admin.createTopic(absent)
        try await send(2, to: absent)
        #expect(await inbox.take(1).map(\.topic) == [absent])
        #expect(consumer.health.isHealthy)
        await consumer.shutdown()
        try await running.value
    }
}
