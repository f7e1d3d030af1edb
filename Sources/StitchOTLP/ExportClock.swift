// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The time, and the waiting, of an exporter.
protocol ExportClock: Sendable {
    /// How long it is since some moment; never goes back.
    var elapsed: Duration { get }

    /// Seconds since 1970-01-01 UTC.
    var secondsSince1970: Int64 { get }

    /// Blocks its thread for a while.
    ///
    /// - Returns: Whether it waited to the end, that is, was not interrupted.
    func wait(_ duration: Duration) -> Bool

    /// Ends the wait under way and every later one.
    func interrupt()
}

/// The system's time.
///
/// `@unchecked Sendable`: `isInterrupted` is touched only while `condition` is locked.
final class SystemExportClock: ExportClock, @unchecked Sendable {
    private let start = ContinuousClock.now
    private let condition = NSCondition()
    private var isInterrupted = false

    var elapsed: Duration { start.duration(to: .now) }

    var secondsSince1970: Int64 { Int64(Date.now.timeIntervalSince1970) }

    func wait(_ duration: Duration) -> Bool {
        condition.withLock {
            let end = elapsed + duration
            // A system clock that is set meanwhile must not end the wait: what counts is the time that went by.
            while !isInterrupted, elapsed < end {
                _ = condition.wait(until: Date(timeIntervalSinceNow: (end - elapsed) / .seconds(1)))
            }
            return !isInterrupted
        }
    }

    func interrupt() {
        condition.withLock {
            isInterrupted = true
            condition.broadcast()
        }
    }
}
