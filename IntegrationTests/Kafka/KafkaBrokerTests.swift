// SPDX-License-Identifier: Apache-2.0

import StitchKafka
import StitchService
import StitchTesting
import Testing

@Suite("Kafka, on a real broker,", .timeLimit(.minutes(2)))
struct KafkaBrokerTests {
    private struct Bounced: Error {}

    private func send(_ records: [KafkaRecord]) async throws -> [KafkaDelivery] {
        let producer = try KafkaProducer(KafkaServer.configuration())
        var deliveries: [KafkaDelivery] = []
        for record in records { deliveries.append(try await producer.send(record)) }
        await producer.shutdown()
        return deliveries
    }

    @Test("keeps keys, values, headers and timestamps as they were sent")
    func roundTrip() async throws {
        let topic = KafkaServer.name("round-trip")
        var headers = KafkaHeaders()
        headers.append("h", "1")
        headers.append("none", nil)
        headers.append("empty", [])
        headers.append("h", [0x00, 0xff])
        let now = KafkaServer.now
        let sent = [
            KafkaRecord(topic: topic, key: "k", value: nil, partition: 0, timestamp: now),
            KafkaRecord(topic: topic, key: nil, value: [1], headers: headers, partition: 0, timestamp: now + 1),
            KafkaRecord(topic: topic, key: [], value: [], partition: 0, timestamp: now + 2),
            KafkaRecord(topic: topic, key: [0, 0xfe], value: [0, 0xff, 0], partition: 0, timestamp: now + 3),
        ]
        let deliveries = try await send(sent)
        #expect(deliveries.map(\.offset) == [0, 1, 2, 3])
        #expect(deliveries.map(\.timestamp) == sent.map { .createTime(milliseconds: $0.timestamp ?? 0) })

        let inbox = Inbox<KafkaConsumedRecord>()
        let consumer = try KafkaConsumer(KafkaServer.configuration(), group: topic, topics: [topic]) { inbox.put($0) }
        let running = Task { try await consumer.run() }
        let received = await inbox.take(4)
        await consumer.shutdown()
        try await running.value
        #expect(received.map(\.key) == sent.map(\.key))
        #expect(received.map(\.value) == sent.map(\.value))
        #expect(received.map(\.headers) == sent.map(\.headers))
        #expect(received.map(\.timestamp) == deliveries.map(\.timestamp))
    }

    @Test("goes on behind the last record that was handled, when a member left and when its handler threw")
    func resume() async throws {
        let topic = KafkaServer.name("resume")
        _ = try await send((0..<9).map { KafkaRecord(topic: topic, value: [UInt8($0)], partition: 0) })
        // Each of the three handles three records: the first leaves, the second fails at its fourth.
        let inbox = Inbox<Int64>()
        let door = Inbox<Void>()
        let leaving = try KafkaConsumer(KafkaServer.configuration(), group: topic, topics: [topic]) { record in
            inbox.put(record.offset)
            if record.offset == 2 { _ = await door.take(1) }
        }
        let runningLeaving = Task { try await leaving.run() }
        #expect(await inbox.take(3) == [0, 1, 2])
        let stopping = Task { await leaving.shutdown() }
        while leaving.health.isHealthy, !Task.isCancelled { await Task.yield() }
        door.put(())
        await stopping.value
        try await runningLeaving.value

        let failing = try KafkaConsumer(KafkaServer.configuration(), group: topic, topics: [topic]) { record in
            if record.offset == 6 { throw Bounced() }
            inbox.put(record.offset)
        }
        let error = await #expect(throws: KafkaError.self) { try await failing.run() }
        #expect(error?.code == .handler && error?.cause is Bounced)
        #expect(await inbox.take(3) == [3, 4, 5])

        let last = try KafkaConsumer(KafkaServer.configuration(), group: topic, topics: [topic]) {
            inbox.put($0.offset)
        }
        let runningLast = Task { try await last.run() }
        #expect(await inbox.take(3) == [6, 7, 8])
        await last.shutdown()
        try await runningLast.value
    }

    @Test("keeps the order of each partition with a thousand records on their way at once")
    func order() async throws {
        let topic = KafkaServer.name("order")
        let producer = try KafkaProducer(KafkaServer.configuration())
        // One task for each key, so that the order of a key is known; all at the same time.
        try await withThrowingTaskGroup(of: Void.self) { group in
            for key in 0..<20 {
                group.addTask {
                    for index in 0..<50 {
                        try await producer.send(KafkaRecord(topic: topic, key: "\(key)", value: "\(index)"))
                    }
                }
            }
            try await group.waitForAll()
        }
        await producer.shutdown()

        let inbox = Inbox<KafkaConsumedRecord>()
        let consumer = try KafkaConsumer(
            KafkaServer.configuration(),
            group: topic,
            topics: [topic],
            batchesOf: 100
        ) { records in
            for record in records { inbox.put(record) }
        }
        let running = Task { try await consumer.run() }
        let received = await inbox.take(1000)
        await consumer.shutdown()
        try await running.value
        let byKey = Dictionary(grouping: received) { $0.key ?? [] }
        #expect(byKey.count == 20)
        #expect(byKey.values.allSatisfy { $0.map(\.value) == (0..<50).map { Array("\($0)".utf8) } })
        let byPartition = Dictionary(grouping: received, by: \.partition)
        #expect(byPartition.values.allSatisfy { $0.map(\.offset) == Array(0..<Int64($0.count)) })
    }

    @Test("hands partitions to a member that joins, and no record is passed over")
    func rebalance() async throws {
        let topic = KafkaServer.name("rebalance")
        try await KafkaAdmin(KafkaServer.configuration()).createTopic(topic, partitions: 4)
        let producer = try KafkaProducer(KafkaServer.configuration())
        try await producer.send(KafkaRecord(topic: topic, key: "0", value: [0]))
        let inbox = Inbox<(member: Int, record: KafkaConsumedRecord)>()
        let first = try KafkaConsumer(KafkaServer.configuration(), group: topic, topics: [topic]) { inbox.put((1, $0)) }
        let runningFirst = Task { try await first.run() }
        var seen = await inbox.take(1)
        let second = try KafkaConsumer(KafkaServer.configuration(), group: topic, topics: [topic]) {
            inbox.put((2, $0))
        }
        let runningSecond = Task { try await second.run() }
        var sent = 1
        while !seen.contains(where: { $0.member == 2 }) {
            let records = (0..<10).map { KafkaRecord(topic: topic, key: "\(sent + $0)", value: [1]) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for record in records { group.addTask { try await producer.send(record) } }
                try await group.waitForAll()
            }
            sent += records.count
            seen += await inbox.take(records.count)
        }
        await producer.shutdown()
        // Those that came twice are in the way of those that have not come yet.
        var places = Set(seen.map(\.record.place))
        while places.count < sent {
            seen += await inbox.take(1)
            places.formUnion(seen.suffix(1).map(\.record.place))
        }
        await first.shutdown()
        await second.shutdown()
        try await runningFirst.value
        try await runningSecond.value
        // A record may come again when its commit came too late; none may be left out, and the order holds.
        let offsets = Dictionary(grouping: seen.map(\.record), by: \.partition).mapValues { $0.map(\.offset) }
        for (partition, offsets) in offsets {
            var next: Int64 = 0
            let gap = offsets.first { offset in
                defer { next = max(next, offset + 1) }
                return offset > next
            }
            #expect(gap == nil, "partition \(partition)")
        }
    }
}

extension KafkaConsumedRecord {
    /// Where the record is, for counting each once.
    fileprivate var place: [Int64] { [Int64(partition), offset] }
}
