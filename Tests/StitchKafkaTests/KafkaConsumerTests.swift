// SPDX-License-Identifier: Apache-2.0

import KafkaTesting
import StitchKafka
import StitchService
import StitchTesting
import Synchronization
import Testing

@Suite("A consumer", .timeLimit(.minutes(1)))
struct KafkaConsumerTests {
    private func configuration(drain: Duration = .seconds(30)) throws -> KafkaConfiguration {
        var configuration = try TestCluster.shared().configuration
        configuration.drain = drain
        return configuration
    }

    private func send(_ records: [KafkaRecord]) async throws {
        let producer = try KafkaProducer(configuration())
        for record in records { try await producer.send(record) }
        await producer.shutdown()
    }

    @Test("receives exactly what was sent: tombstones, empty and binary values and keys, repeated and empty headers")
    func roundTrip() async throws {
        let topic = try await TestCluster.topic("round-trip")
        var headers = KafkaHeaders()
        headers.append("h", "1")
        headers.append("none", nil)
        headers.append("empty", [])
        headers.append("h", [0x00, 0xff])
        let sent = [
            KafkaRecord(topic: topic, key: "k", value: nil),
            KafkaRecord(topic: topic, key: nil, value: [1], headers: headers),
            KafkaRecord(topic: topic, key: [], value: []),
            KafkaRecord(topic: topic, key: [0, 0xfe], value: [0, 0xff, 0], timestamp: 1_700_000_000_123),
        ]
        try await send(sent)
        let inbox = Inbox<KafkaConsumedRecord>()
        let consumer = try KafkaConsumer(configuration(), group: topic, topics: [topic]) { inbox.put($0) }
        let running = Task { try await consumer.run() }
        let received = await inbox.take(4)
        #expect(received.map(\.offset) == [0, 1, 2, 3])
        #expect(received.map(\.key) == sent.map(\.key))
        #expect(received.map(\.value) == sent.map(\.value))
        #expect(received.map(\.headers) == sent.map(\.headers))
        #expect(received.last?.timestamp == .createTime(milliseconds: 1_700_000_000_123))
        #expect(received.allSatisfy { $0.topic == topic && $0.partition == 0 })
        await consumer.shutdown()
        try await running.value
    }

