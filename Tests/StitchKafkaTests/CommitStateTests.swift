// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import StitchKafka

@Suite("Commits")
struct CommitStateTests {
    private static let unknown = KafkaError(KafkaError.Code("UNKNOWN_MEMBER_ID"), "no member")

    private func ask(_ state: CommitState) -> CommitState.Attempt? {
        if case .ask(let attempt) = state.begin() { attempt } else { nil }
    }

    @Test(
        "rest once the group has said that the consumer is none of its members, until it is assigned anew",
        arguments: ["UNKNOWN_MEMBER_ID", "ILLEGAL_GENERATION", "FENCED_INSTANCE_ID", "FENCED_MEMBER_EPOCH"]
    )
    func rest(code: String) throws {
        var state = CommitState()
        state.assigned()
        let attempt = try #require(ask(state))
        state.end(attempt, KafkaError(KafkaError.Code(code), "refused"))
        #expect(state.isResting)
        let isScheduled = state.schedule()
        #expect(!isScheduled)
        guard case .rest(let refusal) = state.begin() else {
            Issue.record("the group is asked again")
            return
        }
        #expect(refusal.errorType == code)
        state.assigned()
        #expect(!state.isResting && ask(state) != nil)
    }

    @Test("go on after an answer that may be another one the next time", arguments: ["_TIMED_OUT", "NOT_COORDINATOR"])
    func passing(code: String) throws {
        var state = CommitState()
        let attempt = try #require(ask(state))
        state.end(attempt, KafkaError(KafkaError.Code(code), "refused"))
        #expect(!state.isResting && ask(state) != nil)
    }

    @Test("go on after a refusal that is from before the last assignment")
    func late() throws {
        var state = CommitState()
        state.assigned()
        let attempt = try #require(ask(state))
        state.assigned()
        state.end(attempt, Self.unknown)
        #expect(!state.isResting)
    }

    @Test("are made before partitions are given away, also while they rest")
    func last() {
        var state = CommitState()
        state.end(state.beginLast(), Self.unknown)
        #expect(state.isResting)
        state.assigned()
        state.end(state.beginLast(), nil)
        #expect(!state.isResting)
    }

    @Test("in the background wait for each other's answer, so that they don't pile up")
    func scheduled() {
        var state = CommitState()
        let first = state.schedule()
        let second = state.schedule()
        state.endScheduled()
        let third = state.schedule()
        #expect(first && !second && third)
    }

    @Test("of a consumer that isn't assigned anything never rest: nothing would end that")
    func partitions() throws {
        var state = CommitState(joins: false)
        state.end(try #require(ask(state)), Self.unknown)
        #expect(!state.isResting && ask(state) != nil)
    }
}
