// SPDX-License-Identifier: Apache-2.0

public import TelemetryData

/// A flow laid out in rows: each span under what caused it, over all traces, so that a retry stands under the attempt's
/// message and a batch under the message that led to it.
public struct Waterfall: Sendable {
    /// How it is laid out.
    public struct Options: Sendable, Hashable {
        /// Whether the attempts at one message or job stand side by side in one row.
        public var joinsAttempts: Bool

        /// How many spans of one service and name are shown under the same one before the others are folded into one row,
        /// from 1; `nil` for all.
        public var repeats: Int?

        /// How many rows there may be, from 1, before what is too much is folded; `nil` for any number.
        public var maximumRows: Int?

        /// Which share of the whole time nothing may be going on before it is a gap, from 0 to 1; `nil` for no gaps.
        public var gapShare: Double?

        /// A row for each span, unless told otherwise.
        public init(
            joinsAttempts: Bool = false,
            repeats: Int? = nil,
            maximumRows: Int? = nil,
            gapShare: Double? = nil
        ) {
            self.joinsAttempts = joinsAttempts
            self.repeats = repeats
            self.maximumRows = maximumRows
            self.gapShare = gapShare
        }

        /// What somebody can look at, however large the flow is.
        public static let compact = Options(joinsAttempts: true, repeats: 3, maximumRows: 500, gapShare: 0.2)
    }

    /// One span of the flow, or several that share a row.
    public struct Row: Sendable {
        /// The span; of several, the first.
        public var span: SpanData

        /// All attempts in this row, in the order of their start; none if there is a single span.
        public var attempts: [SpanData]

        /// What is folded into this row; `nil` if the row is what it shows.
        public var fold: Fold?

        /// How deep it stands, 0 for the origin.
        public var depth: Int

        /// For each level above it, whether further rows of that level follow; the last is its own level.
        ///
        /// Of a row that stands deeper than 128, the innermost 128 levels.
        public var continues: [Bool]

        /// The waits before its spans, in order.
        public var waits: [FlowWait]

        /// Whether it is in another trace than the row that it stands under.
        public var startsTrace: Bool

        /// How many messages of other flows it works on too.
        public var companions: Int
    }

    /// Rows that are not shown.
    public struct Fold: Sendable, Hashable {
        /// How many rows beside each other there would be.
        public var count: Int

        /// How many spans there are in these and below.
        public var spans: Int

        /// How many of these spans failed.
        public var failures: Int

        /// Whether they all are of one service and name, that of the row's span.
        public var isUniform: Bool
    }

    /// Time in which no span worked.
    public struct Gap: Sendable, Hashable {
        /// When the last span before it ended.
        public var start: Timestamp

        /// When the next span began.
        public var end: Timestamp

        /// How long it was.
        public var duration: Duration { end.gap(since: start) }
    }

    /// The rows, from the top.
    public let rows: [Row]

    /// When the first span or wait begins.
    public let start: Timestamp

    /// When the last span ends.
    public let end: Timestamp

    /// The long times in which no span worked, in order: see ``Options/gapShare``.
    public let gaps: [Gap]

    /// Lays out a flow.
    public init(_ flow: Flow, options: Options = Options()) {
        let placement = Placement(flow, joinsAttempts: options.joinsAttempts)
        let fold = WaterfallFold(placement, options)
        var rows: [Row] = []
        // A stack rather than recursion: a chain of messages may be as deep as the flow is large.
        var stack: [(entry: WaterfallFold.Entry, depth: Int, continues: [Bool])] = [(.init(unit: 0), 0, [])]
        while !flow.spans.isEmpty, let (entry, depth, continues) = stack.popLast() {
            rows.append(placement.row(entry, depth: depth, continues: continues))
            guard entry.fold == nil, let entries = fold.entries[entry.unit] else { continue }
            for (index, next) in entries.enumerated().reversed() {
                let level = continues.suffix(Self.levels - 1) + [index < entries.count - 1]
                stack.append((next, depth + 1, Array(level)))
            }
        }
        self.rows = rows
        let first = flow.spans.lazy.map(\.start).min() ?? flow.origin.start
        start = min(first, rows.lazy.flatMap(\.waits).map(\.start).min() ?? first)
        end = flow.end
        gaps = Self.gaps(of: flow, from: start, to: end, share: options.gapShare)
    }

    private static let levels = 128
}
