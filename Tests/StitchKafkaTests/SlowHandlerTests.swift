// SPDX-License-Identifier: Apache-2.0

import KafkaTesting
import StitchKafka
import StitchService
import StitchTesting
import Testing

@Suite("A slow handler", .timeLimit(.minutes(1)))
struct SlowHandlerTests {
    private func consumer(
        _ topic: String,
        limit: Duration?,
        handler: @escaping @Sendable (KafkaConsumedRecord) async throws -> Void
    ) throws -> KafkaConsumer {
        var configuration = try TestCluster.shared().configuration
        // The consumer looks at its handlers as often.
        configuration.commitInterval = .milliseconds(20)
        var options = KafkaConsumerOptions()
        options.slowHandler = .milliseconds(50)
        options.handlerLimit = limit
        return try KafkaConsumer(configuration, group: topic, topics: [topic], options: options, handler: handler)
    }

    private func topic(_ name: String) async throws -> String {
        let topic = try await TestCluster.topic(name)
        let producer = try KafkaProducer(TestCluster.shared().configuration)
        for index in 0..<2 { try await producer.send(KafkaRecord(topic: topic, value: [UInt8(index)])) }
        await producer.shutdown()
        return topic
    }

    @Test("is told in the consumer's health, keeps its partition, and all is well when it gets on")
    func told() async throws {
        let topic = try await topic("slow")
        let door = Door()
        let handled = Inbox<Int64>()
        let consumer = try consumer(topic, limit: nil) { record in
            if record.offset == 0 { try await door.pass() }
            handled.put(record.offset)
        }
        let running = Task { try await consumer.run() }
        while consumer.health.isHealthy, !Task.isCancelled { await Task.yield() }
        #expect(consumer.health.blocker?.contains("\(topic)/0") == true)
        #expect(consumer.assignment == [KafkaTopicPartition(topic: topic, partition: 0)])
        door.open()
        #expect(await handled.take(2) == [0, 1])
        while !consumer.health.isHealthy, !Task.isCancelled { await Task.yield() }
        await consumer.shutdown()
        try await running.value
    }

    @Test("is cancelled at its limit, if it has one, and run throws")
    func limit() async throws {
        let topic = try await topic("limit")
        let stuck = Door()
        let consumer = try consumer(topic, limit: .milliseconds(100)) { _ in try await stuck.pass() }
        let error = await #expect(throws: KafkaError.self) { try await consumer.run() }
        #expect(error?.code == .timedOut && error?.message.contains("\(topic)/0/0") == true)
    }
}
