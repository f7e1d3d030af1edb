// SPDX-License-Identifier: Apache-2.0

import Dispatch
import KafkaTesting
import StitchService
import StitchTesting
import Testing

@testable import StitchKafka

@Suite("Records that are enqueued, or sent together,", .timeLimit(.minutes(1)))
struct EnqueueTests {
    /// Hands a record over as code does that isn't `async`.
    private func enqueueNow(_ producer: KafkaProducer, _ record: KafkaRecord) throws(KafkaError) -> KafkaEnqueued {
        try producer.enqueue(record)
    }

    /// A cluster of the test's own, so that it may be taken down.
    private func withCluster(
        _ change: (inout KafkaConfiguration) -> Void = { _ in },
        body: (MockKafkaCluster, KafkaProducer) async throws -> Void
    ) async throws {
        let cluster = try MockKafkaCluster()
        try await cluster.createTopic("orders")
        var configuration = cluster.configuration
        change(&configuration)
        let producer = try KafkaProducer(configuration)
        try await body(cluster, producer)
        await producer.shutdown()
        await cluster.shutdown()
    }

    @Test("tell their delivery to whoever asks, before or after the report, once or more, or to nobody")
    func handles() async throws {
        let topic = try await TestCluster.topic("handles")
        let producer = try KafkaProducer(TestCluster.shared().configuration)
        let first = try await producer.enqueue(KafkaRecord(topic: topic, value: [1]))
        try await producer.enqueue(KafkaRecord(topic: topic, value: [2]))
        let third = try enqueueNow(producer, KafkaRecord(topic: topic, value: [3]))
        async let early = first.delivery
        async let again = first.delivery
        let answers = try await [early, again]
        #expect(answers.map(\.offset) == [0, 0] && answers.allSatisfy { $0.topic == topic && $0.partition == 0 })
        try await producer.flush()
        #expect(try await third.delivery.offset == 2)
        #expect(try await third.delivery.timestamp.milliseconds != nil)
        await producer.shutdown()
        #expect(try await third.delivery.offset == 2)
    }

    @Test("arrive in the order in which one task enqueued them")
    func order() async throws {
        let topic = try await TestCluster.topic("order")
        let producer = try KafkaProducer(TestCluster.shared().configuration)
        for index in 0..<5000 { try await producer.enqueue(KafkaRecord(topic: topic, value: Array("\(index)".utf8))) }
        await producer.shutdown()
        let records = try await TestCluster.received(5000, from: topic)
        #expect(records.map { $0.value.map { String(decoding: $0, as: UTF8.self) } } == (0..<5000).map { "\($0)" })
    }

    @Test("keep a value that isn't copied until it is delivered, whatever becomes of the sender's reference")
    func buffers() async throws {
        let topic = try await TestCluster.topic("buffers")
        var configuration = try TestCluster.shared().configuration
        configuration.linger = .milliseconds(50)
        let producer = try KafkaProducer(configuration)
        for index in 0..<200 {
            let text = String(repeating: "\(index),", count: 100)
            let record = KafkaRecord(topic: topic, key: "k", value: KafkaBuffer(text), headers: ["n": "\(index)"])
            try await producer.enqueue(record)
        }
        try await producer.enqueue(KafkaRecord(topic: topic, value: KafkaBuffer([])))
        await producer.shutdown()
        let records = try await TestCluster.received(201, from: topic)
        for record in records.prefix(200) {
            let number = try #require(record.headers.text("n"))
            let text = record.value.map { String(decoding: $0, as: UTF8.self) }
            #expect(text == String(repeating: "\(number),", count: 100))
        }
        // Empty is not none.
        #expect(records.last?.value == [])
    }

    @Test("are answered each, in their order, when they are sent together")
    func batch() async throws {
        let topic = try await TestCluster.topic("batch", partitions: 2)
        var configuration = try TestCluster.shared().configuration
        configuration.properties["message.max.bytes"] = "1000"
        let producer = try KafkaProducer(configuration)
        let records = [
            KafkaRecord(topic: topic, key: "1", value: [1], partition: 0, timestamp: 1_764_000_000_000),
            KafkaRecord(topic: topic, value: [UInt8](repeating: 1, count: 2000), partition: 0),
            KafkaRecord(topic: topic, value: nil, headers: ["a": "b"], partition: 1),
            KafkaRecord(topic: topic, value: [1], headers: ["a": "b"], partition: 99),
            KafkaRecord(topic: topic, value: KafkaBuffer([2]), partition: 0),
        ]
        let deliveries = await producer.send(contentsOf: records)
        #expect(deliveries.count == 5)
        #expect(deliveries.failures.map(\.index) == [1, 3])
        #expect(deliveries.failures.map(\.error.code) == [.messageTooLarge, .unknownTopicOrPartition])
        #expect(try deliveries[0].get().offset == 0 && deliveries[4].get().offset == 1)
        #expect(try deliveries[2].get().partition == 1)
        #expect((try deliveries[0].get().latency ?? .zero) > .zero)
        #expect(throws: KafkaError.self) { try deliveries.get() }
        #expect(await producer.send(contentsOf: []).isEmpty)
        await producer.shutdown()
    }

