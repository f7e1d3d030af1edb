// SPDX-License-Identifier: Apache-2.0

import Foundation
import KafkaTesting
import StitchKafka
import StitchTesting
import Synchronization
import Testing
import TraceContext

@Suite("A record whose handler throws", .timeLimit(.minutes(2)))
struct FailurePolicyTests {
    private struct Refused: Error {}

    private func configuration() throws -> KafkaConfiguration { try TestCluster.shared().configuration }

    private func send(_ records: [KafkaRecord]) async throws {
        let producer = try KafkaProducer(configuration())
        for record in records { try await producer.send(record) }
        await producer.shutdown()
    }

    /// A topic with its retry topics and its dead topic.
    private func topic(_ name: String, _ move: KafkaMoveAside) async throws -> String {
        let topic = try await TestCluster.topic(name)
        for delay in move.retry {
            try await TestCluster.shared().createTopic(move.retryTopic(of: topic, after: delay))
        }
        try await TestCluster.shared().createTopic(move.deadTopic(of: topic))
        return topic
    }

    /// Runs a consumer until `isDone` returns.
    private func run(_ consumer: KafkaConsumer, until isDone: () async throws -> Void) async throws {
        let running = Task { try await consumer.run() }
        try await isDone()
        await consumer.shutdown()
        try await running.value
    }

    /// All records of a topic's only partition, at least so many.
    private func records(of topic: String, _ count: Int) async throws -> [KafkaConsumedRecord] {
        let place = KafkaTopicPartition(topic: topic, partition: 0)
        let consumer = try KafkaConsumer(configuration(), partitions: [place: .beginning])
        var records: [KafkaConsumedRecord] = []
        for try await record in consumer.records {
            records.append(record)
            if records.count == count { break }
        }
        await consumer.shutdown()
        return records
    }

