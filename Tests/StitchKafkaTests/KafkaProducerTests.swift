// SPDX-License-Identifier: Apache-2.0

import KafkaTesting
import StitchService
import StitchTesting
import Testing

@_spi(Observing) @testable import StitchKafka

@Suite("A producer", .timeLimit(.minutes(1)))
struct KafkaProducerTests {
    /// Sends nothing on its own accord while a test runs.
    private func lingering(_ configuration: KafkaConfiguration) -> KafkaConfiguration {
        var configuration = configuration
        configuration.linger = .seconds(600)
        configuration.deliveryTimeout = .seconds(900)
        return configuration
    }

    /// Lets other tasks go on until a sender's record is on its way; no event says so.
    private func hasTaken(_ producer: KafkaProducer) async {
        while producer.health.lag == 0, !Task.isCancelled { await Task.yield() }
    }

    @Test("returns partition, offset, timestamp, latency and broker of what the broker acknowledged")
    func delivery() async throws {
        let topic = try await TestCluster.topic("delivery", partitions: 2)
        let producer = try KafkaProducer(TestCluster.shared().configuration)
        let record = KafkaRecord(topic: topic, key: "7", value: "a", partition: 1)
        let start = ContinuousClock.now
        let first = try await producer.send(record)
        let elapsed = start.duration(to: .now)
        let second = try await producer.send(record)
        #expect(first.topic == topic && first.partition == 1)
        #expect(first.offset == 0 && second.offset == 1)
        #expect(first.timestamp.milliseconds != nil)
        #expect(first.brokerID == 1)
        let latency = try #require(first.latency)
        // Two clocks, which agree to within microseconds.
        #expect(latency > .zero && latency < elapsed + .milliseconds(1))
        await producer.shutdown()
    }

    @Test("knows no offset of a record that the broker says it had already")
    func duplicate() async throws {
        let cluster = try MockKafkaCluster()
        try await cluster.createTopic("orders")
        let producer = try KafkaProducer(cluster.configuration)
        try await cluster.fail(.produce, with: KafkaError.Code("DUPLICATE_SEQUENCE_NUMBER"))
        let delivery = try await producer.send(KafkaRecord(topic: "orders", value: [1]))
        #expect(delivery.partition == 0 && delivery.offset == -1)
        await producer.shutdown()
        await cluster.shutdown()
    }

