// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Synchronization

/// Where one thread waits for others to wake it.
final class ThreadBell: Sendable {
    private let isRung = Atomic(false)
    private let semaphore = DispatchSemaphore(value: 0)

    /// Has the thread look again, now or before it waits the next time; from any thread, without waiting.
    func ring() {
        if !isRung.exchange(true, ordering: .acquiringAndReleasing) { semaphore.signal() }
    }

    /// Blocks the thread until somebody rings, or somebody has since it looked last; now and then for nothing.
    func wait(milliseconds: Int) {
        _ = semaphore.wait(timeout: .now() + .milliseconds(milliseconds))
        // Whoever rings from here on has the thread look once more.
        _ = isRung.exchange(false, ordering: .acquiringAndReleasing)
    }
}
