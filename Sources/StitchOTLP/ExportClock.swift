// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchService

/// The time, and the waiting, of an exporter.
protocol ExportClock: Sendable {
    /// How long it is since some moment; never goes back.
    var elapsed: Duration { get }

    /// Seconds since 1970-01-01 UTC.
    var secondsSince1970: Int64 { get }

    /// Blocks its thread for a while.
    ///
    /// - Parameters:
    ///   - duration: How long.
    ///   - isHasty: Whether the wait ends early when there is hurry.
    /// - Returns: What ended it.
    func wait(_ duration: Duration, isHasty: Bool) -> WaitEnd

    /// Ends the hasty wait under way and every later one.
    func hurry()

    /// Ends the wait under way and every later one.
    func interrupt()
}

/// What ended a wait.
enum WaitEnd {
    case over, hurried, interrupted
}

/// The system's time.
///
/// `@unchecked Sendable`: what changes is touched only while `condition` is locked.
final class SystemExportClock: ExportClock, @unchecked Sendable {
    private let start = ContinuousClock.now
    private let condition = MonotonicCondition()
    private var isHurried = false
    private var isInterrupted = false

    var elapsed: Duration { start.duration(to: .now) }

    var secondsSince1970: Int64 { Int64(Date.now.timeIntervalSince1970) }

    func wait(_ duration: Duration, isHasty: Bool) -> WaitEnd {
        condition.withLock {
            let end = ContinuousClock.Instant.after(duration)
            while !isInterrupted, !(isHasty && isHurried), condition.wait(until: end) {}
            return isInterrupted ? .interrupted : isHasty && isHurried ? .hurried : .over
        }
    }

    func hurry() {
        condition.withLock {
            isHurried = true
            condition.broadcast()
        }
    }

    func interrupt() {
        condition.withLock {
            isInterrupted = true
            condition.broadcast()
        }
    }
}
