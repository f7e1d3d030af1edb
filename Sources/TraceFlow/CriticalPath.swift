// SPDX-License-Identifier: Apache-2.0

public import TelemetryData

/// What a flow's time went by on: from the end of its last span back to its origin, over spans and waits.
///
/// Its segments cover the time from the origin's start to the flow's end without a gap or an overlap. Where clocks disagree,
/// a span counts from the start of what caused it.
public struct CriticalPath: Sendable {
    /// A part of the path.
    public struct Segment: Sendable, Hashable {
        /// What went on.
        public enum Kind: Sendable, Hashable {
            /// The span worked.
            case work
            /// The span's message waited.
            case wait(FlowWait.Reason)
            /// Nothing is known: the time between the end of what caused the span and its start, or its wait.
            case other
        }

        /// What went on.
        public var kind: Kind

        /// The span that worked, or was waited for.
        public var span: SpanReference

        /// When it began.
        public var start: Timestamp

        /// When it ended, after it began.
        public var end: Timestamp

        /// How long it was.
        public var duration: Duration { end.gap(since: start) }
    }

    /// The segments, from the origin's start to the flow's end.
    public private(set) var segments: [Segment] = []

    /// The path through a flow.
    public init(_ flow: Flow) { self.init(CausalTree(flow)) }

    init(_ tree: CausalTree) {
        let calls = Calls(tree)
        var next = calls.first
        let spans = tree.flow.spans
        guard var current = spans.indices.max(by: { (tree.ends[$0], $0) < (tree.ends[$1], $1) }) else { return }
        var time = tree.ends[current]
        while true {
            // The call that returned last before this moment. Each is taken once, so that the walk ends.
            var call: Int?
            while let called = calls[next[current]], called.caller == current {
                next[current] += 1
                if tree.ends[called.index] <= time {
                    call = called.index
                    break
                }
            }
            if let call {
                add(.work, spans[current], tree.ends[call], &time)
                current = call
                continue
            }
            add(.work, spans[current], tree.starts[current], &time)
            if current == 0 { break }
            let cause = tree.causes[current]
            if !tree.isAwaited[current] {
                // A message may wait while what sent it goes on, but not while an attempt at it does.
                let first = tree.followsAttempt[current] ? tree.ends[cause] : tree.starts[cause]
                for wait in (tree.waits[current] ?? []).reversed() {
                    add(.wait(wait.reason), spans[current], max(wait.start.nanoseconds, first), &time)
                }
                add(.other, spans[current], tree.ends[cause], &time)
            }
            current = cause
        }
        segments.reverse()
    }

    /// Adds what went on from a moment until `time`, and goes back to that moment.
    private mutating func add(_ kind: Segment.Kind, _ span: SpanData, _ start: UInt64, _ time: inout UInt64) {
        guard start < time else { return }
        let (from, to) = (Timestamp(nanoseconds: start), Timestamp(nanoseconds: time))
        time = start
        if let last = segments.indices.last, segments[last].kind == kind, segments[last].span == span.reference {
            segments[last].start = from
        } else {
            segments.append(Segment(kind: kind, span: span.reference, start: from, end: to))
        }
    }
}

/// The spans that each span awaited, those that ended last first.
private struct Calls {
    struct Call {
        var caller: Int
        var index: Int
    }

    private var calls: [Call]

    /// Where those of each span begin.
    var first: [Int]

    init(_ tree: CausalTree) {
        calls = tree.causes.indices.dropFirst().filter { tree.isAwaited[$0] }.map {
            Call(caller: tree.causes[$0], index: $0)
        }
        calls.sort { a, b in
            if a.caller != b.caller { return a.caller < b.caller }
            return (tree.ends[a.index], tree.starts[a.index], a.index)
                > (tree.ends[b.index], tree.starts[b.index], b.index)
        }
        first = Array(repeating: calls.count, count: tree.causes.count)
        for (position, call) in calls.enumerated().reversed() { first[call.caller] = position }
    }

    subscript(position: Int) -> Call? { calls.indices.contains(position) ? calls[position] : nil }
}
