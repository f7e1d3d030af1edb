// SPDX-License-Identifier: Apache-2.0

import KafkaTesting
import StitchService
import StitchTesting
import Synchronization
import TelemetryData
import Testing

@testable import StitchKafka
@testable import TracedKafka

@Suite("The span of a record that has to wait for room, or is refused,", .timeLimit(.minutes(1)))
struct RefusedSendTests {
    /// Hands a record over as code does that isn't `async`.
    private func enqueueNow(_ producer: TracedKafkaProducer, _ value: UInt8) throws(KafkaError) -> KafkaEnqueued {
        try producer.enqueue(KafkaRecord(topic: "orders", value: [value]))
    }

    /// A producer whose local queue is full with what its cluster can't answer.
    private func withFullQueue(_ body: (MockKafkaCluster, TracedKafkaProducer) async throws -> Void) async throws {
        let cluster = try MockKafkaCluster()
        try await cluster.createTopic("orders")
        var configuration = cluster.configuration
        configuration.queueRecords = 2
        configuration.drain = .zero
        let producer = try TracedKafkaProducer(configuration)
        try await producer.send(KafkaRecord(topic: "orders", value: [0]))
        // Its room is free a little later than it is answered.
        while producer.health.lag != 0, !Task.isCancelled { await Task.yield() }
        try await cluster.takeDown()
        for value in [UInt8](1...2) { _ = try enqueueNow(producer, value) }
        try await body(cluster, producer)
        await producer.shutdown()
        await cluster.shutdown()
    }

    private func untilSendersWait(_ count: Int, at producer: TracedKafkaProducer) async {
        while producer.loop.state.withLock({ $0.waiters.count }) < count, !Task.isCancelled { await Task.yield() }
    }

    private func values(_ test: StitchTest, _ errorType: String) -> [SpanData] {
        test.spans.send("orders").filter { $0.attributes["error.type"] == .string(errorType) }
    }

    @Test("says that there was no room, for who can't wait")
    func full() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            try await withFullQueue { _, producer in
                #expect(throws: KafkaError.self) { try enqueueNow(producer, 3) }
                let span = try #require(values(test, "_QUEUE_FULL").first)
                #expect(span.kind == .producer && span.status.isError && span.parentSpanID == nil)
            }
        }
    }

    @Test("begins with the wait, of whoever waits behind others too")
    func waiting() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            try await withFullQueue { cluster, producer in
                let before = Timestamp.now
                async let first = producer.enqueue(KafkaRecord(topic: "orders", key: "first", value: [3]))
                async let second = producer.enqueue(KafkaRecord(topic: "orders", key: "second", value: [4]))
                async let third = producer.send(KafkaRecord(topic: "orders", key: "third", value: [5]))
                await untilSendersWait(3, at: producer)
                let up = Timestamp.now
                try await cluster.bringUp()
                for enqueued in try await [first, second] { _ = try await enqueued.delivery }
                _ = try await third
                let waited = test.spans.send("orders").filter { $0.attributes["messaging.kafka.message.key"] != nil }
                #expect(waited.count == 3)
                #expect(waited.allSatisfy { $0.start >= before && $0.start <= up && $0.end > up })
                #expect(waited.allSatisfy { $0.attributes["messaging.kafka.offset"] != nil })
            }
        }
    }

    @Test("says of who is cancelled meanwhile that it was withdrawn, which is no error and no message that was sent")
    func withdrawn() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            try await withFullQueue { _, producer in
                let tasks = (0..<2).map { index in
                    Task { try await producer.send(KafkaRecord(topic: "orders", key: "\(index)", value: [3])) }
                }
                await untilSendersWait(2, at: producer)
                for task in tasks { task.cancel() }
                for task in tasks {
                    let error = await #expect(throws: KafkaError.self) { try await task.value }
                    #expect(error?.code == .cancelled)
                }
                let spans = test.spans.send("orders").filter { $0.attributes["stitch.send.withdrawn"] == .bool(true) }
                #expect(spans.count == 2 && spans.allSatisfy { $0.status == .unset })
                #expect(test.measurements.total(of: "messaging.client.sent.messages") == 1)
            }
        }
    }

    @Test("says why a record is none that can be sent, and that the producer was closed")
    func refused() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let cluster = try MockKafkaCluster()
            try await cluster.createTopic("orders")
            let producer = try TracedKafkaProducer(cluster.configuration)
            await #expect(throws: KafkaError.self) {
                try await producer.send(KafkaRecord(topic: "orders", value: [1], partition: -7))
            }
            await producer.shutdown()
            await #expect(throws: KafkaError.self) {
                try await producer.send(KafkaRecord(topic: "orders", value: [1]))
            }
            #expect(throws: KafkaError.self) { try enqueueNow(producer, 1) }
            let spans = test.spans.send("orders")
            #expect(spans.count == 3 && spans.allSatisfy { $0.status.isError })
            await cluster.shutdown()
        }
    }
}
