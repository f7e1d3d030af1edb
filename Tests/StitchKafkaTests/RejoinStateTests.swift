// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import StitchKafka

@Suite("Whether a commit reaches the group's present generation")
struct RejoinStateTests {
    private let start = ContinuousClock.now

    private func settled(_ state: RejoinState, after time: Duration) -> Bool { state.isSettled(at: start + time) }

    @Test("it does until a join is sent, and again when the client knows the new generation")
    func join() {
        var state = RejoinState()
        #expect(settled(state, after: .zero))
        state.joinSent()
        // However long the slowest member takes.
        #expect(!settled(state, after: .seconds(3600)))
        state.joinAnswered(at: start)
        #expect(!settled(state, after: .zero))
        state.syncSent()
        #expect(settled(state, after: .zero))
    }

    @Test("an answer without a next step holds commits up for a second")
    func refusedJoin() {
        var state = RejoinState()
        state.joinSent()
        state.joinAnswered(at: start)
        #expect(!settled(state, after: .milliseconds(999)))
        #expect(settled(state, after: .seconds(1)))
        #expect(state.end(from: start, limit: start + .seconds(5)) == start + .seconds(1))
        // A late answer to a request that doesn't count any more.
        state.syncSent()
        state.joinAnswered(at: start)
        #expect(settled(state, after: .zero))
    }

    @Test("a member that has given partitions away is about to join, for two seconds at most")
    func gaveAway() {
        var state = RejoinState()
        state.gaveAway(at: start)
        // It is in no group, or in one of the newer protocol.
        #expect(settled(state, after: .zero))
        state.joinSent()
        state.syncSent()
        state.gaveAway(at: start)
        #expect(!settled(state, after: .milliseconds(1999)))
        #expect(settled(state, after: .seconds(2)))
        state.joinSent()
        #expect(!settled(state, after: .seconds(2)))
    }

    @Test("the answer to a heartbeat may tell of a rebalance, and shortens no other wait")
    func heartbeat() {
        var state = RejoinState()
        state.heartbeatSent(at: start)
        #expect(!settled(state, after: .seconds(59)))
        // It has come; then the client looks at it.
        state.heartbeatAnswered(at: start)
        #expect(!settled(state, after: .milliseconds(999)))
        state.heartbeatAnswered(at: start)
        #expect(!settled(state, after: .milliseconds(19)))
        #expect(settled(state, after: .milliseconds(20)))
        #expect(state.end(from: start, limit: start + .seconds(5)) == start + .milliseconds(20))
        state.joinSent()
        state.heartbeatAnswered(at: start)
        #expect(!settled(state, after: .seconds(60)))
        state.syncSent()
        #expect(settled(state, after: .zero))
        state.gaveAway(at: start)
        state.heartbeatSent(at: start)
        for _ in 1...2 { state.heartbeatAnswered(at: start) }
        #expect(!settled(state, after: .milliseconds(1999)))
        #expect(state.end(from: start, limit: start + .seconds(5)) == start + .seconds(2))
    }

    @Test(
        "a client whose commits take long until they leave has as much more time to join after a heartbeat, a second at most",
        arguments: [(50, 150), (6, 20), (900, 1000)]
    )
    func slow(took milliseconds: Int, mayTake limit: Int) {
        var state = RejoinState()
        func hear() {
            state.heartbeatSent(at: start)
            for _ in 1...2 { state.heartbeatAnswered(at: start) }
        }
        state.commitBegun(at: start)
        state.commitSent(at: start + .milliseconds(milliseconds))
        // Another's, such as the last one, which is given up.
        state.commitSent(at: start + .seconds(5))
        hear()
        #expect(!settled(state, after: .milliseconds(limit - 1)))
        #expect(settled(state, after: .milliseconds(limit)))
        // What was slow once is forgotten.
        for _ in 1...10 {
            state.commitBegun(at: start)
            state.commitSent(at: start)
        }
        hear()
        #expect(settled(state, after: .milliseconds(20)))
    }
}
