// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// Where moments stand on an axis, from 0 to 1, with long times in which nothing ran made short.
struct TimeScale {
    /// A time in which no span ran.
    struct Gap: Hashable {
        let start: Timestamp
        let end: Timestamp

        var duration: Duration { end.duration(since: start) }
    }

    let start: Timestamp
    let end: Timestamp
    /// The times that are made short, in order.
    let gaps: [Gap]
    /// How long it would be with the gaps left out.
    private let shown: Double

    /// What each gap takes of the axis.
    private static let gapShare = 0.04
    private static let mostGaps = 8

    /// A scale of spans.
    ///
    /// - Parameters:
    ///   - work: When spans ran, in any order.
    ///   - start: Its beginning; earlier work counts from there.
    ///   - end: Its end.
    init(work: [(start: Timestamp, end: Timestamp)], from start: Timestamp, to end: Timestamp) {
        self.start = start
        self.end = max(start, end)
        let gaps = Self.gaps(between: work, from: start, to: max(start, end))
        let whole = Self.nanoseconds(self.start, self.end)
        let idle = gaps.reduce(0) { $0 + Self.nanoseconds($1.start, $1.end) }
        let busy = max(whole - idle, whole / 1e6, 1)
        // Waits are worth seeing, unless they leave nothing of the rest to see.
        let isSparse = idle >= 10 * busy
        let long = gaps.filter { isSparse && Self.nanoseconds($0.start, $0.end) >= 2 * busy }
        self.gaps = long.sorted { $0.duration > $1.duration }.prefix(Self.mostGaps).sorted { $0.start < $1.start }
        shown = max(1, whole - self.gaps.reduce(0) { $0 + Self.nanoseconds($1.start, $1.end) })
    }

    /// Where a moment stands, from 0 to 1; those outside stand at its ends.
    func position(_ time: Timestamp) -> Double {
        let time = min(max(time, start), end)
        var past = Self.nanoseconds(start, time)
        var share = 0.0
        for gap in gaps where gap.start < time {
            let passed = Self.nanoseconds(gap.start, min(time, gap.end))
            past -= passed
            share += Self.gapShare * passed / max(1, Self.nanoseconds(gap.start, gap.end))
        }
        return past / shown * (1 - Self.gapShare * Double(gaps.count)) + share
    }

    /// What is left out, in a line; `nil` if nothing is.
    var gapsText: String? {
        guard !gaps.isEmpty else { return nil }
        return "⫽ nothing ran for " + gaps.map(\.duration.text).joined(separator: ", ") + "; the axis is shortened there"
    }

    private static func nanoseconds(_ from: Timestamp, _ to: Timestamp) -> Double {
        to > from ? Double(to.nanoseconds - from.nanoseconds) : 0
    }

    private static func gaps(
        between work: [(start: Timestamp, end: Timestamp)],
        from start: Timestamp,
        to end: Timestamp
    ) -> [Gap] {
        var gaps: [Gap] = []
        var last = start
        for (from, to) in work.sorted(by: { $0.start < $1.start }) {
            if from > last { gaps.append(Gap(start: last, end: min(from, end))) }
            last = min(max(last, to), end)
        }
        return gaps
    }
}