    @Test("shows the headers of a record as often as anybody asks, to many at once")
    func headersAgain() async throws {
        let topic = try await TestCluster.topic("headers-again")
        let headers: KafkaHeaders = ["traceparent": "00-1", "a": "1", "b": "2"]
        try await send([KafkaRecord(topic: topic, value: [1], headers: headers)])
        let inbox = Inbox<KafkaConsumedRecord>()
        let consumer = try KafkaConsumer(configuration(), group: topic, topics: [topic]) { inbox.put($0) }
        let running = Task { try await consumer.run() }
        let record = try #require(await inbox.take(1).first)
        await consumer.shutdown()
        try await running.value
        await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask { (0..<500).count(where: { _ in record.headers == headers && record.moved == nil }) }
            }
            for await count in group { #expect(count == 500) }
        }
    }

    @Test("handles partitions side by side, and the records of one in order, one after the other")
    func concurrency() async throws {
        let topic = try await TestCluster.topic("concurrent", partitions: 2)
        try await send((0..<20).map { KafkaRecord(topic: topic, value: [UInt8($0)], partition: Int32($0 % 2)) })
        let first = Inbox<Int32>()
        let door = Door()
        let inbox = Inbox<KafkaConsumedRecord>()
        let busy = Mutex<[Int32: Int]>([:])
        let overlaps = Atomic(0)
        let consumer = try KafkaConsumer(configuration(), group: topic, topics: [topic]) { record in
            let here = busy.withLock { busy in
                busy[record.partition, default: 0] += 1
                return busy[record.partition]
            }
            if here != 1 { overlaps.add(1, ordering: .relaxed) }
            if record.offset == 0 {
                // Nobody goes on before both partitions have a handler in flight.
                first.put(record.partition)
                try await door.pass()
            }
            busy.withLock { $0[record.partition, default: 0] -= 1 }
            inbox.put(record)
        }
        let running = Task { try await consumer.run() }
        #expect(Set(await first.take(2)) == [0, 1])
        door.open()
        door.open()
        let received = await inbox.take(20)
        for partition in [Int32(0), 1] {
            #expect(received.filter { $0.partition == partition }.map(\.offset) == Array(0..<10))
        }
        #expect(overlaps.load(ordering: .relaxed) == 0)
        await consumer.shutdown()
        try await running.value
    }

    @Test("stops at a record whose handler throws, and whoever comes next begins with it")
    func handlerThrows() async throws {
        let topic = try await TestCluster.topic("throws")
        try await send((0..<4).map { KafkaRecord(topic: topic, value: [UInt8($0)]) })
        let seen = Inbox<Int64>()
        let failing = try KafkaConsumer(configuration(), group: topic, topics: [topic]) { record in
            seen.put(record.offset)
            if record.offset == 2 { throw Bounced() }
        }
        let error = await #expect(throws: KafkaError.self) { try await failing.run() }
        #expect(error?.code == .handler && error?.cause is Bounced)
        #expect(error?.message.contains("\(topic)/0/2") == true)
        #expect(await seen.take(3) == [0, 1, 2])

        let inbox = Inbox<Int64>()
        let next = try KafkaConsumer(configuration(), group: topic, topics: [topic]) { inbox.put($0.offset) }
        let running = Task { try await next.run() }
        #expect(await inbox.take(2) == [2, 3])
        await next.shutdown()
        try await running.value
    }

    @Test("lets a handler in flight finish when it is shut down, commits, and begins no other")
    func shutdownWaits() async throws {
        let topic = try await TestCluster.topic("shutdown")
        try await send((0..<3).map { KafkaRecord(topic: topic, value: [UInt8($0)]) })
        let started = Inbox<Int64>()
        let door = Door()
        let finished = Atomic(0)
        let consumer = try KafkaConsumer(configuration(), group: topic, topics: [topic]) { record in
            started.put(record.offset)
            try await door.pass()
            finished.add(1, ordering: .relaxed)
        }
        let running = Task { try await consumer.run() }
        #expect(await started.next() == 0)
        let stopping = Task { await consumer.shutdown() }
        // The door is opened only once the consumer stops; no event says so.
        while consumer.health.isHealthy, !Task.isCancelled { await Task.yield() }
        door.open()
        await stopping.value
        try await running.value
        #expect(finished.load(ordering: .relaxed) == 1)

        let inbox = Inbox<Int64>()
        let next = try KafkaConsumer(configuration(), group: topic, topics: [topic]) { inbox.put($0.offset) }
        let runningNext = Task { try await next.run() }
        #expect(await inbox.take(2) == [1, 2])
        await next.shutdown()
        try await runningNext.value
    }

    @Test("cancels a handler that outlasts the drain, and gives its record back")
    func drainEnds() async throws {
        let topic = try await TestCluster.topic("drain")
        try await send([KafkaRecord(topic: topic, value: [0])])
        let started = Inbox<Int64>()
        let cancelled = Inbox<Bool>()
        let stuck = Door()
        let consumer = try KafkaConsumer(configuration(drain: .milliseconds(50)), group: topic, topics: [topic]) {
            record in
            started.put(record.offset)
            do { try await stuck.pass() } catch { cancelled.put(Task.isCancelled); throw error }
        }
        let running = Task { try await consumer.run() }
        _ = await started.next()
        await consumer.shutdown()
        try await running.value
        #expect(await cancelled.next() == true)

        let inbox = Inbox<Int64>()
        let next = try KafkaConsumer(configuration(), group: topic, topics: [topic]) { inbox.put($0.offset) }
        let runningNext = Task { try await next.run() }
        #expect(await inbox.next() == 0)
        runningNext.cancel()
        try await runningNext.value
    }

    @Test("cancels its handlers at once when the task that runs it is cancelled")
    func cancellation() async throws {
        let topic = try await TestCluster.topic("cancel")
        try await send([KafkaRecord(topic: topic, value: [0])])
        let started = Inbox<Void>()
        let stuck = Door()
        let consumer = try KafkaConsumer(configuration(), group: topic, topics: [topic]) { _ in
            started.put(())
            try await stuck.pass()
        }
        let running = Task { try await consumer.run() }
        _ = await started.next()
        running.cancel()
        try await running.value
        // It has left: there is nothing to wait for.
        await consumer.shutdown()
    }

    @Test("hands over what is there as a batch of one partition, in order, and never more than was asked for")
    func batches() async throws {
        let topic = try await TestCluster.topic("batches", partitions: 2)
        try await send((0..<20).map { KafkaRecord(topic: topic, value: [UInt8($0)], partition: Int32($0 % 2)) })
        let inbox = Inbox<[KafkaConsumedRecord]>()
        let consumer = try KafkaConsumer(configuration(), group: topic, topics: [topic], batchesOf: 4) { inbox.put($0) }
        let running = Task { try await consumer.run() }
        var received: [KafkaConsumedRecord] = []
        while received.count < 20, let batch = await inbox.next() {
            #expect((1...4).contains(batch.count) && Set(batch.map(\.partition)).count == 1)
            received += batch
        }
        for partition in [Int32(0), 1] {
            #expect(received.filter { $0.partition == partition }.map(\.offset) == Array(0..<10))
        }
        await consumer.shutdown()
        try await running.value
    }

    @Test("stops while no broker can be reached")
    func brokerDown() async throws {
        let cluster = try MockKafkaCluster()
        try await cluster.createTopic("orders")
        var configuration = cluster.configuration
        configuration.drain = .zero
        // Far longer than the test may take.
        configuration.properties["session.timeout.ms"] = "120000"
        let producer = try KafkaProducer(configuration)
        try await producer.send(KafkaRecord(topic: "orders", value: [1]))
        let handled = Inbox<Void>()
        let consumer = try KafkaConsumer(configuration, group: "g", topics: ["orders"]) { _ in handled.put(()) }
        let running = Task { try await consumer.run() }
        _ = await handled.next()
        try await cluster.takeDown()
        await consumer.shutdown()
        try await running.value
        await producer.shutdown()
        await cluster.shutdown()
    }

    @Test("may be shut down before anybody runs it, and returns from run then")
    func neverRun() async throws {
        let topic = try await TestCluster.topic("never-run")
        let consumer = try KafkaConsumer(configuration(), group: topic, topics: [topic]) { _ in }
        await consumer.shutdown()
        try await consumer.run()
        let error = await #expect(throws: KafkaError.self) { try await consumer.run() }
        #expect(error?.code == .closed)
    }

    @Test("calls the handler plainly inside of process")
    func process() async throws {
        let record = KafkaConsumedRecord(topic: "t", value: [1])
        #expect(await record.process { 7 } == 7)
        await #expect(throws: Bounced.self) { try await record.process { throw Bounced() } }
    }
}
