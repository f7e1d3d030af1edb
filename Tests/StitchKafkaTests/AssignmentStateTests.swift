// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import StitchKafka

@Suite("The assignment of a consumer")
struct AssignmentStateTests {
    private let first = KafkaTopicPartition(topic: "t", partition: 0)
    private let second = KafkaTopicPartition(topic: "t", partition: 1)

    @Test("hands out each assigned reader once, and none whose partition was given away before")
    func assignment() {
        var state = AssignmentState<String>()
        state.assign(first, "a")
        state.assign(second, "b")
        let revoked = state.revoke([second])
        let started = state.takeUnstarted()
        let again = state.takeUnstarted()
        #expect(revoked == ["b"] && started == ["a"] && again == [])
    }

    @Test("remembers who had a partition before")
    func successor() {
        var state = AssignmentState<String>()
        state.assign(first, "a")
        _ = state.revoke([first])
        #expect(state.reader(of: first) == "a")
        state.assign(first, "b")
        #expect(state.reader(of: first) == "b" && state.allReaders == ["b"])
    }

    @Test("knows which partitions are ours, and gives each away once")
    func revocation() {
        var state = AssignmentState<String>()
        state.assign(second, "b")
        state.assign(first, "a")
        #expect(state.partitions == [first, second] && state.assignedReader(of: second) == "b")
        let once = state.revoke([second])
        let twice = state.revoke([second])
        #expect(once == ["b"] && twice == [] && state.partitions == [first])
        #expect(state.assignedReader(of: second) == nil && state.assignedReaders == ["a"])
    }

    @Test("lets the deadline only come nearer")
    func deadline() {
        var state = AssignmentState<String>()
        let now = ContinuousClock.now
        state.stop(by: now + .seconds(30))
        state.stop(by: now)
        state.stop(by: now + .seconds(60))
        #expect(state.deadline == now && !state.isRunning)
    }

    @Test("keeps the first error, and none that comes while it stops on request")
    func failure() {
        var state = AssignmentState<String>()
        state.fail(KafkaError(.handler, "first"), by: .now)
        state.fail(KafkaError(.handler, "second"), by: .now)
        #expect(state.failure?.message == "first")

        var stopped = AssignmentState<String>()
        stopped.stop(by: .now)
        stopped.fail(KafkaError(.handler, "late"), by: .now)
        #expect(stopped.failure == nil)
    }

    @Test("is run once")
    func run() {
        var state = AssignmentState<String>()
        let first = state.beginRun()
        let second = state.beginRun()
        #expect(first && !second)
    }
}
