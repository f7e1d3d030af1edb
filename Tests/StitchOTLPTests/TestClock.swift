// SPDX-License-Identifier: Apache-2.0

import Foundation

@testable import StitchOTLP

/// Time that passes only while somebody waits, and then at once.
///
/// `@unchecked Sendable`: what changes is touched only while `condition` is locked.
final class TestClock: ExportClock, @unchecked Sendable {
    private let condition = NSCondition()
    private let blocks: Bool
    private var time = Duration.zero
    private var waited: [Duration] = []
    private var isHurried = false
    private var isInterrupted = false

    /// With `blocks` a wait lasts until it is interrupted.
    init(blocks: Bool = false) {
        self.blocks = blocks
    }

    var elapsed: Duration { condition.withLock { time } }
    var secondsSince1970: Int64 { 784_111_777 + condition.withLock { time.components.seconds } }
    var waits: [Duration] { condition.withLock { waited } }

    /// Returns when somebody waits.
    func untilWaiting() {
        condition.withLock { while waited.isEmpty { condition.wait() } }
    }

    func wait(_ duration: Duration, isHasty: Bool) -> WaitEnd {
        condition.withLock {
            waited.append(duration)
            condition.broadcast()
            while blocks, !isInterrupted, !(isHasty && isHurried) { condition.wait() }
            if isHasty && isHurried { return .hurried }
            time += duration
            return isInterrupted ? .interrupted : .over
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