    @Test("is tried again where it is, before any record behind it, until its handler returns")
    func inPlace() async throws {
        let topic = try await TestCluster.topic("in-place")
        try await send((0..<3).map { KafkaRecord(topic: topic, value: [UInt8($0)]) })
        let tries = Inbox<Int64>()
        let failures = Atomic(0)
        let attempts = Inbox<KafkaAttempt>()
        let consumer = try KafkaConsumer(
            configuration(),
            group: topic,
            topics: [topic],
            onFailure: .stop(tries: 3, backoff: .constant(.milliseconds(5))) { _, attempt in
                attempts.put(attempt)
                return nil
            }
        ) { record in
            tries.put(record.offset)
            if record.offset == 1, failures.add(1, ordering: .relaxed).newValue < 3 { throw Bounced() }
        }
        try await run(consumer) {
            #expect(await tries.take(5) == [0, 1, 1, 1, 2])
            let seen = await attempts.take(2)
            #expect(
                seen.map(\.number) == [1, 2] && seen.map(\.inPlace) == [1, 2] && seen.map(\.topic) == [topic, topic]
            )
        }
    }

    @Test("stops the consumer after its last try, and is the first that the group gets next")
    func stops() async throws {
        let topic = try await TestCluster.topic("stops")
        try await send((0..<2).map { KafkaRecord(topic: topic, value: [UInt8($0)]) })
        let tries = Atomic(0)
        let consumer = try KafkaConsumer(
            configuration(),
            group: topic,
            topics: [topic],
            onFailure: .stop(tries: 3, backoff: .none)
        ) { _ in
            tries.add(1, ordering: .relaxed)
            throw Bounced()
        }
        let error = await #expect(throws: KafkaError.self) { try await consumer.run() }
        #expect(error?.code == .handler && error?.cause is Bounced && tries.load(ordering: .relaxed) == 3)
        let inbox = Inbox<Int64>()
        let next = try KafkaConsumer(configuration(), group: topic, topics: [topic]) { inbox.put($0.offset) }
        try await run(next) { #expect(await inbox.take(2) == [0, 1]) }
    }

    @Test("is given back at once when the consumer is shut down between two tries, however long the wait")
    func shutdown() async throws {
        let topic = try await TestCluster.topic("backing-off")
        try await send([KafkaRecord(topic: topic, value: [1])])
        let tried = Inbox<Void>()
        let consumer = try KafkaConsumer(
            configuration(),
            group: topic,
            topics: [topic],
            onFailure: .stop(tries: 2, backoff: .constant(.seconds(3600)))
        ) { _ in
            tried.put(())
            throw Bounced()
        }
        try await run(consumer) { _ = await tried.next() }
        let inbox = Inbox<Int64>()
        let next = try KafkaConsumer(configuration(), group: topic, topics: [topic]) { inbox.put($0.offset) }
        try await run(next) { #expect(await inbox.next() == 0) }
    }

    @Test("comes again when the task is cancelled between two tries, and so does all behind it")
    func cancelled() async throws {
        let topic = try await TestCluster.topic("cancelled-backing-off", partitions: 8)
        try await send((0..<16).map { KafkaRecord(topic: topic, value: [1], partition: $0 % 8) })
        let tried = Inbox<Void>()
        let consumer = try KafkaConsumer(
            configuration(),
            group: topic,
            topics: [topic],
            onFailure: .stop(tries: 2, backoff: .constant(.seconds(3600)))
        ) { record in
            // Those behind would be handled, whatever the task says.
            if record.offset > 0 { return }
            tried.put(())
            throw Bounced()
        }
        let running = Task { try await consumer.run() }
        _ = await tried.take(8)
        running.cancel()
        try await running.value
        let inbox = Inbox<KafkaConsumedRecord>()
        let next = try KafkaConsumer(configuration(), group: topic, topics: [topic]) { inbox.put($0) }
        try await run(next) {
            let firsts = await inbox.take(16).filter { $0.offset == 0 }
            #expect(Set(firsts.map(\.partition)) == Set(0..<8))
        }
    }

    @Test("goes through its retry topics to the dead topic, the same to the byte, while those behind it go on")
    func toTheEnd() async throws {
        let move = KafkaMoveAside(retry: [.milliseconds(20), .milliseconds(60)])
        let topic = try await topic("moved", move)
        var headers = KafkaHeaders()
        headers.append("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        headers.append("binary", [0x00, 0xff, 0x80])
        headers.append("none", nil)
        headers.append("empty", [])
        headers.append("binary", "again")
        let first = KafkaRecord(
            topic: topic,
            key: [0, 0xfe],
            value: nil,
            headers: headers,
            timestamp: 1_700_000_000_123
        )
        let second = KafkaRecord(topic: topic, key: nil, value: [0, 0xff, 0], headers: headers)
        let empty = KafkaRecord(topic: topic, key: [], value: [])
        try await send([first, second, empty, KafkaRecord(topic: topic, key: "fine", value: [9])])
        let seen = Inbox<String>()
        let fine = Inbox<Void>()
        let consumer = try KafkaConsumer(
            configuration(),
            group: topic,
            topics: [topic],
            onFailure: .moveAside(retry: move.retry)
        ) { record in
            if record.key == Array("fine".utf8) { return fine.put(()) }
            seen.put(record.topic)
            throw Bounced()
        }
        #expect(consumer.topics == [topic, "\(topic).retry.20ms", "\(topic).retry.60ms"])
        var dead: [KafkaConsumedRecord] = []
        try await run(consumer) {
            _ = await fine.next()
            let topics = await seen.take(9)
            for name in consumer.topics { #expect(topics.filter { $0 == name }.count == 3) }
            dead = try await records(of: "\(topic).dead", 3)
        }
        #expect(dead.map(\.key) == [first.key, second.key, empty.key])
        #expect(dead.map(\.value) == [nil, second.value, []])
        for (index, record) in dead.enumerated() {
            let own = record.headers.filter { !$0.name.hasPrefix("stitch-") }
            #expect(own == Array([first, second, empty][index].headers))
            #expect(record.headers.text("stitch-attempt") == "3")
            #expect(record.headers.text("stitch-reason") == "exhausted")
            #expect(record.headers.text("stitch-error") == "Bounced")
            #expect(record.headers.text("stitch-due") == nil)
            #expect(record.headers.text("stitch-source")?.hasPrefix("\(topic)/0/\(index)/") == true)
        }
        #expect(dead[0].headers.text("stitch-source") == "\(topic)/0/0/1700000000123")
    }

    @Test("is handled in a retry topic when it is due, and no sooner")
    func due() async throws {
        let move = KafkaMoveAside(retry: [.milliseconds(300)])
        let topic = try await topic("due", move)
        try await send([KafkaRecord(topic: topic, value: [1])])
        let times = Inbox<(Date, String?)>()
        let consumer = try KafkaConsumer(
            configuration(),
            group: topic,
            topics: [topic],
            onFailure: .moveAside(retry: move.retry)
        ) { record in
            times.put((.now, record.headers.text("stitch-due")))
            if record.topic == topic { throw Bounced() }
        }
        try await run(consumer) {
            let tries = await times.take(2)
            let due = try #require(tries[1].1.flatMap { Double($0) })
            #expect(tries[0].1 == nil && tries[1].0.timeIntervalSince1970 * 1000 >= due - 1)
        }
    }

    @Test("is dead at once, passed over or stops the consumer, as is decided for its error")
    func decided() async throws {
        let move = KafkaMoveAside(retry: [.seconds(3600)])
        let topic = try await topic("decided", move)
        try await send((0..<4).map { KafkaRecord(topic: topic, value: [UInt8($0)]) })
        let consumer = try KafkaConsumer(
            configuration(),
            group: topic,
            topics: [topic],
            onFailure: .moveAside(retry: move.retry) { error, _ in
                switch error {
                case is Bounced: .skip
                case is Refused: .dead
                default: .stop
                }
            }
        ) { record in
            switch record.offset {
            case 0: throw Refused()
            case 1: throw Bounced()
            case 2: return
            default: _ = try record.decode(Int.self)
            }
        }
        let error = await #expect(throws: KafkaError.self) { try await consumer.run() }
        #expect((error?.cause as? KafkaError)?.code == .decoding && error?.message.contains("\(topic)/0/3") == true)
        let dead = try await records(of: "\(topic).dead", 1)
        #expect(dead[0].value == [0] && dead[0].headers.text("stitch-reason") == "refused")
        let inbox = Inbox<Int64>()
        let next = try KafkaConsumer(configuration(), group: topic, topics: [topic]) { inbox.put($0.offset) }
        try await run(next) { #expect(await inbox.next() == 3) }
    }

    @Test("of a batch is tried again and moved alone when the handler names it")
    func batch() async throws {
        let move = KafkaMoveAside(retry: [])
        let topic = try await topic("named", move)
        try await send((0..<5).map { KafkaRecord(topic: topic, value: [UInt8($0)]) })
        let seen = Inbox<[UInt8]>()
        let consumer = try KafkaConsumer(
            configuration(),
            group: topic,
            topics: [topic],
            batchesOf: 10,
            onFailure: .moveAside(retry: [], tries: 2, backoff: .none)
        ) { records in
            seen.put(records.flatMap { $0.value ?? [] })
            let failed = records.filter { $0.value == [1] || $0.value == [3] }
            if !failed.isEmpty { throw KafkaBatchFailure(of: failed, cause: Refused()) }
        }
        try await run(consumer) {
            let dead = try await records(of: "\(topic).dead", 2)
            #expect(dead.map(\.value) == [[1], [3]])
            #expect(dead.allSatisfy { $0.headers.text("stitch-error") == "Refused" })
            #expect(dead.allSatisfy { $0.headers.text("stitch-attempt") == "2" })
        }
        var all: [UInt8: Int] = [:]
        while all.values.reduce(0, +) < 7 { for value in await seen.next() ?? [] { all[value, default: 0] += 1 } }
        #expect(all == [0: 1, 1: 2, 2: 1, 3: 2, 4: 1])
    }

    @Test("of a batch is moved with all the others when the handler names none")
    func wholeBatch() async throws {
        let topic = try await topic("whole", KafkaMoveAside(retry: []))
        try await send((0..<3).map { KafkaRecord(topic: topic, value: [UInt8($0)]) })
        let consumer = try KafkaConsumer(
            configuration(),
            group: topic,
            topics: [topic],
            batchesOf: 10,
            onFailure: .moveAside(retry: [])
        ) { _ in
            throw Refused()
        }
        try await run(consumer) {
            let dead = try await records(of: "\(topic).dead", 3)
            #expect(dead.map(\.value) == [[0], [1], [2]])
        }
    }

    @Test("stays where it is when it can't be moved: the consumer stops, and says which and where to")
    func notMoved() async throws {
        let topic = try await topic("immovable", KafkaMoveAside(retry: []))
        try await send([KafkaRecord(topic: topic, value: Array(repeating: 1, count: 2000))])
        var configuration = try configuration()
        configuration.maximumRecordBytes = 1000
        let consumer = try KafkaConsumer(
            configuration,
            group: topic,
            topics: [topic],
            onFailure: .moveAside(retry: [])
        ) { _ in
            throw Bounced()
        }
        let error = await #expect(throws: KafkaError.self) { try await consumer.run() }
        #expect(error?.code == .messageTooLarge)
        #expect(error?.message.contains("\(topic)/0/0") == true && error?.message.contains("\(topic).dead") == true)
        let inbox = Inbox<Int64>()
        let next = try KafkaConsumer(self.configuration(), group: topic, topics: [topic]) { inbox.put($0.offset) }
        try await run(next) { #expect(await inbox.next() == 0) }
    }

    @Test("has all its tries again when it was redriven, though it says how many there were before")
    func redriven() async throws {
        let move = KafkaMoveAside(retry: [.milliseconds(20)])
        let topic = try await topic("redriven", move)
        let moved = MovedRecord(
            attempt: 6,
            previous: nil,
            reason: "redrive",
            source: MovedRecord.Source(topic: topic, partition: 0, offset: 0, timestamp: 1),
            target: topic,
            redriven: 6
        )
        var headers = KafkaHeaders()
        for field in moved.fields { headers.append(field.name, field.value) }
        try await send([KafkaRecord(topic: topic, value: [1], headers: headers)])
        let numbers = Inbox<Int>()
        let consumer = try KafkaConsumer(
            configuration(),
            group: topic,
            topics: [topic],
            onFailure: .moveAside(retry: move.retry, tries: 2, backoff: .none) { _, attempt in
                numbers.put(attempt.number)
                return nil
            }
        ) { _ in
            throw Bounced()
        }
        try await run(consumer) {
            #expect(await numbers.take(4) == [1, 2, 3, 4])
            let dead = try await records(of: "\(topic).dead", 1)
            #expect(dead[0].headers.text("stitch-attempt") == "10" && dead[0].headers.text("stitch-redriven") == "6")
        }
    }

    @Test("can be moved however large it is: that is for the broker to say")
    func large() async throws {
        let topic = try await topic("large", KafkaMoveAside(retry: []))
        var generous = try configuration()
        generous.maximumRecordBytes = 2_000_000
        let producer = try KafkaProducer(generous)
        try await producer.send(KafkaRecord(topic: topic, value: Array(repeating: 1, count: 1_048_000)))
        await producer.shutdown()
        let consumer = try KafkaConsumer(
            configuration(),
            group: topic,
            topics: [topic],
            onFailure: .moveAside(retry: [])
        ) { _ in
            throw Bounced()
        }
        try await run(consumer) {
            let dead = try await records(of: "\(topic).dead", 1)
            #expect(dead[0].valueCount == 1_048_000)
        }
        var own = try configuration()
        own.properties["message.max.bytes"] = "5000"
        #expect(own.moving.maximumRecordBytes == nil)
        #expect(generous.moving.maximumRecordBytes == 2_000_000)
    }

    @Test("of a batch in a retry topic counts when it was handled, while others aren't due for long")
    func dueBefore() async throws {
        let move = KafkaMoveAside(retry: [.seconds(3600)])
        let topic = try await topic("due-before", move)
        let retry = move.retryTopic(of: topic, after: move.retry[0])
        let now = Int64(Date.now.timeIntervalSince1970 * 1000)
        try await send(
            (0..<3).map { index in
                let moved = MovedRecord(
                    attempt: 1,
                    previous: nil,
                    reason: "retry",
                    due: index < 2 ? now : now + 3_600_000,
                    source: MovedRecord.Source(topic: topic, partition: 0, offset: Int64(index), timestamp: now),
                    target: retry
                )
                var headers = KafkaHeaders()
                for field in moved.fields { headers.append(field.name, field.value) }
                return KafkaRecord(topic: retry, value: [UInt8(index)], headers: headers)
            }
        )
        func consumer(_ handle: @escaping @Sendable ([KafkaConsumedRecord]) -> Void) throws -> KafkaConsumer {
            try KafkaConsumer(
                configuration(),
                group: topic,
                topics: [topic],
                batchesOf: 10,
                onFailure: .moveAside(retry: move.retry),
                handler: handle
            )
        }
        let handled = Inbox<[Int64]>()
        let first = try consumer { handled.put($0.map(\.offset)) }
        try await run(first) {
            var offsets: [Int64] = []
            while offsets.count < 2 { offsets += await handled.next() ?? [] }
            #expect(offsets == [0, 1])
        }
        let asking = try KafkaConsumer(
            configuration(),
            partitions: [KafkaTopicPartition(topic: retry, partition: 0): .beginning],
            group: topic
        )
        let place = KafkaTopicPartition(topic: retry, partition: 0)
        #expect(try await asking.committed([place])[place] == 2)
        await asking.shutdown()
    }

    @Test("of a batch doesn't take those before it along when they come again")
    func prefix() async throws {
        let topic = try await TestCluster.topic("prefix")
        try await send((0..<4).map { KafkaRecord(topic: topic, value: [UInt8($0)]) })
        let tried = Inbox<Int>()
        let consumer = try KafkaConsumer(
            configuration(),
            group: topic,
            topics: [topic],
            batchesOf: 10,
            onFailure: .stop(tries: 2, backoff: .constant(.seconds(3600)))
        ) { records in
            let failed = records.filter { $0.offset >= 2 }
            guard !failed.isEmpty else { return }
            tried.put(records.count)
            throw KafkaBatchFailure(of: failed, cause: Refused())
        }
        try await run(consumer) { _ = await tried.next() }
        let inbox = Inbox<Int64>()
        let next = try KafkaConsumer(configuration(), group: topic, topics: [topic]) { inbox.put($0.offset) }
        try await run(next) { #expect(await inbox.take(2) == [2, 3]) }
    }

    @Test(
        "comes again, and keeps nobody, when its consumer is stopped while no broker takes it",
        arguments: [true, false]
    )
    func brokerAway(isCancelled: Bool) async throws {
        let cluster = try MockKafkaCluster()
        for name in ["orders", "orders.dead"] { try await cluster.createTopic(name) }
        let producer = try KafkaProducer(cluster.configuration)
        try await producer.send(KafkaRecord(topic: "orders", value: [1]))
        await producer.shutdown()
        let tried = Inbox<Void>()
        var configuration = cluster.configuration
        configuration.drain = .milliseconds(200)
        let consumer = try KafkaConsumer(
            configuration,
            group: "billing",
            topics: ["orders"],
            onFailure: .moveAside(retry: [])
        ) { _ in
            try await cluster.takeDown()
            tried.put(())
            throw Bounced()
        }
        let running = Task { try await consumer.run() }
        _ = await tried.next()
        let start = ContinuousClock.now
        if isCancelled { running.cancel() } else { await consumer.shutdown() }
        try await running.value
        // A record may take 120 s to be delivered, a drain 30 s.
        #expect(ContinuousClock.now - start < .seconds(20))
        try await cluster.bringUp()
        let inbox = Inbox<Int64>()
        let next = try KafkaConsumer(cluster.configuration, group: "billing", topics: ["orders"]) {
            inbox.put($0.offset)
        }
        try await run(next) { #expect(await inbox.next() == 0) }
        await cluster.shutdown()
    }

    @Test("has to have somewhere to go: a consumer whose retry topics aren't there stops at the start, and names them")
    func missing() async throws {
        let topic = try await TestCluster.topic("missing")
        let consumer = try KafkaConsumer(
            configuration(),
            group: topic,
            topics: [topic],
            onFailure: .moveAside(retry: [.seconds(30)])
        ) { _ in }
        let error = await #expect(throws: KafkaError.self) { try await consumer.run() }
        #expect(error?.code == .configuration)
        #expect(error?.message.contains("'\(topic).retry.30s', '\(topic).dead'") == true)
    }

    @Test("can't be moved aside by a consumer of partitions, which says so in init")
    func partitions() throws {
        let place = KafkaTopicPartition(topic: "orders", partition: 0)
        let error = #expect(throws: KafkaError.self) {
            try KafkaConsumer(
                try configuration(),
                partitions: [place: .beginning],
                onFailure: .moveAside(retry: [])
            ) { _ in }
        }
        #expect(error?.code == .configuration && error?.message.contains("onFailure") == true)
    }
}
