// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchKafka
import StitchTesting
import Synchronization
import Testing
import TracedKafka

@Suite(
    "Moving records aside, on a real broker,",
    .timeLimit(.minutes(3)),
    .enabled(if: ServerPack.isExpected, "needs STITCH_TEST_SERVERS")
)
struct KafkaMoveAsideTests {
    private struct Refused: Error {}

    /// Whether a header comes of tracing, or of a move.
    private static func isAdded(_ name: String) -> Bool { name == "traceparent" || name.hasPrefix("stitch") }

    private func configuration() throws -> KafkaConfiguration {
        var configuration = try KafkaServer.configuration()
        configuration.linger = .zero
        configuration.commitInterval = .milliseconds(50)
        return configuration
    }

    /// The broker learns of topics a little later than who made them.
    private func waitForTopics(_ topics: Set<String>) async throws {
        let admin = try KafkaAdmin(configuration())
        while try await !topics.isSubset(of: admin.describeTopics().map(\.name)) {
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    private func send(_ records: [KafkaRecord]) async throws {
        let producer = try TracedKafkaProducer(configuration())
        let deliveries = await producer.send(contentsOf: records)
        #expect(deliveries.failures.isEmpty)
        await producer.shutdown()
    }

    /// The records of a topic, at least so many different ones by what `name` says.
    private func records(
        of topic: String,
        _ count: Int,
        by name: (KafkaConsumedRecord) -> String
    ) async throws -> [KafkaConsumedRecord] {
        let admin = try KafkaAdmin(configuration())
        let partitions = try await admin.describeTopic(topic).partitions.map(\.number)
        let starts = partitions.map { (KafkaTopicPartition(topic: topic, partition: $0), KafkaStart.beginning) }
        let consumer = try KafkaConsumer(configuration(), partitions: Dictionary(uniqueKeysWithValues: starts))
        var records: [KafkaConsumedRecord] = []
        var names: Set<String> = []
        for try await record in consumer.records {
            records.append(record)
            names.insert(name(record))
            if names.count == count { break }
        }
        await consumer.shutdown()
        return records
    }

    @Test("creates the topics that it needs, with as many partitions, and takes what fails there, back, and on")
    func wholeWay() async throws {
        try await withLintedTest { _ in try await goWholeWay() }
    }

    private func goWholeWay() async throws {
        let topic = KafkaServer.name("whole-way")
        let admin = try KafkaAdmin(configuration())
        try await admin.createTopic(topic, partitions: 3)
        var headers = KafkaHeaders()
        headers.append("binary", [0x00, 0xff])
        headers.append("none", nil)
        headers.append("binary", [])
        let sent = (0..<30).map { index in
            KafkaRecord(
                topic: topic,
                key: "\(index)",
                value: index.isMultiple(of: 5) ? nil : [UInt8(index), 0],
                headers: headers,
                timestamp: KafkaServer.now - Int64(index) * 1000
            )
        }
        try await send(sent)
        let move = KafkaMoveAside(retry: [.milliseconds(200), .seconds(1)])
        let isWell = Atomic(false)
        let handled = Inbox<KafkaConsumedRecord>()
        let consumer = try TracedKafkaConsumer(
            configuration(),
            group: topic,
            topics: [topic],
            onFailure: .moveAside(retry: move.retry, createTopics: true)
        ) { record in
            guard isWell.load(ordering: .relaxed) else { throw Refused() }
            handled.put(record)
        }
        let running = Task { try await consumer.run() }
        let dead = move.deadTopic(of: topic)
        var waiting = 0
        while waiting < 30 {
            try await Task.sleep(for: .milliseconds(50))
            guard try await admin.describeTopics().contains(where: { $0.name == dead }) else { continue }
            waiting = try await records(of: dead, 30) { String(decoding: $0.key ?? [], as: UTF8.self) }.count
        }
        for name in consumer.topics + [dead] {
            #expect(try await admin.describeTopic(name).partitions.count == 3)
        }
        isWell.store(true, ordering: .relaxed)

        // A few first, then the rest: the second run goes on behind the first.
        var selection = DeadRecords.Selection()
        selection.isDryRun = true
        #expect(try await DeadRecords(configuration(), topic: dead).redrive(selection).moved == [topic: 30])
        selection.isDryRun = false
        selection.limit = 4
        let first = try await DeadRecords(configuration(), topic: dead).redrive(selection)
        #expect(first.moved == [topic: 4] && first.unseen == 26)
        selection.limit = nil
        let second = try await DeadRecords(configuration(), topic: dead).redrive(selection)
        #expect(second.moved == [topic: 26] && second.unseen == 0)
        #expect(try await DeadRecords(configuration(), topic: dead).redrive(selection).moved == [:])

        let back = await handled.take(30)
        await consumer.shutdown()
        try await running.value
        let byKey = Dictionary(back.map { ($0.key ?? [], $0) }) { $1 }
        #expect(byKey.count == 30)
        for record in sent {
            let found = try #require(byKey[record.key ?? []])
            #expect(found.topic == topic && found.value == record.value)
            #expect(found.headers.filter { !Self.isAdded($0.name) } == Array(record.headers))
            #expect(found.headers.text("stitch-attempt") == "3" && found.headers.text("stitch-reason") == "redrive")
            let source = try #require(found.headers.text("stitch-source"))
            #expect(source.hasPrefix("\(topic)/") && source.hasSuffix("/\(record.timestamp ?? 0)"))
        }
    }

    @Test("loses no record when a member is killed between moves and commits; some may be there twice")
    func killed() async throws {
        let topic = KafkaServer.name("killed-moving")
        let admin = try KafkaAdmin(configuration())
        try await admin.createTopic(topic, partitions: 1)
        try await admin.createTopic("\(topic).dead", partitions: 1)
        try await waitForTopics([topic, "\(topic).dead"])
        try await send((0..<500).map { KafkaRecord(topic: topic, key: "\($0)", value: "x") })
        let member = try KafkaMemberProcess(group: topic, topic: topic, brokers: configuration().brokers, .fails)
        var begun = 0
        for await case .begin in member.lines {
            begun += 1
            if begun == 150 { member.kill() }
        }
        #expect(begun >= 150)
        let consumer = try KafkaConsumer(
            configuration(),
            group: topic,
            topics: [topic],
            onFailure: .moveAside(retry: [])
        ) { _ in
            throw Refused()
        }
        let running = Task { try await consumer.run() }
        let dead = try await records(of: "\(topic).dead", 500) { String(decoding: $0.key ?? [], as: UTF8.self) }
        await consumer.shutdown()
        try await running.value
        #expect(Set(dead.compactMap { $0.headers.text("stitch-source") }).count == 500)
        // Only what was begun before may be there twice: what was not finished, or not committed.
        #expect(dead.count <= 500 + begun)
    }

    @Test("gives a record that waits in a retry topic to whoever joins, without waiting for it to be due")
    func rebalancing() async throws {
        let topic = KafkaServer.name("waiting")
        let admin = try KafkaAdmin(configuration())
        let move = KafkaMoveAside(retry: [.seconds(3600)])
        let retry = move.retryTopic(of: topic, after: move.retry[0])
        for name in [topic, retry, move.deadTopic(of: topic)] { try await admin.createTopic(name, partitions: 2) }
        try await waitForTopics([topic, retry, move.deadTopic(of: topic)])
        try await send((0..<2).map { KafkaRecord(topic: topic, value: [UInt8($0)], partition: Int32($0)) })
        // Which is what a handler in flight would get: the test doesn't last as long.
        var patient = try configuration()
        patient.drain = .seconds(3600)
        func member() throws -> KafkaConsumer {
            try KafkaConsumer(patient, group: topic, topics: [topic], onFailure: .moveAside(retry: move.retry)) { _ in
                throw Refused()
            }
        }
        let first = try member()
        let running = Task { try await first.run() }
        _ = try await records(of: retry, 2) { "\($0.partition)/\($0.offset)" }
        let second = try member()
        let runningSecond = Task { try await second.run() }
        while second.assignment.count < 2 || first.assignment.count < 2 { try await Task.sleep(for: .milliseconds(20)) }
        await first.shutdown()
        await second.shutdown()
        try await running.value
        try await runningSecond.value
    }
}
