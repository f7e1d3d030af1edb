// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TracedJobs

@Suite("How long a failed job waits")
struct RetryPolicyTests {
    @Test("The wait doubles up to its limit, and a million failures are no trouble")
    func growth() {
        let policy = RetryPolicy(initialDelay: .seconds(1), factor: 2, maximumDelay: .seconds(10), jitter: 0)
        let delays = [1, 2, 3, 4, 5, 1_000_000].map { policy.delay(afterAttempt: $0, chance: 0.5) }
        #expect(delays == [1, 2, 4, 8, 10, 10].map { .seconds($0) })
    }

    @Test("Chance spreads the wait on both sides")
    func jitter() {
        let policy = RetryPolicy(initialDelay: .seconds(10), jitter: 0.2)
        #expect(policy.delay(afterAttempt: 1, chance: 0) == .seconds(8))
        #expect(policy.delay(afterAttempt: 1, chance: 1) == .seconds(12))
    }

    @Test("A policy that makes no sense is refused")
    func invalid() {
        #expect(throws: JobError.self) { try RetryPolicy(factor: 0.5).validate() }
        #expect(throws: JobError.self) { try RetryPolicy(factor: .infinity).validate() }
        #expect(throws: JobError.self) { try RetryPolicy(jitter: 2).validate() }
        #expect(throws: JobError.self) { try RetryPolicy(initialDelay: .seconds(-1)).validate() }
    }
}