    @Test("are refused with a time that librdkafka would take for none, alone or together", arguments: [0, -1])
    func timestamps(_ timestamp: Int64) async throws {
        let topic = try await TestCluster.topic("timestamps")
        let producer = try KafkaProducer(TestCluster.shared().configuration)
        let record = KafkaRecord(topic: topic, value: [1], timestamp: timestamp)
        let sent = await #expect(throws: KafkaError.self) { try await producer.send(record) }
        #expect(sent?.message.contains("timestamp is \(timestamp)") == true && sent?.isRetryable == false)
        #expect(sent?.message.contains("from 1") == true)
        await #expect(throws: KafkaError.self) { try await producer.enqueue(record) }
        #expect(throws: KafkaError.self) { try enqueueNow(producer, record) }
        let first = KafkaRecord(topic: topic, value: [1], timestamp: 1)
        let deliveries = await producer.send(contentsOf: [record, first])
        #expect(deliveries.failures.map(\.index) == [0])
        await producer.shutdown()
        #expect(try await TestCluster.received(1, from: topic).map(\.timestamp) == [.createTime(milliseconds: 1)])
    }

    @Test("wait for room when the local queue is full, or are refused where nobody can wait")
    func fullQueue() async throws {
        try await withCluster {
            $0.properties["queue.buffering.max.messages"] = "2"
            $0.drain = .zero
        } body: { cluster, producer in
            try await producer.send(KafkaRecord(topic: "orders", value: [0]))
            // Its room is free a little later than it is answered.
            while producer.health.lag != 0, !Task.isCancelled { await Task.yield() }
            try await cluster.takeDown()
            let first = try enqueueNow(producer, KafkaRecord(topic: "orders", value: [1]))
            let second = try enqueueNow(producer, KafkaRecord(topic: "orders", value: [2]))
            let full = #expect(throws: KafkaError.self) {
                try enqueueNow(producer, KafkaRecord(topic: "orders", value: [3], headers: ["a": "b"]))
            }
            #expect(full?.code == .queueFull && full?.isRetryable == true)
            async let waiting = producer.enqueue(KafkaRecord(topic: "orders", value: [3]))
            async let batch = producer.send(
                contentsOf: [UInt8](0..<20).map { KafkaRecord(topic: "orders", value: [$0]) }
            )
            try await cluster.bringUp()
            #expect(try await waiting.delivery.partition == 0)
            #expect(await batch.failures.isEmpty)
            #expect(try await first.delivery.offset < second.delivery.offset)
        }
    }

    @Test("are withdrawn together when their task is cancelled: none goes that stands behind one that waits for room")
    func cancelledBatch() async throws {
        try await withCluster {
            $0.properties["queue.buffering.max.messages"] = "2"
            $0.drain = .zero
        } body: { cluster, producer in
            try await producer.send(KafkaRecord(topic: "orders", value: [0]))
            while producer.health.lag != 0, !Task.isCancelled { await Task.yield() }
            try await cluster.takeDown()
            let records = [UInt8](0..<20).map { KafkaRecord(topic: "orders", value: [$0]) }
            let hasRoom = DispatchSemaphore(value: 0)
            let sending = Task {
                await producer.loop.send(contentsOf: records) { index in
                    // Nobody comes here, unless those behind the one that waits are still to be sent.
                    if index > 2 { hasRoom.wait() }
                    return NativeHeaders(records[index].headers)
                }
            }
            while producer.health.lag != 2, !Task.isCancelled { await Task.yield() }
            sending.cancel()
            try await cluster.bringUp()
            while producer.health.lag != 0, !Task.isCancelled { await Task.yield() }
            for _ in records { hasRoom.signal() }
            let deliveries = await sending.value
            #expect(deliveries.failures.map(\.index) == Array(2..<20))
            #expect(deliveries.failures.allSatisfy { $0.error.code == .cancelled })
            #expect(try deliveries[0].get().offset == 1 && deliveries[1].get().offset == 2)
        }
    }

    @Test("that nobody waited for are told of by flush, by health, and by run when it ends")
    func undelivered() async throws {
        try await withCluster {
            $0.drain = .zero
        } body: { cluster, producer in
            let running = Task { try await producer.run() }
            try await cluster.fail(.produce, with: .messageTooLarge)
            try await producer.enqueue(KafkaRecord(topic: "orders", value: [1]))
            let lost = await #expect(throws: KafkaError.self) { try await producer.flush() }
            #expect(lost?.code == .undelivered)
            #expect(lost?.message.contains("1 record") == true && lost?.message.contains("MESSAGE_TOO_LARGE") == true)
            // Once: who flushes again has been told.
            try await producer.flush()
            #expect(producer.health.blocker == nil)

            try await cluster.takeDown()
            for index in 0..<3 { try await producer.enqueue(KafkaRecord(topic: "orders", value: [UInt8(index)])) }
            await producer.shutdown()
            let atTheEnd = await #expect(throws: KafkaError.self) { try await running.value }
            #expect(atTheEnd?.code == .undelivered && atTheEnd?.message.contains("3 records") == true)
        }
    }

    @Test("that somebody asked about are told of once")
    func askedAbout() async throws {
        try await withCluster { cluster, producer in
            try await cluster.fail(.produce, with: .messageTooLarge)
            let enqueued = try await producer.enqueue(KafkaRecord(topic: "orders", value: [1]))
            let error = await #expect(throws: KafkaError.self) { try await enqueued.delivery }
            #expect(error?.code == .messageTooLarge)
            try await producer.flush()
            #expect(producer.health.blocker == nil)
        }
    }

    @Test("are told of when a handle was kept that nobody asked")
    func keptHandle() async throws {
        try await withCluster { cluster, producer in
            try await cluster.fail(.produce, with: .messageTooLarge)
            var kept: [KafkaEnqueued] = [try await producer.enqueue(KafkaRecord(topic: "orders", value: [1]))]
            try await producer.flush()
            kept.removeAll()
            await #expect(throws: KafkaError.self) { try await producer.flush() }
        }
    }

    @Test("survive a broker that goes and comes back")
    func brokerBack() async throws {
        try await withCluster { cluster, producer in
            try await producer.send(KafkaRecord(topic: "orders", value: [0]))
            try await cluster.takeDown()
            var handles: [KafkaEnqueued] = []
            for index in 1..<100 {
                handles.append(try await producer.enqueue(KafkaRecord(topic: "orders", value: [UInt8(index)])))
            }
            try await cluster.bringUp()
            var offsets: [Int64] = []
            for handle in handles { offsets.append(try await handle.delivery.offset) }
            #expect(offsets == Array(1..<100))
        }
    }

    @Test("are retried on errors that pass, and keep their order")
    func passingErrors() async throws {
        // One request at a time: the mock doesn't refuse what overtakes a request that failed, as brokers do by sequence.
        try await withCluster({ $0.properties["max.in.flight"] = "1" }) { cluster, producer in
            try await producer.send(KafkaRecord(topic: "orders", value: [0]))
            let errors = ["NOT_LEADER_OR_FOLLOWER", "REQUEST_TIMED_OUT", "NOT_ENOUGH_REPLICAS"]
            for error in errors { try await cluster.fail(.produce, with: KafkaError.Code(error)) }
            let deliveries = await producer.send(
                contentsOf: [UInt8](1..<50).map { KafkaRecord(topic: "orders", value: [$0]) }
            )
            #expect(try deliveries.get().map(\.offset) == Array(1..<50))
        }
    }

    @Test("go to more topics than a producer keeps")
    func manyTopics() async throws {
        let producer = try KafkaProducer(KafkaConfiguration(brokers: ["localhost:1"]).with { $0.drain = .zero })
        for index in 0..<1100 {
            for _ in 0..<2 { try await producer.enqueue(KafkaRecord(topic: "topic-\(index)", value: [1])) }
        }
        #expect(producer.health.lag == 2200)
        await producer.shutdown()
    }
}

extension KafkaConfiguration {
    /// The same, but for a change.
    fileprivate func with(_ change: (inout Self) -> Void) -> Self {
        var changed = self
        change(&changed)
        return changed
    }
}
