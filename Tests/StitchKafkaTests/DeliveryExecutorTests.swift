// SPDX-License-Identifier: Apache-2.0

import Foundation
import KafkaTesting
import StitchKafka
import StitchService
import Testing

@Suite("Tasks that prefer a producer's thread", .timeLimit(.minutes(1)))
struct DeliveryExecutorTests {
    /// Keeps the thread, whose address another might have once it is gone.
    private final class Here: @unchecked Sendable {
        let thread = Thread.current
    }

    private func thread() -> ObjectIdentifier { ObjectIdentifier(Thread.current) }

    @Test("go on there when the broker has answered, as many as there are, and arrive in each task's order")
    func onTheThread() async throws {
        let topic = try await TestCluster.topic("on-thread")
        let producer = try KafkaProducer(TestCluster.shared().configuration)
        let deliveries = try await withTaskExecutorPreference(producer.executor) {
            let own = thread()
            return try await withThrowingTaskGroup(of: [KafkaDelivery].self) { group in
                for task in 0..<100 {
                    group.addTask {
                        var deliveries: [KafkaDelivery] = []
                        for _ in 0..<20 {
                            deliveries.append(try await producer.send(KafkaRecord(topic: topic, value: [UInt8(task)])))
                            #expect(thread() == own)
                        }
                        return deliveries
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
        }
        for task in deliveries { #expect(zip(task, task.dropFirst()).allSatisfy { $0.offset < $1.offset }) }
        #expect(Set(deliveries.joined().map(\.offset)).count == 2000)
        await producer.shutdown()
    }

    @Test("wake it whenever they come, though no broker has anything to say")
    func woken() async throws {
        let producer = try KafkaProducer(TestCluster.shared().configuration)
        // A wait for nothing lasts a second.
        for _ in 0..<500 where !Task.isCancelled { await Task(executorPreference: producer.executor) {}.value }
        await producer.shutdown()
    }

    @Test("may shut it down, and run elsewhere from then on")
    func afterwards() async throws {
        let topic = try await TestCluster.topic("after-thread")
        let producer = try KafkaProducer(TestCluster.shared().configuration)
        let executor = producer.executor
        await withTaskExecutorPreference(executor) {
            let own = Here()
            await producer.shutdown()
            #expect(Here().thread !== own.thread)
            await #expect(throws: KafkaError.self) { try await producer.send(KafkaRecord(topic: topic, value: [1])) }
            await Task.yield()
        }
        for _ in 0..<10 { await Task(executorPreference: executor) {}.value }
    }

    @Test("may flush there what they have handed over")
    func flush() async throws {
        let topic = try await TestCluster.topic("flush-thread")
        let producer = try KafkaProducer(TestCluster.shared().configuration)
        try await withTaskExecutorPreference(producer.executor) {
            for _ in 0..<100 { try await producer.enqueue(KafkaRecord(topic: topic, value: [1])) }
            try await producer.flush()
            #expect(producer.health.lag == 0)
        }
        await producer.shutdown()
    }
}
