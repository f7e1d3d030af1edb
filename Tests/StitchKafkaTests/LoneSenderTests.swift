// SPDX-License-Identifier: Apache-2.0

import KafkaTesting
import StitchTesting
import Testing

@testable @_spi(Observing) import StitchKafka

@Suite("A sender whose record is on its way alone", .timeLimit(.minutes(2)))
struct LoneSenderTests {
    @Test("can be called once, from when it has handed its record over until it leaves")
    func calls() async {
        let lone = LoneSender()
        let pending = PendingSend()
        let reference = Unmanaged.passUnretained(pending)
        var called = [lone.call()]
        await withUnsafeContinuation { sender in
            pending.wait(with: sender, alone: true)
            lone.comes(reference)
            called += [lone.call(), lone.isWaiting]
            lone.waits(reference)
            called += [lone.isWaiting, lone.call(), lone.call(), lone.leaves(reference)]
        }
        #expect(called == [false, false, false, true, true, false, false])
    }

    @Test("can't be called when its report came before it had said that it waits")
    func early() {
        let lone = LoneSender()
        let (pending, other) = (PendingSend(), PendingSend())
        let (reference, next) = (Unmanaged.passUnretained(pending), Unmanaged.passUnretained(other))
        lone.comes(reference)
        var known = [lone.leaves(next), lone.leaves(reference)]
        lone.comes(next)
        lone.waits(reference)
        known += [lone.call(), lone.leaves(next)]
        #expect(known == [false, true, false, true])
    }

    @Test("is no longer alone as soon as another one comes, who learns of it when the first was called")
    func gate() {
        let gate = SendGate()
        let first = gate.enter()
        var alone = [gate.isAlone, gate.call()]
        let second = gate.enter()
        alone += [gate.endCall(), gate.endCall()]
        let third = gate.enter()
        alone += [gate.isAlone, gate.call()]
        #expect(first != nil && second == nil && third != nil)
        #expect(alone == [true, true, true, false, false, false])
    }

    @Test("gets its report though the producer's thread is kept busy")
    func byItself() async throws {
        let topic = try await TestCluster.topic("lone")
        let producer = try KafkaProducer(TestCluster.shared().configuration)
        #expect(try await producer.send(KafkaRecord(topic: topic, value: [1])).offset == 0)
        var countWithout = 0
        for offset in 1..<20 {
            let busy = await BusyThread.begin(of: producer)
            #expect(try await producer.send(KafkaRecord(topic: topic, value: [1])).offset == Int64(offset))
            countWithout += await busy.end() ? 1 : 0
        }
        // Not all where processors are busy: a report that comes before its sender waits for it is the thread's.
        #expect(countWithout > 0)
        await producer.shutdown()
    }

    @TaskLocal private static var isSender = false

    @Test("goes on without it when something else comes before the report, which is told on the producer's thread")
    func otherEvents() async throws {
        let topic = try await TestCluster.topic("lone")
        var configuration = try TestCluster.shared().configuration
        configuration.statisticsInterval = .milliseconds(10)
        configuration.linger = .milliseconds(15)
        let seen = Inbox<Bool>()
        configuration.statisticsHandler = KafkaStatisticsHandler { _ in seen.put(Self.isSender) }
        let producer = try KafkaProducer(configuration)
        try await Self.$isSender.withValue(true) { () async throws in
            for offset in 0..<60 {
                #expect(try await producer.send(KafkaRecord(topic: topic, value: [1])).offset == Int64(offset))
            }
        }
        #expect(await seen.take(20).allSatisfy { !$0 })
        await producer.shutdown()
    }

    @Test("is told why its record was not delivered")
    func failures() async throws {
        let cluster = try MockKafkaCluster()
        try await cluster.createTopic("orders")
        var configuration = cluster.configuration
        configuration.isIdempotent = false
        let producer = try KafkaProducer(configuration)
        try await producer.send(KafkaRecord(topic: "orders", value: [1]))
        let busy = await BusyThread.begin(of: producer)
        try await cluster.expectRefusal(of: KafkaRecord(topic: "orders", value: [2]), sentBy: producer)
        #expect(try await producer.send(KafkaRecord(topic: "orders", value: [3])).offset == 1)
        _ = await busy.end()
        try await producer.flush()
        await producer.shutdown()
        await cluster.shutdown()
    }
}
