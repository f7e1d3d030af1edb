// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchService
import StitchTesting
import Synchronization
import Testing
import TracedKafka

@Suite(
    "A Kafka group, on a real broker,",
    .timeLimit(.minutes(3)),
    .enabled(if: ServerPack.isExpected, "needs STITCH_TEST_SERVERS")
)
struct KafkaGroupTests {
    private func configuration() throws -> KafkaConfiguration {
        var configuration = try KafkaServer.configuration()
        configuration.linger = .zero
        configuration.commitInterval = .milliseconds(50)
        return configuration
    }

    private func member(
        _ number: Int,
        of topic: String,
        _ strategy: KafkaConfiguration.AssignmentStrategy,
        _ log: DeliveryLog
    ) throws -> TracedKafkaConsumer {
        var configuration = try configuration()
        configuration.assignmentStrategy = strategy
        return try TracedKafkaConsumer(configuration, group: topic, topics: [topic]) { record in
            log.begin(record, member: number)
            await Task.yield()
            log.end(record)
        }
    }

    /// Sends until told to stop; all that was acknowledged.
    private func send(to topic: String, until isDone: @escaping @Sendable () -> Bool) async throws -> [KafkaDelivery] {
        let producer = try TracedKafkaProducer(configuration())
        let sent = try await withThrowingTaskGroup(of: [KafkaDelivery].self) { group in
            for key in 0..<16 {
                group.addTask {
                    var sent: [KafkaDelivery] = []
                    while !isDone() {
                        sent.append(try await producer.send(KafkaRecord(topic: topic, key: "\(key)", value: "x")))
                    }
                    return sent
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        await producer.shutdown()
        return sent
    }

    private func wait(_ isTrue: () async throws -> Bool) async throws {
        while try await !isTrue() { try await Task.sleep(for: .milliseconds(10)) }
    }

    @Test(
        "handles each acknowledged record once and in order while members come and go, and commits none before",
        arguments: [KafkaConfiguration.AssignmentStrategy.cooperativeSticky, .range]
    )
    func comingAndGoing(strategy: KafkaConfiguration.AssignmentStrategy) async throws {
        try await withLintedTest { _ in try await comeAndGo(strategy) }
    }

    private func comeAndGo(_ strategy: KafkaConfiguration.AssignmentStrategy) async throws {
        let topic = KafkaServer.name("members")
        try await KafkaAdmin(configuration()).createTopic(topic, partitions: 6)
        let partitions = (0..<6).map { KafkaTopicPartition(topic: topic, partition: $0) }
        let log = DeliveryLog()
        let isDone = Atomic(false)
        async let sending = send(to: topic) { isDone.load(ordering: .relaxed) }

        let first = try member(1, of: topic, strategy, log)
        async let runningFirst: Void = first.run()
        try await wait { log.count(of: 1) > 200 }
        let second = try member(2, of: topic, strategy, log)
        async let runningSecond: Void = second.run()
        try await wait { log.count(of: 2) > 200 }
        let third = try member(3, of: topic, strategy, log)
        async let runningThird: Void = third.run()
        try await wait {
            // Asked first: what is worked on only gets more.
            for (partition, offset) in try await second.committed(partitions) {
                #expect(offset <= log.finished(before: partition), "\(partition)")
            }
            return log.count(of: 3) > 200
        }
        await first.shutdown()
        try await runningFirst
        let before = (log.count(of: 2), log.count(of: 3))
        try await wait { log.count(of: 2) > before.0 + 100 && log.count(of: 3) > before.1 + 100 }
        isDone.store(true, ordering: .relaxed)
        let sent = try await sending
        try await wait { log.missing(of: sent).isEmpty }
        await second.shutdown()
        await third.shutdown()
        try await runningSecond
        try await runningThird
        #expect(log.faults.isEmpty)
        // None was killed, so nothing that was handled is unknown to the group.
        #expect(log.repeatedCount == 0)
        #expect(sent.count > 600)

        // All that was handled is committed.
        let late = try KafkaConsumer(configuration(), group: topic, topics: [topic]) { _ in }
        async let runningLate: Void = late.run()
        let committed = try await late.committed(partitions)
        #expect(committed.values.reduce(0, +) == Int64(sent.count))
        await late.shutdown()
        try await runningLate
    }

    @Test("commits what was handled before a partition is given away")
    func commitOnRevoke() async throws {
        let topic = KafkaServer.name("revoke")
        try await KafkaAdmin(configuration()).createTopic(topic, partitions: 2)
        var configuration = try configuration()
        // Nothing but a revocation commits.
        configuration.commitInterval = .seconds(600)
        let producer = try KafkaProducer(configuration)
        for index in 0..<20 {
            try await producer.send(KafkaRecord(topic: topic, value: [UInt8(index)], partition: Int32(index % 2)))
        }
        let inbox = Inbox<(member: Int, record: KafkaConsumedRecord)>()
        let first = try KafkaConsumer(configuration, group: topic, topics: [topic]) { inbox.put((1, $0)) }
        let runningFirst = Task { try await first.run() }
        #expect(await inbox.take(20).count == 20)
        let second = try KafkaConsumer(configuration, group: topic, topics: [topic]) { inbox.put((2, $0)) }
        let runningSecond = Task { try await second.run() }
        try await wait { second.assignment.count == 1 }
        for partition in [Int32(0), 1] {
            try await producer.send(KafkaRecord(topic: topic, value: [0], partition: partition))
        }
        let next = await inbox.take(2)
        #expect(Set(next.map(\.member)) == [1, 2] && next.allSatisfy { $0.record.offset == 10 })
        await first.shutdown()
        await second.shutdown()
        try await runningFirst.value
        try await runningSecond.value
        await producer.shutdown()
    }

    @Test("keeps a member whose handler takes longer than the poll interval")
    func slowHandler() async throws {
        let topic = KafkaServer.name("slow")
        try await KafkaAdmin(configuration()).createTopic(topic, partitions: 1)
        var configuration = try configuration()
        configuration.properties["max.poll.interval.ms"] = "6000"
        let producer = try KafkaProducer(configuration)
        for index in 0..<3 { try await producer.send(KafkaRecord(topic: topic, value: [UInt8(index)])) }
        await producer.shutdown()
        let inbox = Inbox<Int64>()
        var options = KafkaConsumerOptions()
        options.slowHandler = .seconds(1)
        let consumer = try KafkaConsumer(configuration, group: topic, topics: [topic], options: options) { record in
            inbox.put(record.offset)
            // As long as it takes to be put out of the group, and a bit.
            if record.offset == 1 { try await Task.sleep(for: .seconds(9)) }
        }
        let running = Task { try await consumer.run() }
        #expect(await inbox.take(2) == [0, 1])
        try await wait { consumer.health.blocker?.contains("slow") == true }
        #expect(await inbox.next() == 2)
        let partition = KafkaTopicPartition(topic: topic, partition: 0)
        try await wait { try await consumer.committed([partition]) == [partition: 3] }
        try await wait { consumer.health.isHealthy }
        await consumer.shutdown()
        try await running.value
    }

    @Test("gives a static member that comes back its partitions, without a rebalance")
    func staticMember() async throws {
        let topic = KafkaServer.name("static")
        try await KafkaAdmin(configuration()).createTopic(topic, partitions: 2)
        let producer = try KafkaProducer(configuration())
        var members: [KafkaConsumer] = []
        var running: [Task<Void, any Error>] = []
        let inbox = Inbox<(member: Int, record: KafkaConsumedRecord)>()
        func start(_ number: Int) throws {
            var configuration = try configuration()
            configuration.groupInstanceID = "member-\(number)"
            let member = try KafkaConsumer(configuration, group: topic, topics: [topic]) {
                inbox.put((number, $0))
            }
            members.append(member)
            running.append(Task { try await member.run() })
        }
        try start(0)
        try start(1)
        try await wait { members.allSatisfy { $0.assignment.count == 1 } }
        let before = members[1].assignment
        await members[1].shutdown()
        try start(1)
        try await wait { members[2].assignment == before }
        #expect(members[0].assignment.count == 1)
        let group = try await KafkaAdmin(configuration()).describeGroup(topic)
        #expect(Set(group.members.map(\.instanceID)) == ["member-0", "member-1"])
        for partition in [Int32(0), 1] {
            try await producer.send(KafkaRecord(topic: topic, value: [0], partition: partition))
        }
        #expect(Set(await inbox.take(2).map(\.member)) == [0, 1])
        for member in members { await member.shutdown() }
        for task in running { try await task.value }
        await producer.shutdown()
    }

    @Test("stops a static member when another one comes by its name, and says what to change")
    func fencedMember() async throws {
        let topic = KafkaServer.name("fenced")
        try await KafkaAdmin(configuration()).createTopic(topic, partitions: 1)
        var configuration = try configuration()
        configuration.groupInstanceID = "the-only-one"
        let first = try KafkaConsumer(configuration, group: topic, topics: [topic]) { _ in }
        let runningFirst = Task { try await first.run() }
        try await wait { first.assignment.count == 1 }
        let second = try KafkaConsumer(configuration, group: topic, topics: [topic]) { _ in }
        let runningSecond = Task { try await second.run() }
        let error = await #expect(throws: KafkaError.self) { try await runningFirst.value }
        #expect(error?.code == .instanceFenced && error?.isFatal == true)
        #expect(error?.message.contains("a groupInstanceID of its own") == true)
        try await wait { second.assignment.count == 1 }
        await second.shutdown()
        try await runningSecond.value
    }

    @Test("seeks, pauses, finds records by time, and tells the lag")
    func control() async throws {
        let topic = KafkaServer.name("control")
        try await KafkaAdmin(configuration()).createTopic(topic, partitions: 1)
        let partition = KafkaTopicPartition(topic: topic, partition: 0)
        let producer = try KafkaProducer(configuration())
        let now = KafkaServer.now
        for index in 0..<10 {
            let value: [UInt8]? = index == 4 ? nil : [UInt8(index)]
            let time = now + Int64(index)
            try await producer.send(KafkaRecord(topic: topic, value: value, partition: 0, timestamp: time))
        }
        await producer.shutdown()
        let consumer = try KafkaConsumer(configuration(), group: topic, topics: [topic])
        var seen: [Int64] = []
        for try await record in consumer.records {
            seen.append(record.offset)
            #expect(record.isTombstone == (record.offset == 4))
            switch seen.count {
            case 2:
                let time = KafkaTimestamp.createTime(milliseconds: now + 4).date ?? .distantPast
                let offsets = try await consumer.offsets(at: time, of: [partition])
                #expect(offsets == [partition: 4])
                try await consumer.seek(partition, to: .offset(4))
            case 3:
                #expect(try await consumer.lag() == [partition: 6])
                consumer.pause([partition])
                consumer.resume([partition])
            case 4:
                try await consumer.commit(record)
                #expect(try await consumer.committed([partition]) == [partition: 6])
                try await consumer.seek(partition, to: .last(1))
            default: break
            }
            if record.offset == 9 { break }
        }
        #expect(seen == [0, 1, 4, 5, 9])
    }
}
