// SPDX-License-Identifier: Apache-2.0

import StitchService

/// When reports are made: at intervals, when somebody asks, and a last time at the end.
///
/// `@unchecked Sendable`: every stored property that changes is touched only while `condition` is locked.
final class ReportSchedule: @unchecked Sendable {
    private let condition = MonotonicCondition()
    private let interval: Duration

    // Reports are numbered in the order in which they are begun; one that was asked for is any that begins afterwards.
    private var begun = 0
    private var finished = 0
    private var asked = 0
    private var isClosed = false
    private var isEnded = false

    init(interval: Duration) {
        // Longer than a year is never.
        self.interval = min(interval, .seconds(31_536_000))
    }

    /// Makes reports until the schedule is closed; the body of the thread.
    func run(_ report: () -> Void) {
        var next = ContinuousClock.Instant.after(interval)
        while true {
            let isLast = waitUntilDue(next)
            // Where a report takes longer than the interval the next begins at once, and none is made up for.
            next = max(next.advanced(by: interval), .now)
            report()
            condition.withLock {
                finished = begun
                if isLast { isEnded = true }
                condition.broadcast()
            }
            if isLast { return }
        }
    }

    /// Waits for a report that begins after this call; says whether it was made in time.
    func reportNow(timeout: Duration) -> Bool {
        let deadline = ContinuousClock.Instant.after(timeout)
        return condition.withLock {
            let wanted = begun + 1
            asked = max(asked, wanted)
            condition.broadcast()
            return wait(until: deadline) { finished >= wanted || isEnded } && finished >= wanted
        }
    }

    /// Has the last report made; says whether this call closed the schedule, and whether all was done in time.
    func close(timeout: Duration) -> (isFirst: Bool, isDone: Bool) {
        let deadline = ContinuousClock.Instant.after(timeout)
        return condition.withLock {
            let isFirst = !isClosed
            isClosed = true
            condition.broadcast()
            return (isFirst, wait(until: deadline) { isEnded })
        }
    }

    /// Begins a report when it is due; says whether it is the last.
    private func waitUntilDue(_ next: ContinuousClock.Instant) -> Bool {
        condition.withLock {
            _ = wait(until: next) { isClosed || asked > begun }
            begun += 1
            return isClosed
        }
    }

    /// Waits, with the lock held, until something holds; says whether it does.
    private func wait(until deadline: ContinuousClock.Instant, for holds: () -> Bool) -> Bool {
        while !holds() {
            if !condition.wait(until: deadline) { return holds() }
        }
        return true
    }
}
