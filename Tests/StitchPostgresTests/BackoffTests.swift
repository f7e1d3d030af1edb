// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import StitchPostgres

@Suite("How long to wait between tries")
struct BackoffTests {
    @Test("It doubles up to the limit, and begins anew after a success")
    func doubling() {
        var backoff = Backoff(first: .milliseconds(100), limit: .milliseconds(700))
        let halves = (0..<5).map { _ in backoff.delay(share: 0) }
        #expect(halves == [50, 100, 200, 350, 350].map { .milliseconds($0) })
        backoff.reset()
        #expect(backoff.delay(share: 0) == .milliseconds(50))
    }

    @Test("It is shortened by a half at most and never made longer")
    func jitter() {
        var backoff = Backoff(first: .milliseconds(100), limit: .seconds(1))
        #expect(backoff.delay(share: 1) == .milliseconds(100))
        var delays: Set<Duration> = []
        for _ in 0..<100 {
            backoff.reset()
            let delay = backoff.delay()
            #expect(delay >= .milliseconds(50) && delay <= .milliseconds(100))
            delays.insert(delay)
        }
        #expect(delays.count > 50)
    }
}
