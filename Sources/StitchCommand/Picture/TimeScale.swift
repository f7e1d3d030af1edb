// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceFlow

/// Where moments stand on an axis, from 0 to 1, with long times in which nothing ran made short.
struct TimeScale {
    let start: Timestamp
    let end: Timestamp
    /// The times that are made short, in order.
    let gaps: [Waterfall.Gap]
    /// How long it would be with the gaps left out.
    private let shown: Double

    /// What each gap takes of the axis.
    private static let gapShare = 0.04
    private static let mostGaps = 8

    /// A gap is shortened if it is so many times as long as all work, and no shorter than this.
    private static let timesAsLong = 300.0
    private static let leastGap = 10e9

    /// The scale of a waterfall.
    ///
    /// Waits are worth seeing, so a gap is shortened only where it would leave nothing of the rest to see.
    init(_ waterfall: Waterfall) {
        start = waterfall.start
        end = max(waterfall.start, waterfall.end)
        let whole = Self.nanoseconds(start, end)
        let idle = waterfall.gaps.reduce(0) { $0 + Self.nanoseconds($1.start, $1.end) }
        let isSparse = idle >= Self.timesAsLong * max(whole - idle, 1)
        let long = waterfall.gaps.filter { isSparse && Self.nanoseconds($0.start, $0.end) >= Self.leastGap }
        gaps = long.sorted { $0.duration > $1.duration }.prefix(Self.mostGaps).sorted { $0.start < $1.start }
        shown = max(1, whole - gaps.reduce(0) { $0 + Self.nanoseconds($1.start, $1.end) })
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
        return min(max(past / shown * (1 - Self.gapShare * Double(gaps.count)) + share, 0), 1)
    }

    /// What is left out, in a line; `nil` if nothing is.
    var gapsText: String? {
        guard !gaps.isEmpty else { return nil }
        return "⫽ nothing ran for " + gaps.map(\.duration.text).joined(separator: ", ")
            + "; the axis is shortened there"
    }

    private static func nanoseconds(_ from: Timestamp, _ to: Timestamp) -> Double {
        to > from ? Double(to.nanoseconds - from.nanoseconds) : 0
    }
}
