// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import TracedJobs

private struct Bounced: Error {}

@Suite("What becomes of a job after an attempt")
struct AttemptVerdictTests {
    private func verdict(_ error: any Error, number: Int = 1, wasStopped: Bool = false) -> AttemptVerdict {
        let attempt = JobAttempt(
            jobID: JobID(rawValue: 1),
            queue: "default",
            kind: "k",
            number: number,
            maximumAttempts: 3,
            losses: 0,
            createdAt: .distantPast,
            scheduledAt: .distantPast
        )
        let policy = RetryPolicy(initialDelay: .seconds(5), jitter: 0)
        return AttemptVerdict(of: error, attempt: attempt, wasStopped: wasStopped, policy: policy, chance: 0)
    }

    @Test("A failure is tried again after the policy's wait, and dead after the last attempt")
    func failures() {
        let first = verdict(Bounced())
        #expect(first.state == .ready && first.counts && first.isError)
        #expect(first.delay == .seconds(5) && first.settlement == "retry")
        let last = verdict(Bounced(), number: 3)
        #expect(last.state == .dead && last.counts && last.isError)
        #expect(last.reason == "Bounced()" && last.settlement == "dead")
    }

    @Test("A snooze is no error and no attempt")
    func snooze() {
        let verdict = verdict(JobControl.snooze(.seconds(300)), number: 3)
        #expect(verdict.state == .ready && !verdict.counts && !verdict.isError)
        #expect(verdict.delay == .seconds(300))
    }

    @Test("Cancelled and discarded jobs are over, with their reason, and are no errors")
    func steered() {
        let cancelled = verdict(JobControl.cancel("refunded"))
        #expect(cancelled.state == .cancelled && cancelled.reason == "refunded" && !cancelled.isError)
        let discarded = verdict(JobControl.discard("no such order\0"))
        #expect(discarded.state == .discarded && discarded.reason == "no such order" && !discarded.isError)
    }

    @Test("What was stopped by the worker is given back, on its last attempt too; what it asked for is still done")
    func stopped() {
        let returned = verdict(CancellationError(), number: 3, wasStopped: true)
        #expect(returned.state == .ready && !returned.counts && !returned.isError && returned.delay == nil)
        #expect(verdict(JobControl.cancel("x"), wasStopped: true).state == .cancelled)
    }

    @Test("A cancellation that nobody asked for is a failure, or it would go on for ever")
    func unasked() {
        #expect(verdict(CancellationError()).counts)
    }
}
