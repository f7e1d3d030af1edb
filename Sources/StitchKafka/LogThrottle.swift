// SPDX-License-Identifier: Apache-2.0

/// Lets a line through that was told seldom of late, and counts the others.
///
/// Pure; keeps as many kinds of lines as `capacity`, forgetting the oldest.
struct LogThrottle {
    private struct Kind {
        var since: ContinuousClock.Instant
        var told = 0
        var left = 0
    }

    /// How often a kind of line is told within `window`.
    static let burst = 3
    static let window = Duration.seconds(60)
    static let capacity = 256

    private var kinds: [String: Kind] = [:]

    /// Whether a line is to be told, and how many of its kind were not since the last.
    ///
    /// - Returns: `nil` for a line that isn't told.
    mutating func admit(_ line: String, now: ContinuousClock.Instant) -> Int? {
        let key = Self.kind(of: line)
        var kind = kinds[key] ?? Kind(since: now)
        defer { kinds[key] = kind }
        if kinds[key] == nil, kinds.count >= Self.capacity { forgetOldest() }
        if kind.since.duration(to: now) >= Self.window {
            let left = kind.left
            kind = Kind(since: now, told: 1)
            return left
        }
        guard kind.told < Self.burst else {
            kind.left += 1
            return nil
        }
        kind.told += 1
        return 0
    }

    private mutating func forgetOldest() {
        if let oldest = kinds.min(by: { $0.value.since < $1.value.since }) { kinds[oldest.key] = nil }
    }

    /// The line without its numbers, which differ from line to line: ports, milliseconds, counts.
    private static func kind(of line: String) -> String {
        var kind = String.UnicodeScalarView()
        for scalar in line.unicodeScalars.prefix(300) {
            let isDigit = scalar >= "0" && scalar <= "9"
            if !isDigit || kind.last != "#" { kind.append(isDigit ? "#" : scalar) }
        }
        return String(kind)
    }
}
