// SPDX-License-Identifier: Apache-2.0

/// How a worker that finds no jobs falls asleep, and how long it sleeps.
///
/// It takes the sleeper's lock first and looks once more: whoever enqueues later sees the lock. Whoever enqueued before,
/// in a transaction that is still open, may have looked too early; until those have ended the worker looks now and then.
struct SleepPlan: Sendable {
    enum Step: Sendable { case takeLock, sleep }

    private let fallback: Duration
    private var isLocked = false
    /// Whether claims get jobs, one after the other.
    private(set) var isBusy = false
    private var due: Duration?
    private var looks = 0
    /// Transactions that were open when the lock was taken.
    var others: [String] = []
    /// Whether jobs may be due that have to be put back into their lanes.
    private var mayBeDue = true

    /// How long a worker of a busy queue waits for more jobs before its next claim, where the last one took all there were.
    ///
    /// It doesn't fall asleep meanwhile: who enqueues would have to notify it, and commits that notify wait for each other.
    static let linger = Duration.milliseconds(2)
    /// A queue is busy while claims get jobs that follow each other faster than this.
    private static let busyInterval = Duration.milliseconds(20)
    /// After this time it no longer looks more rarely.
    private static let slowest = Duration.seconds(1)
    /// Who finds jobs looks no more often for those that have become due.
    private static let promotionInterval = Duration.milliseconds(100)

    init(fallback: Duration) { self.fallback = fallback }

    var step: Step { isLocked ? .sleep : .takeLock }

    /// How long to sleep at most.
    var time: Duration {
        var time = min(fallback, due ?? fallback)
        if !others.isEmpty { time = min(time, .milliseconds(1 << min(looks, 10)), Self.slowest) }
        return max(time, .zero)
    }

    /// Whether to put jobs that are due back into their lanes now, after a claim.
    ///
    /// - Parameters:
    ///   - isBusy: Whether the claim got jobs: then others can wait for a moment.
    ///   - time: How long ago this was done last.
    /// - Returns: Whether it is time.
    func isPromotionDue(isBusy: Bool, since time: Duration) -> Bool {
        mayBeDue && (!isBusy || time >= Self.promotionInterval)
    }

    mutating func promoted() { mayBeDue = false }

    /// A claim got jobs.
    ///
    /// - Parameter interval: How long ago one got some before.
    mutating func foundJobs(after interval: Duration) {
        isBusy = interval < Self.busyInterval
        wokeUp()
    }

    /// All claims of a round got none.
    mutating func foundNone() { isBusy = false }

    /// It is awake, and has to take the lock again before it sleeps.
    mutating func wokeUp() {
        isLocked = false
        others = []
        looks = 0
        // Ends of attempts may have put jobs off for a moment.
        mayBeDue = true
    }

    /// Tried to take the lock.
    ///
    /// Without it the worker sleeps as well, for no longer than the fallback.
    mutating func lockTaken() {
        isLocked = true
        looks = 0
    }

    /// Looked for the next job that is to come; returns whether it is due already.
    mutating func lookedFor(due: Duration?) -> Bool {
        self.due = due
        if let due, due <= .zero {
            mayBeDue = true
            return true
        }
        return false
    }

    /// Slept, and still holds the lock or not: the connection that held it may be lost, or there at last.
    mutating func slept(isLocked: Bool) {
        self.isLocked = isLocked
        looks += 1
        mayBeDue = true
    }
}
