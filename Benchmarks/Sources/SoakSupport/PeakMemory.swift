// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Looks at the resident memory of this process a hundred times a second, from its making on, on a thread of its own.
///
/// `@unchecked Sendable`: what changes is touched only while `lock` is held.
public final class PeakMemory: @unchecked Sendable {
    private let lock = NSCondition()
    private var peak = 0
    private var isStopping = false

    /// Begins to look.
    public init() { Thread.detachNewThread { self.watch() } }

    /// Looks no more; the most that it saw, in bytes.
    public func stop() -> Int {
        lock.withLock {
            isStopping = true
            lock.signal()
            return peak
        }
    }

    private func watch() {
        lock.withLock {
            while !isStopping {
                peak = max(peak, ResidentMemory.now ?? 0)
                _ = lock.wait(until: Date(timeIntervalSinceNow: 0.01))
            }
        }
    }
}
