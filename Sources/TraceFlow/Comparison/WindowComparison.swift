// SPDX-License-Identifier: Apache-2.0

/// Flows of one kind in two windows of time, such as before and after a change.
public struct WindowComparison: Sendable {
    /// What happened at a hop in both.
    public struct Change: Sendable, Hashable {
        /// Where it is.
        public let path: HopPath

        /// In the first window; `nil` if the hop is new.
        public let before: HopStatistics?

        /// In the second window; `nil` if the hop is gone.
        public let after: HopStatistics?

        /// By how much the half of the own times is longer now; zero for a hop that is new or gone.
        public var p50: Duration { difference(\.p50) }

        /// By how much what 95 of 100 own times don't exceed is longer now; zero for a hop that is new or gone.
        public var p95: Duration { difference(\.p95) }

        /// By how much the half of the waits is longer now; what isn't there did not wait.
        public var waitP50: Duration { waitDifference(\.p50) }

        /// By how much what 95 of 100 waits don't exceed is longer now; what isn't there did not wait.
        public var waitP95: Duration { waitDifference(\.p95) }

        private func waitDifference(_ figure: KeyPath<DurationSummary, Duration>) -> Duration {
            let waits = [before, after].map { $0?.wait[keyPath: figure] ?? .zero }
            return waits[1] - waits[0]
        }

        private func difference(_ figure: KeyPath<DurationSummary, Duration>) -> Duration {
            guard let before, let after else { return .zero }
            return after.ownTime[keyPath: figure] - before.ownTime[keyPath: figure]
        }
    }

    /// What was usual in the first window.
    public let before: FlowProfile

    /// What is usual in the second.
    public let after: FlowProfile

    /// All hops of both: those whose own time or wait changed most at 95 of 100 come first.
    public let changes: [Change]

    /// The hops that only the second window has.
    public var newHops: [Change] { changes.filter { $0.before == nil } }

    /// The hops that only the first window has.
    public var goneHops: [Change] { changes.filter { $0.after == nil } }

    /// From where on flows of the second window count as slow.
    public let slowFrom: Duration

    /// What slow flows of the second window have more often than its others.
    public let suspects: [Suspect]

    /// Compares two windows.
    ///
    /// - Parameters:
    ///   - kind: The kind of flows; others are left out.
    ///   - before: The flows of the first window.
    ///   - after: The flows of the second window.
    ///   - slowFrom: From where on a flow is slow; unless given, what 95 of 100 of the first window don't exceed, or 90 of
    ///     100 of the second if the first has no flow.
    public init(
        of kind: FlowKind,
        before: some Collection<Flow>,
        after: some Collection<Flow>,
        slowFrom: Duration? = nil
    ) {
        var paths = HopPaths()
        let first = FlowProfile(of: kind, before, &paths)
        let second = FlowProfile(of: kind, after, &paths)
        self.before = first
        self.after = second
        changes = Set(first.byPath.keys).union(second.byPath.keys).sorted().map { path in
            Change(path: paths[path], before: first.byPath[path], after: second.byPath[path])
        }.enumerated().sorted { a, b in
            (b.element.weight, a.offset) < (a.element.weight, b.offset)
        }.map(\.element)
        let lengths = after.filter { $0.kind == kind }.map(\.lengthInNanoseconds).sorted()
        let limit = slowFrom ?? (first.flows > 0 ? first.duration.p95 : .nanoseconds(lengths.percentile(90)))
        self.slowFrom = limit
        suspects = Suspect.all(
            of: after.filter { $0.kind == kind },
            earlier: before.filter { $0.kind == kind }
        ) { .nanoseconds($0.lengthInNanoseconds) > limit }
    }
}

extension WindowComparison.Change {
    fileprivate var weight: Duration {
        max(p95, .zero - p95) + max(waitP95, .zero - waitP95)
    }
}
