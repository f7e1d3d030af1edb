// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import StitchOTLP

extension RetryState {
    fileprivate mutating func next(_ event: Event, at elapsed: Duration = .zero, jitter: Double = 1) -> Action {
        next(event, at: elapsed, now: 1_000, jitter: jitter)
    }
}

@Suite("When a request is sent again")
struct RetryStateTests {
    @Test("After 429, 502, 503 and 504 it is, and after no other status", arguments: 100...599)
    func statuses(status: Int) {
        var state = RetryState(timeout: .seconds(10))
        let action = state.next(.answered(status: status))
        switch status {
        case 200...299: #expect(action == .done)
        case 429, 502, 503, 504: #expect(action == .wait(.seconds(1)))
        default: #expect(action == .giveUp(.refused(status: status)))
        }
    }

    @Test("After a lost connection it is; after a failure that stays one, a timeout or an interruption it isn't")
    func transport() {
        var state = RetryState(timeout: .seconds(10))
        #expect(state.next(.disconnected("reset")) == .wait(.seconds(1)))
        #expect(state.next(.unconnected("refused")) == .wait(.seconds(2)))
        #expect(state.next(.failed("untrusted")) == .giveUp(.failed("untrusted")))
        #expect(state.next(.timedOut) == .giveUp(.deadline(last: .timedOut)))
        #expect(state.next(.interrupted) == .giveUp(.interrupted))
    }

    @Test("Waits double up to a limit, and jitter takes up to half of each away")
    func backoff() {
        var (slow, quick) = (RetryState(timeout: .seconds(3600)), RetryState(timeout: .seconds(3600)))
        let slowest = (1...5).map { _ in slow.next(.disconnected("")) }
        let quickest = (1...5).map { _ in quick.next(.disconnected(""), jitter: 0) }
        #expect(slowest == [1, 2, 4, 5, 5].map { .wait(.seconds($0)) })
        #expect(quickest == [500, 1000, 2000, 2500, 2500].map { .wait(.milliseconds($0)) })
    }

    @Test("A server's wish is kept, in seconds and as a date, unless the back-off is longer")
    func retryAfter() {
        var state = RetryState(timeout: .seconds(3600))
        #expect(state.next(.answered(status: 503, retryAfter: .seconds(30))) == .wait(.seconds(30)))
        #expect(state.next(.answered(status: 429, retryAfter: .date(1_045))) == .wait(.seconds(45)))
        #expect(state.next(.answered(status: 503, retryAfter: .seconds(0))) == .wait(.seconds(4)))
        #expect(state.next(.answered(status: 503, retryAfter: .date(0))) == .wait(.seconds(5)))
    }

