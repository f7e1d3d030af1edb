// SPDX-License-Identifier: Apache-2.0

import KafkaTesting
import StitchKafka
import StitchService
import StitchTesting
import Testing

@Suite("A consumer whose requests fail", .timeLimit(.minutes(1)))
struct RequestErrorTests {
    private static let passing: [(MockRequest, [String])] = [
        (.fetch, ["NOT_LEADER_OR_FOLLOWER", "UNKNOWN_TOPIC_OR_PART", "REQUEST_TIMED_OUT"]),
        (.joinGroup, ["COORDINATOR_LOAD_IN_PROGRESS", "UNKNOWN_MEMBER_ID", "NOT_COORDINATOR"]),
        (.heartbeat, ["NOT_COORDINATOR", "UNKNOWN_MEMBER_ID", "ILLEGAL_GENERATION"]),
        (.offsetFetch, ["COORDINATOR_NOT_AVAILABLE", "NOT_COORDINATOR"]),
        (.offsetCommit, ["COORDINATOR_LOAD_IN_PROGRESS", "REQUEST_TIMED_OUT", "NOT_COORDINATOR"]),
        (.findCoordinator, ["COORDINATOR_NOT_AVAILABLE", "COORDINATOR_NOT_AVAILABLE"]),
        (.listOffsets, ["NOT_LEADER_OR_FOLLOWER", "LEADER_NOT_AVAILABLE"]),
    ]

    @Test("goes on where they pass: each record is handled, in order, and none is committed before", arguments: passing)
    func passingErrors(_ request: MockRequest, _ names: [String]) async throws {
        let cluster = try MockKafkaCluster()
        try await cluster.createTopic("orders")
        var configuration = cluster.configuration
        configuration.commitInterval = .milliseconds(20)
        configuration.properties["heartbeat.interval.ms"] = "100"
        let producer = try KafkaProducer(configuration)
        let inbox = Inbox<Int64>()
        let consumer = try KafkaConsumer(configuration, group: "shop", topics: ["orders"]) { inbox.put($0.offset) }
        // What every start meets, then what comes while it reads.
        for name in names { try await cluster.fail(request, with: KafkaError.Code(name)) }
        let running = Task { try await consumer.run() }
        var seen: [Int64] = []
        for offset in Int64(0)..<30 {
            if offset == 15 { for name in names { try await cluster.fail(request, with: KafkaError.Code(name)) } }
            try await producer.send(KafkaRecord(topic: "orders", value: [UInt8(offset)]))
            // A member that had to join again gets again what it had not committed.
            repeat { seen.append(try #require(await inbox.next())) } while seen.last != offset
        }
        for (earlier, later) in zip(seen, seen.dropFirst()) { #expect(later <= earlier + 1) }
        await consumer.shutdown()
        try await running.value
        let partition = KafkaTopicPartition(topic: "orders", partition: 0)
        let next = try KafkaConsumer(configuration, partitions: [partition: .committed], group: "shop")
        #expect(try await next.committed([partition]) == [partition: 30])
        await next.shutdown()
        await producer.shutdown()
        await cluster.shutdown()
    }

    @Test("is well again once it knows where its group goes on, also where there is nothing to read")
    func healthy() async throws {
        let cluster = try MockKafkaCluster()
        try await cluster.createTopic("orders")
        let refusal = KafkaError.Code("COORDINATOR_NOT_AVAILABLE")
        // More than are asked for until somebody has seen it.
        for _ in 0..<10_000 { try await cluster.fail(.offsetFetch, with: refusal) }
        let consumer = try KafkaConsumer(cluster.configuration, group: "shop", topics: ["orders"]) { _ in }
        let running = Task { try await consumer.run() }
        while consumer.health.isHealthy, !Task.isCancelled { await Task.yield() }
        #expect(consumer.health.blocker?.contains("asked where the group goes on") == true)
        try await cluster.stopFailing(.offsetFetch)
        while !consumer.health.isHealthy, !Task.isCancelled { await Task.yield() }
        #expect(consumer.health.isHealthy)
        await consumer.shutdown()
        try await running.value
        await cluster.shutdown()
    }

    @Test("stops where its group has committed nothing, if that is to be an error, and says what to set")
    func nowhere() async throws {
        let topic = try await TestCluster.topic("nowhere")
        var configuration = try TestCluster.shared().configuration
        configuration.autoOffsetReset = .error
        let consumer = try KafkaConsumer(configuration, group: topic, topics: [topic]) { _ in }
        let error = await #expect(throws: KafkaError.self) { try await consumer.run() }
        #expect(error?.errorType == "_AUTO_OFFSET_RESET")
        #expect(error?.message.contains("autoOffsetReset") == true)
    }

    @Test("handles nothing of a partition that is paused, until it is resumed")
    func pause() async throws {
        let topic = try await TestCluster.topic("paused-handler", partitions: 2)
        let configuration = try TestCluster.shared().configuration
        let inbox = Inbox<KafkaConsumedRecord>()
        let consumer = try KafkaConsumer(configuration, group: topic, topics: [topic]) { inbox.put($0) }
        let running = Task { try await consumer.run() }
        let producer = try KafkaProducer(configuration)
        func send(_ partition: Int32) async throws {
            try await producer.send(KafkaRecord(topic: topic, value: [1], partition: partition))
        }
        // Until it has both partitions.
        for partition in Int32(0)...1 {
            try await send(partition)
            #expect(await inbox.take(1).first?.partition == partition)
        }
        consumer.pause([KafkaTopicPartition(topic: topic, partition: 0)])
        for _ in 0..<20 {
            try await send(0)
            try await send(1)
            #expect(await inbox.take(1).first?.partition == 1)
        }
        consumer.resume([KafkaTopicPartition(topic: topic, partition: 0)])
        #expect(await inbox.take(20).map(\.offset) == Array(1...20))
        await consumer.shutdown()
        try await running.value
        await producer.shutdown()
    }
}
