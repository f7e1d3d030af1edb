// SPDX-License-Identifier: Apache-2.0

public import TelemetryData

/// A flow laid out in rows: each span under what caused it, over all traces, so that a retry stands under the attempt's
/// message and a batch under the message that led to it.
public struct Waterfall: Sendable {
    /// One span of the flow.
    public struct Row: Sendable {
        /// The span.
        public var span: SpanData

        /// How deep it stands, 0 for the origin.
        public var depth: Int

        /// For each level above it, whether further rows of that level follow; the last is its own level.
        public var continues: [Bool]

        /// The waits before it, in order.
        public var waits: [FlowWait]

        /// Whether it is in another trace than the row that it stands under.
        public var startsTrace: Bool

        /// How many messages of other flows it works on too.
        public var companions: Int
    }

    /// The rows, from the top.
    public let rows: [Row]

    /// When the first span or wait begins.
    public let start: Timestamp

    /// When the last span ends.
    public let end: Timestamp

    /// Lays out a flow.
    public init(_ flow: Flow) {
        let placement = Placement(flow)
        var rows: [Row] = []
        // A stack rather than recursion: a chain of messages may be as deep as the flow is large.
        var stack: [(span: SpanData, continues: [Bool])] = [(flow.origin, [])]
        var placed: Set<SpanReference> = []
        // Data from outside may say that two spans caused each other: no way leads to them, so they come last.
        var rest = flow.spans[...]
        while let (span, continues) = stack.popLast() ?? rest.popFirst().map({ ($0, [false]) }) {
            guard placed.insert(span.reference).inserted else { continue }
            rows.append(
                Row(
                    span: span,
                    depth: continues.count,
                    continues: continues,
                    waits: span.waits,
                    startsTrace: placement.cause[span.reference].map { $0.traceID != span.traceID } ?? false,
                    companions: flow.companions(of: span)
                )
            )
            let effects = placement.effects[span.reference] ?? []
            for (index, effect) in effects.enumerated().reversed() {
                stack.append((effect, continues + [index < effects.count - 1]))
            }
        }
        self.rows = rows
        start = rows.flatMap { [$0.span.start] + $0.waits.map(\.start) }.min() ?? flow.origin.start
        end = flow.end
    }
}

/// Under which span each span of a flow stands: its parent if that is of the flow, else the first span of the flow that
/// it links to.
private struct Placement {
    var cause: [SpanReference: SpanReference] = [:]
    var effects: [SpanReference: [SpanData]] = [:]

    init(_ flow: Flow) {
        let origin = flow.origin.reference
        for span in flow.spans where span.reference != origin {
            let parent = span.parent.map { SpanReference($0) }
            let candidates = [parent].compactMap { $0 } + span.links.map { SpanReference($0.context) }
            let cause = candidates.first { flow.contains($0) && $0 != span.reference } ?? origin
            self.cause[span.reference] = cause
            effects[cause, default: []].append(span)
        }
    }
}
