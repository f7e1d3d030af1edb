// SPDX-License-Identifier: Apache-2.0

import KafkaTesting
import StitchKafka
import StitchTesting
import Synchronization
import Testing

@Suite("A record whose handler throws", .timeLimit(.minutes(2)))
struct FailurePolicyTests: FailureTests {
    private struct Refused: Error {}

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
