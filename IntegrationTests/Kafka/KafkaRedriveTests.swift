// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchKafka
import StitchTesting
import Testing
import TraceContext
import TracedKafka

@Suite(
    "Redriving, on a real broker,",
    .timeLimit(.minutes(3)),
    .enabled(if: ServerPack.isExpected, "needs STITCH_TEST_SERVERS")
)
struct KafkaRedriveTests {
    private struct Refused: Error {}

    private func configuration() throws -> KafkaConfiguration {
        var configuration = try KafkaServer.configuration()
        configuration.linger = .zero
        configuration.commitInterval = .milliseconds(50)
        return configuration
    }

    private func topics(_ name: String, _ settings: [String: String] = [:]) async throws -> (
        topic: String, dead: String
    ) {
        let topic = KafkaServer.name(name)
        try await KafkaAdmin(configuration()).createTopics(
            [topic, "\(topic).dead"].map { KafkaNewTopic($0, configuration: settings) }
        )
        return (topic, "\(topic).dead")
    }

    private func dead(_ topic: String, in dead: String, age: TimeInterval = 0) -> KafkaRecord {
        let now = Int64((Date.now.timeIntervalSince1970 - age) * 1000)
        let moved = MovedRecord(
            attempt: 1,
            previous: nil,
            reason: "exhausted",
            source: MovedRecord.Source(topic: topic, partition: 0, offset: 0, timestamp: now),
            target: dead
        )
        var headers = KafkaHeaders()
        for field in moved.fields { headers.append(field.name, field.value) }
        return KafkaRecord(topic: dead, value: [1], headers: headers, timestamp: now)
    }

    private func send(_ records: [KafkaRecord]) async throws {
        let producer = try KafkaProducer(configuration())
        #expect(await producer.send(contentsOf: records).failures.isEmpty)
        await producer.shutdown()
    }

    @Test("is at its end behind the marks of transactions, which nobody receives")
    func marks() async throws {
        let (topic, dead) = try await topics("marks")
        var transactional = try configuration()
        transactional.transactionalID = topic
        let producer = try KafkaProducer(transactional)
        try await producer.withTransaction { transaction in
            try await transaction.enqueue(self.dead(topic, in: dead))
        }
        await #expect(throws: Refused.self) {
            try await producer.withTransaction { transaction in
                _ = try await transaction.send(self.dead(topic, in: dead))
                throw Refused()
            }
        }
        await producer.shutdown()
        let report = try await DeadRecords(configuration(), topic: dead, idle: .milliseconds(1200)).redrive(.init())
        #expect(report.moved == [topic: 1] && report.trouble == nil && report.unseen == 0)
    }

    @Test("moves what is younger than the broker's memory, and asks before it moves what is older")
    func memory() async throws {
        let (topic, dead) = try await topics("memory", ["retention.ms": "-1"])
        let day: TimeInterval = 86_400
        // Kafka's brokers keep commits for 7 days.
        try await send([self.dead(topic, in: dead, age: 3 * day)])
        #expect(try await DeadRecords(configuration(), topic: dead).redrive(.init()).moved == [topic: 1])
        let (other, otherDead) = try await topics("memory", ["retention.ms": "-1"])
        try await send([8, 3, 0].map { self.dead(other, in: otherDead, age: $0 * day) })
        let records = try DeadRecords(configuration(), topic: otherDead)
        let error = await #expect(throws: KafkaError.self) { try await records.redrive(.init()) }
        #expect(error?.message.contains("3 records") == true && error?.message.contains("168 h") == true)
        var selection = DeadRecords.Selection()
        selection.start = .time(Date.now.addingTimeInterval(-4 * day))
        #expect(try await records.redrive(selection).moved == [other: 2])
        #expect(try await records.redrive(.init()).moved == [:])
    }

    @Test("deletes what it moved, up to what it left, and then needs no memory of it")
    func deletes() async throws {
        let (topic, dead) = try await topics("deletes", ["retention.ms": "-1"])
        var stranger = self.dead(topic, in: dead)
        stranger.headers = [:]
        let age: TimeInterval = 30 * 86_400
        try await send([
            self.dead(topic, in: dead, age: age), self.dead(topic, in: dead, age: age), stranger,
            self.dead(topic, in: dead),
        ])
        var selection = DeadRecords.Selection()
        selection.deletes = true
        selection.start = .beginning
        let report = try await DeadRecords(configuration(), topic: dead).redrive(selection)
        #expect(report.moved == [topic: 3] && report.strangers == 1 && report.deleted == 2 && report.trouble == nil)
        // With another group nothing is known of commits, and there is no old record either.
        selection.start = .committed
        selection.target = topic
        let next = try await DeadRecords(configuration(), topic: dead, group: "\(dead)-2").redrive(selection)
        #expect(next.moved == [topic: 2] && next.deleted == 2 && next.leftCount == 0)
        let none = try await DeadRecords(configuration(), topic: dead, group: "\(dead)-3").redrive(selection)
        #expect(none.moved == [:] && none.deleted == 0 && none.trouble == nil)
    }

    @Test("has room in the topics that a consumer makes for the largest records of its source")
    func room() async throws {
        let topic = KafkaServer.name("room")
        let admin = try KafkaAdmin(configuration())
        try await admin.createTopics([KafkaNewTopic(topic, configuration: ["max.message.bytes": "2000000"])])
        var generous = try configuration()
        generous.maximumRecordBytes = 3_000_000
        let producer = try KafkaProducer(generous)
        // As large as the topic takes it, so that there is no room for what a move adds.
        try await producer.send(KafkaRecord(topic: topic, value: Array(repeating: 1, count: 1_999_900)))
        await producer.shutdown()
        let consumer = try KafkaConsumer(
            configuration(),
            group: topic,
            topics: [topic],
            onFailure: .moveAside(retry: [], createTopics: true)
        ) { _ in throw Refused() }
        let running = Task { try await consumer.run() }
        let reader = try KafkaConsumer(configuration(), group: "\(topic)-reader", topics: ["\(topic).dead"])
        var count: Int?
        for try await record in reader.records {
            count = record.valueCount
            break
        }
        await reader.shutdown()
        await consumer.shutdown()
        try await running.value
        #expect(count == 1_999_900)
        let setting = try await admin.describeConfiguration(of: "\(topic).dead")["max.message.bytes"]
        #expect(setting?.value == "2004096")
    }
}
