// SPDX-License-Identifier: Apache-2.0

import KafkaTesting
import Synchronization
import Testing

@testable import StitchKafka

@Suite("A local queue that is full by its bytes", .timeLimit(.minutes(1)))
struct FullQueueTests {
    private final class Progress: Sendable {
        let isOver = Atomic(false)
    }

    private func record(_ size: Int) -> KafkaRecord {
        KafkaRecord(topic: "orders", value: [UInt8](repeating: 1, count: size))
    }

    private func withCluster(
        queueBytes: Int,
        _ body: (MockKafkaCluster, KafkaProducer) async throws -> Void
    ) async throws {
        let cluster = try MockKafkaCluster()
        try await cluster.createTopic("orders")
        var configuration = cluster.configuration
        configuration.queueBytes = queueBytes
        let producer = try KafkaProducer(configuration)
        try await body(cluster, producer)
        await producer.shutdown()
        await cluster.shutdown()
    }

    @Test("refuses a record that will never fit, with what to raise, and lets others go on")
    func neverFits() async throws {
        try await withCluster(queueBytes: 4096) { _, producer in
            let error = await #expect(throws: KafkaError.self) { try await producer.send(record(10_000)) }
            #expect(error?.code == .queueFull && error?.isRetryable == false)
            #expect(error?.message.contains("queueBytes") == true && error?.message.contains("queueRecords") == true)
            try await producer.send(record(1000))
            let deliveries = await producer.send(contentsOf: [record(10_000), record(10)])
            #expect(deliveries.failures.map(\.index) == [0])
        }
    }

    @Test("lets a large record in while small ones keep coming")
    func largeAmongSmall() async throws {
        let progress = Progress()
        try await withCluster(queueBytes: 8192) { cluster, producer in
            try await cluster.setRoundTrip(.milliseconds(5))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<24 {
                    group.addTask {
                        // As fast as there is room, until the large ones are through.
                        while !progress.isOver.load(ordering: .relaxed) { try await producer.send(record(700)) }
                    }
                }
                group.addTask {
                    defer { progress.isOver.store(true, ordering: .relaxed) }
                    for _ in 0..<5 { try await producer.send(record(7000)) }
                }
                try await group.waitForAll()
            }
            #expect(!producer.loop.state.withLock { $0.admission.hasWaiting })
        }
    }

    /// As if somebody whom the gate turned away had been counted there just then.
    @Test("leaves nobody waiting for a report that is none")
    func turnedAway() async throws {
        try await withCluster(queueBytes: 4096) { _, producer in
            let loop = producer.loop
            let passing = loop.gate.enter(1)
            let sender = Task { try await producer.send(record(10_000)) }
            while !loop.state.withLock({ $0.admission.hasWaiting }), !Task.isCancelled { await Task.yield() }
            _ = loop.gate.leave(passing)
            #expect(throws: KafkaError.self) { try loop.enter(for: record(1)) }
            let error = await #expect(throws: KafkaError.self) { try await sender.value }
            #expect(error?.code == .queueFull && error?.isRetryable == false)
            try await producer.send(record(1000))
        }
    }

    @Test("leaves nobody waiting, whoever comes, fails, gives up or is turned away at the same time")
    func stress() async throws {
        try await withCluster(queueBytes: 4096) { _, producer in
            await withTaskGroup(of: Void.self) { group in
                for sender in 0..<8 {
                    group.addTask {
                        for index in 0..<200 {
                            switch (sender + index) % 4 {
                            case 0: _ = try? await producer.send(record(10_000))
                            case 1: _ = try? await producer.enqueue(record(1500))
                            case 2: _ = await producer.send(contentsOf: [record(10), record(3000), record(9000)])
                            default:
                                let task = Task { _ = try? await producer.send(record(2500)) }
                                if index % 3 == 0 { task.cancel() }
                                await task.value
                            }
                        }
                    }
                }
            }
            try await producer.flush()
            #expect(!producer.loop.state.withLock { $0.admission.hasWaiting })
        }
    }
}
