// SPDX-License-Identifier: Apache-2.0

/// What retention asks of a trace.
struct TraceSummary {
    private(set) var marks: TraceMarks = []
    private var wait: Int64 = 0
    private var start = UInt64.max
    private var end: UInt64 = 0

    /// Of no spans.
    init() {}

    /// As a file has it.
    init(marks: TraceMarks, waitMilliseconds: UInt32, durationMilliseconds: UInt32) {
        self.marks = marks
        wait = Int64(waitMilliseconds) * 1_000_000
        (start, end) = (0, UInt64(durationMilliseconds) * 1_000_000)
    }

    /// Adds what a span says.
    mutating func add(_ facts: borrowing SpanFacts) {
        start = min(start, facts.start)
        end = max(end, facts.end)
        wait = max(wait, facts.wait)
        if facts.hasError { marks.insert(.error) }
        if facts.isRetry { marks.insert(.retry) }
        if facts.isDeadLetter { marks.insert(.deadLetter) }
        let id = facts.traceID
        for link in facts.links where link.joins && link.traceID != id { marks.insert(.isCaused) }
    }

    /// The first start.
    var firstStart: UInt64 { start }

    /// The longest wait in milliseconds, rounded up.
    var waitMilliseconds: UInt32 { Self.milliseconds(wait) }

    /// From the first start to the last end in milliseconds, rounded up.
    var durationMilliseconds: UInt32 { end > start ? Self.milliseconds(Int64(clamping: end - start)) : 0 }

    private static func milliseconds(_ nanoseconds: Int64) -> UInt32 {
        UInt32(clamping: nanoseconds / 1_000_000 + (nanoseconds % 1_000_000 > 0 ? 1 : 0))
    }
}

/// What happened in a trace that may be a reason to keep it.
struct TraceMarks: OptionSet {
    var rawValue: UInt8

    static let error = TraceMarks(rawValue: 1)
    static let retry = TraceMarks(rawValue: 2)
    static let deadLetter = TraceMarks(rawValue: 4)
    /// A span of another trace caused something in it, so it is no origin.
    static let isCaused = TraceMarks(rawValue: 8)
}
