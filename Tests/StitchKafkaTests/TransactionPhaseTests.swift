// SPDX-License-Identifier: Apache-2.0

import KafkaTesting
import Synchronization
import Testing

@testable import StitchKafka

@Suite("A producer's transactions")
struct TransactionPhaseTests {
    @Test("are made ready once, again if that failed")
    func prepares() {
        var phase = TransactionPhase()
        #expect(phase.start() == .prepare)
        phase.ended()
        #expect(phase.start() == .prepare)
        phase.prepared()
        phase.opened()
        phase.ended()
        #expect(phase.start() == .begin)
    }

    @Test("say that they were aborted only if they were")
    func abortFails() {
        var failure = TransactionFailure(error: KafkaError(KafkaError.Code("_FAIL"), "A transaction was not committed"))
        failure.requiresAbort = true
        let aborted = DeliveryLoop.error(of: failure, wasAborted: true)
        #expect(aborted.isRetryable && aborted.message.hasSuffix("it was aborted, and may be tried as a whole"))
        let stuck = DeliveryLoop.error(of: failure, wasAborted: false)
        #expect(!stuck.isRetryable && stuck.message.contains("could not be aborted"))
        #expect(stuck.message.contains("another producer"))
    }

    @Test("are not begun once the task is cancelled, which is told as such", .timeLimit(.minutes(1)))
    func cancelled() async throws {
        let cluster = try MockKafkaCluster()
        try await cluster.takeDown()
        var configuration = cluster.configuration
        configuration.transactionalID = "t"
        let producer = try KafkaProducer(configuration)
        let opening = Task { try await producer.withTransaction { _ in } }
        while !producer.loop.state.withLock({ $0.transaction.isBusy }), !Task.isCancelled { await Task.yield() }
        opening.cancel()
        let error = await #expect(throws: KafkaError.self) { try await opening.value }
        #expect(error?.code == .cancelled && error?.isRetryable == false)
        await producer.shutdown()
        await cluster.shutdown()
    }

    @Test("are one at a time")
    func single() {
        var phase = TransactionPhase()
        _ = phase.start()
        phase.prepared()
        phase.opened()
        #expect(phase.isBusy && phase.start() == .refused)
        phase.ended()
        #expect(!phase.isBusy && phase.start() == .begin)
    }
}
