// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import StitchKafka

@Suite("The reader of a partition")
struct PartitionStateTests {
    @Test("stores the offset of a handler that returned")
    func handled() {
        var state = PartitionState()
        let began = state.begin()
        #expect(began && state.isHandling)
        let stores = state.end(succeeded: true)
        #expect(stores && !state.isHandling && state.mayTake)
    }

    @Test("stores nothing after a handler that threw, and begins nothing more")
    func failed() {
        var state = PartitionState()
        _ = state.begin()
        let stores = state.end(succeeded: false)
        let beginsAgain = state.begin()
        #expect(!stores && !beginsAgain && !state.mayTake)
    }

    @Test("lets the handler in flight count when it is stopped")
    func stopped() {
        var state = PartitionState()
        _ = state.begin()
        state.stop()
        #expect(state.isHandling && !state.mayTake)
        let stores = state.end(succeeded: true)
        let beginsAgain = state.begin()
        #expect(stores && !beginsAgain)
    }

    @Test("lets nothing count once the partition is given away, which happens once")
    func closed() {
        var state = PartitionState()
        _ = state.begin()
        let closed = state.close()
        let closedAgain = state.close()
        #expect(closed && !closedAgain)
        let stores = state.end(succeeded: true)
        #expect(!stores)
    }
}

@Suite("The state of a consumer")
struct ConsumerStateTests {
    private let first = TopicPartition(topic: "t", partition: 0)
    private let second = TopicPartition(topic: "t", partition: 1)

    @Test("hands out each assigned reader once, and none whose partition was given away before")
    func assignment() {
        var state = ConsumerState<String>()
        state.assign(first, "a")
        state.assign(second, "b")
        let revoked = state.revoke([second])
        let started = state.takeUnstarted()
        let again = state.takeUnstarted()
        #expect(revoked == ["b"] && started == ["a"] && again == [])
    }

    @Test("remembers who had a partition before")
    func successor() {
        var state = ConsumerState<String>()
        state.assign(first, "a")
        _ = state.revoke([first])
        #expect(state.reader(of: first) == "a")
        state.assign(first, "b")
        #expect(state.reader(of: first) == "b" && state.allReaders == ["b"])
    }

    @Test("lets the deadline only come nearer")
    func deadline() {
        var state = ConsumerState<String>()
        let now = ContinuousClock.now
        state.stop(by: now + .seconds(30))
        state.stop(by: now)
        state.stop(by: now + .seconds(60))
        #expect(state.deadline == now && !state.isRunning)
    }

    @Test("keeps the first error, and none that comes while it stops on request")
    func failure() {
        var state = ConsumerState<String>()
        state.fail(KafkaError(.handler, "first"), by: .now)
        state.fail(KafkaError(.handler, "second"), by: .now)
        #expect(state.failure?.message == "first")

        var stopped = ConsumerState<String>()
        stopped.stop(by: .now)
        stopped.fail(KafkaError(.handler, "late"), by: .now)
        #expect(stopped.failure == nil)
    }

    @Test("is run once")
    func run() {
        var state = ConsumerState<String>()
        let first = state.beginRun()
        let second = state.beginRun()
        #expect(first && !second)
    }
}
