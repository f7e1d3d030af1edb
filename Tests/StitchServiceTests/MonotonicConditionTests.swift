// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import StitchService

@Suite("A condition that threads wait for", .timeLimit(.minutes(1)))
struct MonotonicConditionTests {
    @Test("A moment that is over ends no wait but the one that had not begun")
    func past() {
        let condition = MonotonicCondition()
        condition.withLock {
            #expect(!condition.wait(until: .now))
            #expect(!condition.wait(until: .now.advanced(by: .seconds(-3_600))))
            let end = ContinuousClock.now.advanced(by: .milliseconds(20))
            while condition.wait(until: end) {}
            #expect(ContinuousClock.now >= end)
        }
    }

    @Test("Whoever waits for a moment that never comes is woken by others, however far it is")
    func woken() {
        let condition = MonotonicCondition()
        nonisolated(unsafe) var isSet = false
        Thread.detachNewThread {
            condition.withLock { isSet = true }
            condition.broadcast()
        }
        let never = ContinuousClock.now.advanced(by: .seconds(9_000_000_000_000))
        condition.withLock { while !isSet { #expect(condition.wait(until: never)) } }
        condition.withLock { while !isSet { condition.wait() } }
    }

    @Test("Times that no clock can tell are a year, or none")
    func bounds() {
        let year = Duration.seconds(31_536_001)
        #expect(ContinuousClock.Instant.after(seconds: .infinity) < .now + year)
        #expect(ContinuousClock.Instant.after(seconds: .nan) <= .now)
        #expect(ContinuousClock.Instant.after(seconds: -1) <= .now)
        #expect(ContinuousClock.Instant.after(.seconds(Int64.max)) < .now + year)
    }
}
