// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// Two flows, hop by hop: what only one of them has, what took longer, what waited longer.
///
/// Hops are the same if the same services and names lead to them from the origin, itself included; of several the first is
/// compared with the first.
public struct FlowComparison: Sendable {
    /// A hop of one flow that the other one hasn't.
    public struct Extra: Sendable, Hashable {
        /// Where it is.
        public let path: HopPath

        /// The span.
        public let span: SpanReference
    }

    /// A hop that both have, and by how much the second's is more; below zero if it is less.
    public struct Change: Sendable, Hashable {
        /// Where it is.
        public let path: HopPath

        /// The span of the first flow.
        public let first: SpanReference

        /// The span of the second flow.
        public let second: SpanReference

        /// Of the whole span.
        public let duration: Duration

        /// Of the time in which nothing that the span caused was at work.
        public let ownTime: Duration

        /// Of each wait that either has.
        public let waits: [FlowWait.Reason: Duration]

        /// Of all waits together.
        public var wait: Duration { waits.values.reduce(.zero, +) }

        /// Whether only the second's span failed, or only the first's; `nil` if there is no difference.
        public let fails: Bool?
    }

    /// What only the first flow has, in the order of the start.
    public let onlyInFirst: [Extra]

    /// What only the second flow has, in the order of the start.
    public let onlyInSecond: [Extra]

    /// What both have: where own time and waits differ most comes first.
    public let changes: [Change]

    /// By how much the second flow is longer, from its start to its end; below zero if it is shorter.
    public let duration: Duration

    /// Compares two flows.
    public init(_ first: Flow, _ second: Flow) {
        var paths = HopPaths()
        let before = Self.byPlace(FlowHops(first, &paths))
        let after = Self.byPlace(FlowHops(second, &paths))
        func extras(_ own: [Place: FlowHops.Entry], without others: [Place: FlowHops.Entry]) -> [Extra] {
            let missing = own.filter { others[$0.key] == nil }
            return missing.sorted { Self.isEarlier($0, $1) }.map { place, entry in
                Extra(path: paths[place.path], span: entry.span.reference)
            }
        }
        onlyInFirst = extras(before, without: after)
        onlyInSecond = extras(after, without: before)
        changes = before.compactMap { place, entry in
            after[place].map { (Change(paths[place.path], entry, $0), place) }
        }.sorted { a, b in
            let (first, second) = (a.0.weight, b.0.weight)
            return first == second ? a.1 < b.1 : first > second
        }.map(\.0)
        let lengths = [first, second].map { $0.end.nanoseconds(after: $0.origin.start) }
        duration = .nanoseconds(lengths[1].subtractingSaturated(lengths[0]))
    }

    private static func byPlace(_ hops: FlowHops) -> [Place: FlowHops.Entry] {
        var counts: [Int: Int] = [:]
        var entries: [Place: FlowHops.Entry] = [:]
        for entry in hops.entries {
            let number = counts[entry.path, default: 0]
            counts[entry.path] = number + 1
            entries[Place(path: entry.path, number: number)] = entry
        }
        return entries
    }

    private static func isEarlier(
        _ a: (key: Place, value: FlowHops.Entry),
        _ b: (key: Place, value: FlowHops.Entry)
    ) -> Bool {
        (a.value.span.start, a.key) < (b.value.span.start, b.key)
    }
}

extension FlowComparison.Change {
    fileprivate init(_ path: HopPath, _ first: FlowHops.Entry, _ second: FlowHops.Entry) {
        self.path = path
        self.first = first.span.reference
        self.second = second.span.reference
        duration = .nanoseconds(second.span.lengthInNanoseconds.subtractingSaturated(first.span.lengthInNanoseconds))
        ownTime = .nanoseconds(second.ownTime.subtractingSaturated(first.ownTime))
        var waits: [FlowWait.Reason: Duration] = [:]
        for (reason, wait) in second.waits { waits[reason, default: .zero] += .nanoseconds(wait) }
        for (reason, wait) in first.waits { waits[reason, default: .zero] -= .nanoseconds(wait) }
        self.waits = waits
        fails = first.span.hasError == second.span.hasError ? nil : second.span.hasError
    }

    /// How much it matters.
    fileprivate var weight: Duration {
        let parts = [ownTime] + waits.values
        return parts.reduce(.zero) { $0 + ($1 < .zero ? .zero - $1 : $1) }
    }
}

/// Which of the spans at a path.
private struct Place: Hashable, Comparable {
    var path: Int
    var number: Int

    static func < (a: Place, b: Place) -> Bool { (a.path, a.number) < (b.path, b.number) }
}
