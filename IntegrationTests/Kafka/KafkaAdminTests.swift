// SPDX-License-Identifier: Apache-2.0

import StitchKafka
import StitchTesting
import Testing

@Suite("Administration, on a real broker,", .timeLimit(.minutes(2)))
struct KafkaAdminTests {
    /// The topic, as soon as the broker that is asked knows of the change: brokers learn of it one after the other.
    private func describe(
        _ topic: String,
        until isKnown: (KafkaTopicDescription) -> Bool
    ) async throws -> KafkaTopicDescription {
        let admin = try KafkaAdmin(KafkaServer.configuration())
        while true {
            let found = try await admin.describeTopics().first { $0.name == topic }
            if let found, isKnown(found) { return found }
        }
    }

    @Test("creates topics, describes them, gives them partitions and deletes them")
    func topics() async throws {
        let admin = try KafkaAdmin(KafkaServer.configuration())
        let topic = KafkaServer.name("admin"), other = KafkaServer.name("admin")
        try await admin.createTopic(topic, partitions: 2, replicationFactor: 1)
        let described = try await describe(topic) { $0.partitions.count == 2 }
        #expect(described.partitions.map(\.number) == [0, 1] && described.error == nil)
        #expect(described.partitions.allSatisfy { $0.leader != nil && $0.replicas.count == 1 })
        #expect(described.partitions.allSatisfy { $0.inSyncReplicas == $0.replicas })

        try await admin.addPartitions(to: topic, upTo: 3)
        _ = try await describe(topic) { $0.partitions.count == 3 }
        #expect(try await admin.describeTopic(topic).name == topic)

        // One of two is there already: the other is made all the same.
        let error = await #expect(throws: KafkaError.self) {
            try await admin.createTopics([KafkaNewTopic(topic), KafkaNewTopic(other)])
        }
        #expect(error?.code == .topicAlreadyExists && error?.isRetryable == false)
        #expect((error?.cause as? KafkaTopicFailures)?.failures.keys.sorted() == [topic])
        _ = try await describe(other) { !$0.partitions.isEmpty }

        try await admin.deleteTopics([topic, other])
        let missing = await #expect(throws: KafkaError.self) { try await admin.deleteTopics([topic]) }
        #expect(missing?.code == .unknownTopicOrPartition)
    }

    @Test("does not create a topic by asking for it")
    func asking() async throws {
        let admin = try KafkaAdmin(KafkaServer.configuration())
        let topic = KafkaServer.name("never-made")
        for _ in 0..<2 {
            let error = await #expect(throws: KafkaError.self) { try await admin.describeTopic(topic) }
            #expect(error?.code == .unknownTopicOrPartition && error?.message.contains(topic) == true)
        }
    }

    @Test("lists groups, describes their members and tells how far they are behind")
    func groups() async throws {
        let topic = KafkaServer.name("lag"), group = KafkaServer.name("group")
        var admin = try KafkaAdmin(KafkaServer.configuration())
        // The first group of a broker has to wait for a topic of the broker's own.
        admin.requestTimeout = .seconds(60)
        try await admin.createTopic(topic, partitions: 2, replicationFactor: 1)
        let producer = try KafkaProducer(KafkaServer.configuration())
        for index in 0..<5 {
            try await producer.send(KafkaRecord(topic: topic, value: [UInt8(index)], partition: Int32(index % 2)))
        }
        #expect(try await admin.lag(of: group).isEmpty)
        let inbox = Inbox<Int64>()
        let consumer = try KafkaConsumer(KafkaServer.configuration(), group: group, topics: [topic]) { record in
            inbox.put(record.offset)
        }
        let running = Task { try await consumer.run() }
        _ = await inbox.take(5)
        #expect(try await admin.listGroups().contains { $0.group == group })
        let described = try await admin.describeGroup(group)
        #expect(described.members.count == 1 && described.group == group)
        #expect(described.members.first?.partitions.map(\.partition).sorted() == [0, 1])
        #expect(described.members.first?.partitions.allSatisfy { $0.topic == topic } == true)
        await consumer.shutdown()
        try await running.value
        for index in 0..<3 {
            try await producer.send(KafkaRecord(topic: topic, value: [UInt8(index)], partition: 1))
        }
        await producer.shutdown()
        let lags = try await admin.lag(of: group)
        #expect(lags.map(\.partition) == [0, 1] && lags.map(\.committedOffset) == [3, 2])
        #expect(lags.map(\.endOffset) == [3, 5] && lags.map(\.lag) == [0, 3])
    }

    @Test("of brokers that aren't there says so, when its time is over")
    func nobody() async throws {
        var admin = try KafkaAdmin(KafkaConfiguration(brokers: ["127.0.0.1:1"]))
        admin.requestTimeout = .milliseconds(500)
        let refused = await #expect(throws: KafkaError.self) { try await admin.createTopic("t") }
        #expect(refused?.isRetryable == true && refused?.message.contains("Connection refused") == true)
        let unknown = await #expect(throws: KafkaError.self) { try await admin.describeTopics() }
        #expect(unknown?.isRetryable == true && unknown?.message.contains("Connection refused") == true)
    }
}
