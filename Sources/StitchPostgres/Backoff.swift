// SPDX-License-Identifier: Apache-2.0

/// Waits that double from try to try, up to a limit, each shortened at random by up to a half, so that those who failed
/// together don't try together.
struct Backoff {
    private let first: Duration
    private let limit: Duration
    private var next: Duration

    init(first: Duration, limit: Duration) {
        self.first = first
        self.limit = limit
        next = first
    }

    /// How long to wait before the next try.
    ///
    /// - Parameter share: From 0, for half the wait, to 1, for all of it.
    /// - Returns: The wait.
    mutating func delay(share: Double = .random(in: 0...1)) -> Duration {
        let whole = min(next, limit)
        next = min(next * 2, limit)
        return whole * (0.5 + share / 2)
    }

    /// Something has worked: the next failure begins anew.
    mutating func reset() { next = first }
}
