// SPDX-License-Identifier: Apache-2.0

/// Decides what a worker claims next, from what runs already.
///
/// Has no clock and does no I/O.
struct ClaimPlan: Sendable {
    /// How many jobs of a queue are wanted.
    struct Wish: Sendable, Equatable {
        var queue: String
        var count: Int
    }

    /// What to do after a claim.
    enum Next: Sendable, Equatable {
        /// There may be more: claim again.
        case claimAgain
        /// Sleep until something happens, at most for this time.
        case sleep(Duration)
    }

    private let limits: [String: Int]
    private let maximumBatch: Int
    private var running: [String: Int] = [:]

    /// Plans for queues, each with the number of jobs that may run at once.
    init(limits: [String: Int], maximumBatch: Int = 100) {
        self.limits = limits
        self.maximumBatch = maximumBatch
    }

    var runningCount: Int { running.values.reduce(0, +) }

    /// The free places by queue, in a stable order; none if all are taken.
    var wishes: [Wish] {
        limits.sorted { $0.key < $1.key }.compactMap { queue, limit in
            let free = min(limit - running[queue, default: 0], maximumBatch)
            return free > 0 ? Wish(queue: queue, count: free) : nil
        }
    }

    mutating func started(in queue: String) { running[queue, default: 0] += 1 }

    mutating func ended(in queue: String) { running[queue, default: 0] -= 1 }

    /// Decides after a claim.
    ///
    /// - Parameters:
    ///   - claimed: How many jobs came, by queue.
    ///   - wishes: How many were wanted.
    ///   - due: When the next job is due that was not due before the claim.
    ///   - fallback: The longest sleep.
    /// - Returns: Whether to claim again or to sleep.
    func next(
        claimed: [String: Int],
        of wishes: [Wish],
        due: Duration?,
        fallback: Duration
    ) -> Next {
        // A queue that gave all that was wanted may have more, if there is room for it.
        let filled = Set(wishes.filter { claimed[$0.queue, default: 0] >= $0.count }.map(\.queue))
        if self.wishes.contains(where: { filled.contains($0.queue) }) { return .claimAgain }
        return .sleep(max(min(due ?? fallback, fallback), .zero))
    }
}
