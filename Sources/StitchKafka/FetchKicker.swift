// SPDX-License-Identifier: Apache-2.0

/// Decides when librdkafka has to be told that a queue has room again.
///
/// librdkafka before 2.2 looks at a queue that was full only when something else wakes the thread of its broker, which
/// may take a second. Takes events, returns decisions; has no clock and no I/O.
struct FetchKicker {
    /// When librdkafka takes a queue for full.
    struct Limits: Equatable {
        var count: Int
        var bytes: Int
    }

    private let limits: Limits?
    private var wasFull = false

    /// - Parameter limits: `nil` where librdkafka looks by itself.
    init(_ limits: Limits?) { self.limits = limits }

    /// Records were taken, and others are still there.
    ///
    /// - Parameters:
    ///   - count: How many were taken.
    ///   - bytes: How many bytes their values have.
    ///   - left: How many are still there.
    /// - Returns: Whether librdkafka has to be woken.
    mutating func took(_ count: Int, bytes: Int, left: Int) -> Bool {
        guard let limits, count > 0 else { return false }
        // Of those that are left the size isn't known; they are like those that were taken.
        let size = max(bytes / count, 1)
        let limit = min(limits.count, max(limits.bytes / size, 1))
        // What librdkafka keeps beside the value counts too, so a queue is full before its values are.
        if left + count >= limit / 4 * 3 { wasFull = true }
        guard wasFull, left < limit / 2 else { return false }
        wasFull = false
        return true
    }
}