    @Test("A wish changes nothing where sending again is forbidden")
    func forbidden() {
        var state = RetryState(timeout: .seconds(3600))
        #expect(
            state.next(.answered(status: 400, retryAfter: .seconds(1))) == .giveUp(.refused(status: 400))
        )
    }

    @Test("A wait that would reach the deadline is not begun")
    func deadline() {
        var state = RetryState(timeout: .seconds(10))
        let busy = RetryState.Event.answered(status: 503, retryAfter: .seconds(4))
        #expect(state.next(busy, at: .milliseconds(5_999)) == .wait(.seconds(4)))
        #expect(state.next(busy, at: .seconds(6)) == .giveUp(.deadline(last: busy)))
        #expect(state.remaining(at: .seconds(6)) == .seconds(4))
        #expect(state.remaining(at: .seconds(11)) == .zero)
    }

    @Test("At the end of the process who isn't there is not waited for; a busy server and a lost connection are")
    func finishing() {
        var state = RetryState(timeout: .seconds(10))
        state.finish(by: .seconds(4))
        #expect(state.next(.disconnected("reset")) == .wait(.seconds(1)))
        #expect(state.next(.answered(status: 503), at: .seconds(1)) == .wait(.seconds(2)))
        #expect(state.next(.unconnected("refused"), at: .seconds(3)) == .giveUp(.absent("refused")))
    }

    @Test("The end of the process may come before the deadline, never after it")
    func finishingDeadline() {
        var state = RetryState(timeout: .seconds(10))
        state.finish(by: .seconds(20))
        #expect(state.remaining(at: .seconds(1)) == .seconds(9))
        state.finish(by: .seconds(3))
        #expect(state.remaining(at: .seconds(1)) == .seconds(2))
        #expect(state.obstacle(at: .seconds(2)) == nil)
        #expect(state.obstacle(at: .seconds(3)) == .deadline(last: .timedOut))
        let busy = RetryState.Event.answered(status: 503)
        #expect(state.next(busy, at: .milliseconds(2_500)) == .giveUp(.deadline(last: busy)))
        #expect(state.obstacle(at: .seconds(4)) == .deadline(last: busy))
    }

    @Test("In the middle of a wait the end brings the last attempt, unless a server asked for time")
    func hurry() {
        var state = RetryState(timeout: .seconds(60))
        #expect(state.next(.unconnected("refused")) == .wait(.seconds(1)))
        state.finish(by: .seconds(5))
        #expect(state.hurry(at: .milliseconds(200)) == .wait(.zero))
        for (wish, action) in [
            (Int64(4), RetryState.Action.wait(.seconds(1))),
            (5, .giveUp(.deadline(last: .answered(status: 503, retryAfter: .seconds(5))))),
        ] {
            var state = RetryState(timeout: .seconds(60))
            #expect(state.next(.answered(status: 503, retryAfter: .seconds(wish))) == .wait(.seconds(wish)))
            state.finish(by: .seconds(5))
            #expect(state.hurry(at: .seconds(3)) == action)
        }
    }

    @Test("What the server wished with an earlier request is waited for, within the timeout")
    func notBefore() {
        var state = RetryState(timeout: .seconds(10), notBefore: .seconds(4))
        #expect(state.begin(at: .zero) == .wait(.seconds(4)))
        #expect(state.obstacle(at: .seconds(4)) == nil)
        #expect(state.next(.answered(status: 503), at: .seconds(4)) == .wait(.seconds(1)))
        let past = RetryState(timeout: .seconds(10), notBefore: .seconds(-4))
        #expect(past.begin(at: .zero) == .wait(.zero) && past.obstacle(at: .zero) == nil)
        let beyond = RetryState(timeout: .seconds(10), notBefore: .seconds(60))
        #expect(beyond.begin(at: .zero) == .wait(.seconds(10)))
        #expect(beyond.obstacle(at: .seconds(10)) == .postponed)
    }

    @Test("At the end of the process such a wish is waited for if there is time, and nothing is sent if there isn't")
    func notBeforeAtEnd() {
        for (wish, action) in [(4, RetryState.Action.wait(.seconds(3))), (5, .giveUp(.postponed))] {
            var state = RetryState(timeout: .seconds(60), notBefore: .seconds(wish))
            #expect(state.begin(at: .zero) == .wait(.seconds(wish)))
            state.finish(by: .seconds(5))
            #expect(state.hurry(at: .seconds(1)) == action && state.begin(at: .seconds(1)) == action)
        }
        var late = RetryState(timeout: .seconds(10))
        late.finish(by: .zero)
        #expect(late.begin(at: .zero) == .wait(.zero) && late.obstacle(at: .zero) == .deadline(last: .timedOut))
    }

    @Test("A wish is kept for the next request, for a quarter of an hour at most; a back-off is not")
    func kept() {
        for (wish, kept) in [(30, 37), (100_000, 907)] {
            var state = RetryState(timeout: .seconds(10))
            let busy = RetryState.Event.answered(status: 429, retryAfter: .seconds(Int64(wish)))
            #expect(state.next(busy, at: .seconds(7)) == .giveUp(.deadline(last: busy)))
            #expect(state.notBefore == .seconds(kept))
        }
        var state = RetryState(timeout: .seconds(10))
        _ = state.next(.answered(status: 503), at: .seconds(7))
        #expect(state.notBefore == .zero)
    }
}
