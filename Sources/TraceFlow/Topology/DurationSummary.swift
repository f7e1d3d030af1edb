// SPDX-License-Identifier: Apache-2.0

/// Many lengths of time in a few numbers.
///
/// The percentiles are exact and of the nearest rank: each is one of the lengths, and so many of all don't exceed it. All
/// lengths are kept until then and sorted once.
public struct DurationSummary: Sendable, Hashable {
    /// How many there are.
    public let count: Int

    /// All together.
    public let total: Duration

    /// What half of them don't exceed; zero if there are none.
    public let p50: Duration

    /// What 95 of 100 don't exceed; zero if there are none.
    public let p95: Duration

    /// What 99 of 100 don't exceed; zero if there are none.
    public let p99: Duration

    /// The longest; zero if there are none.
    public let maximum: Duration

    /// No lengths.
    public static let none = DurationSummary(nanoseconds: [])

    init(nanoseconds: [Int64]) {
        let sorted = nanoseconds.sorted()
        count = sorted.count
        let sum = sorted.reduce(Int64(0)) { $0.addingSaturated($1) }
        total = .nanoseconds(sum)
        p50 = .nanoseconds(sorted.percentile(50))
        p95 = .nanoseconds(sorted.percentile(95))
        p99 = .nanoseconds(sorted.percentile(99))
        maximum = .nanoseconds(sorted.last ?? 0)
    }
}

extension [Int64] {
    /// What so many of a hundred don't exceed, of numbers in ascending order; zero if there are none.
    func percentile(_ percent: Int) -> Int64 {
        guard !isEmpty else { return 0 }
        // By hundreds and the rest, so that no count is too large.
        let rank = count / 100 * percent + (count % 100 * percent + 99) / 100
        return self[Swift.min(Swift.max(rank, 1), count) - 1]
    }
}
