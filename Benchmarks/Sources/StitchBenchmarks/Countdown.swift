// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Counts, from any thread, and wakes whoever waits for a number.
final class Countdown: Sendable {
    private let number: Int
    private let total = Atomic<Int>(0)
    private let waiting = Mutex<CheckedContinuation<Void, Never>?>(nil)

    init(_ number: Int) { self.number = number }

    /// How many were counted.
    var counted: Int { total.load(ordering: .relaxed) }

    func count(_ count: Int = 1) {
        guard total.add(count, ordering: .acquiringAndReleasing).newValue >= number else { return }
        waiting.withLock { continuation in
            continuation?.resume()
            continuation = nil
        }
    }

    /// Waits until the number is reached; for one task.
    func wait() async {
        await withCheckedContinuation { continuation in
            let isReached = waiting.withLock { waiting in
                if counted >= number { return true }
                waiting = continuation
                return false
            }
            if isReached { continuation.resume() }
        }
    }
}