    @Test("says in the protocol's words what is wrong with a record")
    func refusedRecords() async throws {
        let topic = try await TestCluster.topic("refused")
        var configuration = try TestCluster.shared().configuration
        configuration.properties["message.max.bytes"] = "1000"
        let producer = try KafkaProducer(configuration)
        let tooLarge = await #expect(throws: KafkaError.self) {
            try await producer.send(KafkaRecord(topic: topic, value: [UInt8](repeating: 1, count: 2000)))
        }
        #expect(tooLarge?.code == .messageTooLarge && tooLarge?.isRetryable == false)
        let noPartition = await #expect(throws: KafkaError.self) {
            try await producer.send(KafkaRecord(topic: topic, value: [1], partition: 99))
        }
        #expect(noPartition?.errorType == "UNKNOWN_TOPIC_OR_PARTITION")
        // With headers too: what librdkafka did not take stays ours, and is freed once.
        await #expect(throws: KafkaError.self) {
            try await producer.send(KafkaRecord(topic: topic, value: [1], headers: ["a": "b"], partition: 99))
        }
        await producer.shutdown()
    }

    @Test("passes on the error with which the broker refuses a record")
    func brokerError() async throws {
        let cluster = try MockKafkaCluster()
        try await cluster.createTopic("orders")
        let producer = try KafkaProducer(cluster.configuration)
        try await cluster.fail(.produce, with: .messageTooLarge)
        let error = await #expect(throws: KafkaError.self) {
            try await producer.send(KafkaRecord(topic: "orders", value: [1]))
        }
        #expect(error?.errorType == "MESSAGE_TOO_LARGE")
        await producer.shutdown()
        await cluster.shutdown()
    }

    @Test("lets senders wait for room when the local queue is full, and delivers all")
    func backPressure() async throws {
        let topic = try await TestCluster.topic("pressure")
        var configuration = try TestCluster.shared().configuration
        configuration.properties["queue.buffering.max.messages"] = "3"
        let producer = try KafkaProducer(configuration)
        let offsets = try await withThrowingTaskGroup(of: Int64.self) { group in
            for index in 0..<200 {
                group.addTask {
                    try await producer.send(KafkaRecord(topic: topic, value: Array("\(index)".utf8))).offset
                }
            }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(offsets == Set(0..<200))
        await producer.shutdown()
    }

    @Test("withdraws a record that waits for room when its task is cancelled")
    func cancelledWait() async throws {
        let cluster = try MockKafkaCluster()
        try await cluster.createTopic("orders")
        var configuration = cluster.configuration
        configuration.properties["queue.buffering.max.messages"] = "1"
        configuration.drain = .zero
        let producer = try KafkaProducer(configuration)
        try await producer.send(KafkaRecord(topic: "orders", value: [0]))
        // Who sent it goes on a moment before there is room for the next.
        while producer.health.lag ?? 0 > 0, !Task.isCancelled { await Task.yield() }
        try await cluster.takeDown()
        let answers = Inbox<KafkaError.Code?>()
        let senders = (0..<2).map { index in
            Task {
                let error = await #expect(throws: KafkaError.self) {
                    try await producer.send(KafkaRecord(topic: "orders", value: [UInt8(index)]))
                }
                answers.put(error?.code)
            }
        }
        // One of the two fills the queue, so the other waits; it alone can be withdrawn.
        for sender in senders { sender.cancel() }
        #expect(await answers.next() == .cancelled)
        await producer.shutdown()
        #expect([.purged, .purgedInFlight].contains(await answers.next()))
        await cluster.shutdown()
    }

    @Test("answers every waiting sender when it is shut down before the broker has")
    func shutdownAnswers() async throws {
        let cluster = try MockKafkaCluster()
        try await cluster.createTopic("orders")
        var configuration = cluster.configuration
        configuration.drain = .milliseconds(50)
        let producer = try KafkaProducer(configuration)
        try await producer.send(KafkaRecord(topic: "orders", value: [0]))
        try await cluster.takeDown()
        let senders = (0..<50).map { _ in
            Task {
                await #expect(throws: KafkaError.self) {
                    try await producer.send(KafkaRecord(topic: "orders", value: [1]))
                }
            }
        }
        await producer.shutdown()
        for sender in senders {
            let code = await sender.value?.code
            #expect([.purged, .purgedInFlight, .closed].contains(code))
        }
        await cluster.shutdown()
    }

    @Test("delivers what was taken before it was shut down, without lingering")
    func shutdownDelivers() async throws {
        let topic = try await TestCluster.topic("drained")
        let producer = try KafkaProducer(lingering(TestCluster.shared().configuration))
        let sender = Task { try await producer.send(KafkaRecord(topic: topic, value: [1])) }
        await hasTaken(producer)
        await producer.shutdown()
        #expect(try await sender.value.offset == 0)
    }

    @Test("delivers what was being handed over when it was shut down")
    func shutdownDuringSend() async throws {
        let topic = try await TestCluster.topic("handed-over")
        let producer = try KafkaProducer(lingering(TestCluster.shared().configuration))
        let record = KafkaRecord(topic: topic, value: [1])
        let entry = try producer.loop.enter(for: record)
        let shutdown = Task { await producer.shutdown() }
        while let other = producer.loop.tryToEnter() {
            producer.loop.leave(other)
            await Task.yield()
        }
        // Long enough for a shutdown that doesn't wait to be over, and the record to be given up.
        try await Task.sleep(for: .milliseconds(200))
        let send = try producer.loop.prepare(record, entry)
        let pending = send.pending
        try producer.loop.handOver(record, send)
        #expect(try await KafkaEnqueued(pending).delivery.offset == 0)
        await shutdown.value
    }

    @Test("flushes what lingers, and says so when that takes too long")
    func flush() async throws {
        let cluster = try MockKafkaCluster()
        try await cluster.createTopic("orders")
        var configuration = lingering(cluster.configuration)
        configuration.drain = .zero
        let producer = try KafkaProducer(configuration)
        async let delivered = producer.send(KafkaRecord(topic: "orders", value: [1]))
        await hasTaken(producer)
        try await producer.flush(timeout: .seconds(30))
        #expect(try await delivered.offset == 0)

        try await cluster.takeDown()
        let lost = Task { try await producer.send(KafkaRecord(topic: "orders", value: [1])) }
        await hasTaken(producer)
        let error = await #expect(throws: KafkaError.self) { try await producer.flush(timeout: .milliseconds(50)) }
        #expect(error?.code == .timedOut)
        await producer.shutdown()
        await #expect(throws: KafkaError.self) { try await lost.value }
        await cluster.shutdown()
    }

    @Test("flushes what was sent before, whatever others send meanwhile, and waits for the slower of two brokers")
    func flushWhileOthersSend() async throws {
        let cluster = try MockKafkaCluster(brokers: 2)
        try await cluster.createTopic("orders", partitions: 2)
        // So that something is always on its way.
        try await cluster.setRoundTrip(.milliseconds(100), broker: 1)
        try await cluster.setRoundTrip(.milliseconds(300), broker: 2)
        let producer = try KafkaProducer(cluster.configuration)
        let others = Task {
            while !Task.isCancelled {
                for partition in [Int32(0), 1] {
                    try await producer.enqueue(KafkaRecord(topic: "orders", value: [1], partition: partition))
                }
                try await Task.sleep(for: .milliseconds(1))
            }
        }
        for _ in 0..<3 {
            let sent = try [Int32(0), 1].map { partition in
                let record = KafkaRecord(topic: "orders", value: [0], partition: partition)
                let send = try producer.loop.prepare(record, producer.loop.enter(for: record))
                let pending = send.pending
                try producer.loop.handOver(record, send)
                return pending
            }
            // Two at once, of which each is for what was sent before it.
            async let other: Void = producer.flush(timeout: .seconds(20))
            try await producer.flush(timeout: .seconds(20))
            #expect(sent.map { $0.report.partition } == [0, 1])
            try await other
        }
        others.cancel()
        _ = await others.result
        await producer.shutdown()
        await cluster.shutdown()
    }

    @Test("takes nothing any more once it is shut down, which may be asked for twice")
    func closed() async throws {
        let producer = try KafkaProducer(TestCluster.shared().configuration)
        let running = Task { try await producer.run() }
        await producer.shutdown()
        await producer.shutdown()
        try await running.value
        let error = await #expect(throws: KafkaError.self) {
            try await producer.send(KafkaRecord(topic: "t", value: nil))
        }
        #expect(error?.code == .closed)
        await #expect(throws: KafkaError.self) { try await producer.flush() }
    }

    @Test("is shut down at once when the task that runs it is cancelled")
    func cancelledRun() async throws {
        let cluster = try MockKafkaCluster()
        try await cluster.createTopic("orders")
        let producer = try KafkaProducer(cluster.configuration)
        try await producer.send(KafkaRecord(topic: "orders", value: [0]))
        try await cluster.takeDown()
        let running = Task { try await producer.run() }
        let sender = Task { try await producer.send(KafkaRecord(topic: "orders", value: [1])) }
        await hasTaken(producer)
        running.cancel()
        try await running.value
        await #expect(throws: KafkaError.self) { try await sender.value }
        await cluster.shutdown()
    }
}
