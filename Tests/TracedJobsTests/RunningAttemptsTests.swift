// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TracedJobs

@Suite("Attempts that are to be stopped")
struct RunningAttemptsTests {
    private let first = JobID(rawValue: 1)
    private let second = JobID(rawValue: 2)

    @Test("One that has not begun is cancelled, and another claim of its job begins")
    func orders() {
        let running = RunningAttempts(grace: .seconds(1))
        running.stop([first])
        #expect(running.start(of: second) == .begins)
        #expect(running.start(of: first) == .isCancelled)
        #expect(running.start(of: first) == .begins)
    }

    @Test("What a later sign of life no longer names is not held against anybody")
    func withdrawn() {
        let running = RunningAttempts(grace: .seconds(1))
        running.stop([first])
        running.stop([second])
        #expect(running.start(of: first) == .begins)
        #expect(running.takeOrder(for: second) && !running.takeOrder(for: second))
    }

    @Test("None begins after all were stopped")
    func all() {
        let running = RunningAttempts(grace: .seconds(1))
        running.stopAll()
        #expect(running.start(of: first) == .staysUnstarted && running.hasStopped)
    }
}
