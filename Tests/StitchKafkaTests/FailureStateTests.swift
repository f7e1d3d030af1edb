// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import StitchKafka

@Suite("What becomes of a failure")
struct FailureStateTests {
    private let policy = KafkaFailurePolicy.moveAside(retry: [.seconds(30)], tries: 2, backoff: .constant(.seconds(1)))

    private func state(_ policy: KafkaFailurePolicy, in topic: String = "orders") throws -> FailureState {
        guard case .moveAside(let move) = policy.outcome else {
            return FailureState(policy, nil, at: RetryTopics.Place(topic: topic, stage: 0))
        }
        let topics = try RetryTopics(["orders"], move)
        return FailureState(policy, topics, at: topics.place(of: topic))
    }

    /// What is done after each failure, until it is no other try.
    private func actions(
        _ state: FailureState,
        _ decisions: [KafkaFailureDecision?] = []
    ) -> [FailureState.Action] {
        var state = state
        var actions: [FailureState.Action] = []
        repeat {
            state.begin()
            let decision = decisions.indices.contains(actions.count) ? decisions[actions.count] : nil
            actions.append(state.failed(decision, random: 0))
            if case .retry = actions.last { continue }
            return actions
        } while true
    }

    @Test("stops at once unless told otherwise, and after the last try where there are several")
    func stops() throws {
        #expect(actions(try state(.stop)) == [.stop(nil)])
        let stop = KafkaFailurePolicy.stop(
            tries: 4,
            backoff: KafkaBackoff(first: .seconds(1), factor: 3, maximum: .seconds(5), jitter: 0.5)
        )
        let waits: [FailureState.Action] = [.seconds(1), .seconds(3), .seconds(5)].map { .retry(after: $0) }
        #expect(actions(try state(stop)) == waits + [.stop(nil)])
    }

    @Test("moves to the next retry topic after the last try, and from the last of them to the dead topic")
    func moves() throws {
        let retry = FailureState.Action.retry(after: .seconds(1))
        let next = RetryTopics.Step(topic: "orders.retry.30s", delay: .seconds(30))
        let dead = RetryTopics.Step(topic: "orders.dead", delay: nil)
        #expect(actions(try state(policy)) == [retry, .move(to: next, reason: .retry)])
        #expect(actions(try state(policy, in: "orders.retry.30s")) == [retry, .move(to: dead, reason: .exhausted)])
    }

    @Test("does what is decided for a single failure, whatever tries are left")
    func decides() throws {
        let next = RetryTopics.Step(topic: "orders.retry.30s", delay: .seconds(30))
        let dead = RetryTopics.Step(topic: "orders.dead", delay: nil)
        #expect(actions(try state(policy), [.moveAside]) == [.move(to: next, reason: .retry)])
        #expect(actions(try state(policy), [.dead]) == [.move(to: dead, reason: .refused)])
        #expect(actions(try state(policy), [.skip]) == [.skip])
        #expect(actions(try state(policy), [.stop]) == [.stop(nil)])
        let retries = actions(try state(policy), [.retry, .retry, .retry, .skip])
        #expect(retries == Array(repeating: .retry(after: .seconds(1)), count: 3) + [.skip])
    }

    @Test(
        "stops, and says why, where it is decided to move a record that has nowhere to go",
        arguments: [
            KafkaFailureDecision.moveAside, .dead,
        ]
    )
    func nowhere(decision: KafkaFailureDecision) throws {
        guard case .stop(let flaw?) = actions(try state(.stop(tries: 3)), [decision])[0] else {
            Issue.record("it doesn't stop with a reason")
            return
        }
        #expect(flaw.contains("moveAside"))
    }

    @Test("waits longer each time up to a limit, and shorter at random by no more than the jitter")
    func backoff() {
        let backoff = KafkaBackoff(first: .seconds(1), factor: 2, maximum: .seconds(60), jitter: 0.25)
        #expect(backoff.delay(after: 3, random: 0) == .seconds(4))
        #expect(backoff.delay(after: 3, random: 1) == .seconds(3))
        #expect(backoff.delay(after: 7, random: 0) == .seconds(60))
        #expect(backoff.delay(after: .max, random: 0) == .seconds(60))
        #expect(KafkaBackoff.none.delay(after: 5, random: 0.5) == .zero)
        #expect(KafkaBackoff.constant(.seconds(2)).delay(after: 9, random: 0.9) == .seconds(2))
    }

    @Test("refuses options that can't be")
    func refusals() {
        func refusal(_ policy: KafkaFailurePolicy) -> String? {
            do {
                try policy.check()
                return nil
            } catch {
                return error.message
            }
        }
        #expect(refusal(.stop) == nil && refusal(policy) == nil)
        #expect(refusal(.stop(tries: 0))?.contains("'onFailure.tries' is 0") == true)
        let wrong = [
            KafkaBackoff(first: .seconds(-1)), KafkaBackoff(factor: 0.5), KafkaBackoff(factor: .nan),
            KafkaBackoff(first: .seconds(20)), KafkaBackoff(jitter: 1.5), KafkaBackoff(jitter: .nan),
            KafkaBackoff(maximum: .seconds(Int64.max)),
        ]
        for backoff in wrong { #expect(refusal(.stop(tries: 2, backoff: backoff))?.contains("backoff.") == true) }
    }
}
