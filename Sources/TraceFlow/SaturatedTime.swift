// SPDX-License-Identifier: Apache-2.0

import TelemetryData

extension Timestamp {
    /// How many nanoseconds later this is than another moment, below zero if it is earlier; the nearest number that there
    /// is, since times from outside may be anything.
    func nanoseconds(after other: Timestamp) -> Int64 {
        if self >= other { return Int64(clamping: nanoseconds - other.nanoseconds) }
        return -Int64(clamping: other.nanoseconds - nanoseconds)
    }

    /// How much later this is than another moment, zero if it isn't.
    func gap(since other: Timestamp) -> Duration { self > other ? duration(since: other) : .zero }

    /// This moment moved back, not before 1970; not moved by a negative duration.
    func earlier(by duration: Duration) -> Timestamp { duration > .zero ? advanced(by: .zero - duration) : self }
}

extension Duration {
    /// So many seconds, as an attribute from outside says, to the nanosecond: zero for what is no number or negative, and an age at most.
    init(attributeSeconds seconds: Double) {
        guard seconds > 0 else {
            self = .zero
            return
        }
        // 584 years: all that 64 bits of nanoseconds can say.
        let seconds = min(seconds, 18_446_744_073)
        // 0.7 is a little less than that in binary, but 700,000,000 ns all the same.
        let whole = seconds.rounded(.down)
        self = .seconds(Int64(whole)) + .nanoseconds(Int64(((seconds - whole) * 1e9).rounded()))
    }
}

extension SpanData {
    /// How long it took; zero for one that says that it ended before it began.
    var lengthInNanoseconds: Int64 { max(0, end.nanoseconds(after: start)) }

    /// How long what it works on waited, in all.
    var waitInNanoseconds: Int64 {
        waits.reduce(0) { $0.addingSaturated($1.nanoseconds) }
    }
}

extension FlowWait {
    /// How long it was.
    var nanoseconds: Int64 { max(0, end.nanoseconds(after: start)) }
}

extension FixedWidthInteger {
    /// The sum, or the nearest number that there is.
    func addingSaturated(_ other: Self) -> Self {
        let (sum, overflow) = addingReportingOverflow(other)
        guard overflow else { return sum }
        return other < 0 ? .min : .max
    }

    /// The difference, or the nearest number that there is.
    func subtractingSaturated(_ other: Self) -> Self {
        let (difference, overflow) = subtractingReportingOverflow(other)
        guard overflow else { return difference }
        return other < 0 ? .max : .min
    }
}

extension Int64 {
    /// Seconds as an attribute has them; `nil` for what is no number.
    init?(nanosecondsOf seconds: Double) {
        guard !seconds.isNaN else { return nil }
        self = seconds.magnitude < 9e9 ? Int64(seconds * 1e9) : seconds < 0 ? .min : .max
    }

    /// Nanoseconds, or the nearest number that there is.
    init(saturating duration: Duration) {
        let (seconds, attoseconds) = duration.components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        self = overflow ? (seconds < 0 ? .min : .max) : whole.addingSaturated(attoseconds / 1_000_000_000)
    }
}
