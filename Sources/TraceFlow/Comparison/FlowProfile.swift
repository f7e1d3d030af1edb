// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// What is usual for flows of one kind, hop by hop.
public struct FlowProfile: Sendable {
    /// The kind.
    public let kind: FlowKind

    /// How many flows it is made of.
    public let flows: Int

    /// How many of them have a span that failed.
    public let errors: Int

    /// How long they took from start to end.
    public let duration: DurationSummary

    /// The hops, those in most flows first.
    public let hops: [HopStatistics]

    let paths: HopPaths
    let byPath: [Int: HopStatistics]

    /// From how many flows on something is called usual.
    public static let usualFlows = 20

    /// What is usual among flows of a kind; flows of other kinds are left out.
    public init(of kind: FlowKind, _ flows: some Sequence<Flow>) {
        var paths = HopPaths()
        self.init(of: kind, flows, &paths)
    }

    init(of kind: FlowKind, _ flows: some Sequence<Flow>, _ paths: inout HopPaths) {
        self.kind = kind
        var tallies: [Int: HopTally] = [:]
        var lengths: [Int64] = []
        var errors = 0
        for flow in flows where flow.kind == kind {
            for entry in FlowHops(flow, &paths).entries {
                var tally = tallies.removeValue(forKey: entry.path) ?? HopTally()
                tally.add(entry, ofFlow: lengths.count)
                tallies[entry.path] = tally
            }
            if flow.spans.contains(where: \.hasError) { errors += 1 }
            lengths.append(flow.lengthInNanoseconds)
        }
        self.flows = lengths.count
        self.errors = errors
        duration = DurationSummary(nanoseconds: lengths)
        byPath = Dictionary(uniqueKeysWithValues: tallies.map { ($0, $1.statistics(paths[$0])) })
        hops = byPath.sorted { (-$0.value.flows, $0.key) < (-$1.value.flows, $1.key) }.map(\.value)
        self.paths = paths
    }
}

extension FlowProfile {
    /// Something that is not as usual at a hop of one flow.
    public struct Deviation: Sendable, Hashable {
        /// What is not as usual.
        public enum Aspect: String, Sendable, Hashable, CaseIterable {
            /// What the hop caused set aside, it took longer.
            case ownTime
            /// It waited longer.
            case wait
            /// It failed, as hardly any does.
            case failure
            /// Hardly any flow has this hop.
            case unexpected
            /// Nearly every flow has this hop, and this one hasn't.
            case absent
        }

        /// Where it is.
        public let path: HopPath

        /// What is not as usual.
        public let aspect: Aspect

        /// The span; `nil` if it is absent.
        public let span: SpanReference?

        /// How long it took or waited; `nil` where that isn't what is unusual.
        public let length: Duration?

        /// What is usual at this hop; `nil` if nothing is, since nobody has been there.
        public let usual: HopStatistics?

        /// By how much the length exceeds what 95 of 100 don't exceed; zero where the length isn't what is unusual.
        public let excess: Duration
    }

    /// What of a flow of this kind is out of the usual: the largest excess first.
    ///
    /// A length is if it is above what 95 of 100 don't exceed, and twice what half of them don't; a hop, if fewer than one
    /// flow in twenty has it, or more than nineteen in twenty have. Nothing is called usual below ``usualFlows`` flows.
    /// Nothing is found in a flow of another kind.
    public func deviations(of flow: Flow) -> [Deviation] {
        guard flow.kind == kind, flows >= Self.usualFlows else { return [] }
        var paths = paths
        var found: [Deviation] = []
        var seen: Set<Int> = []
        for entry in FlowHops(flow, &paths).entries {
            seen.insert(entry.path)
            let usual = byPath[entry.path]
            func add(_ aspect: Deviation.Aspect, _ length: Int64? = nil, _ summary: DurationSummary? = nil) {
                let excess = length.map { .nanoseconds($0) - (summary?.p95 ?? .zero) } ?? .zero
                found.append(
                    Deviation(
                        path: paths[entry.path],
                        aspect: aspect,
                        span: entry.span.reference,
                        length: length.map { .nanoseconds($0) },
                        usual: usual,
                        excess: excess
                    )
                )
            }
            guard let usual, usual.flows * 20 >= flows else {
                add(.unexpected)
                continue
            }
            if usual.ownTime.isExceeded(by: entry.ownTime) { add(.ownTime, entry.ownTime, usual.ownTime) }
            let wait = entry.wait
            if usual.wait.isExceeded(by: wait) { add(.wait, wait, usual.wait) }
            if entry.span.hasError, usual.errors * 20 < usual.spans { add(.failure) }
        }
        for (path, usual) in byPath.sorted(by: { $0.key < $1.key })
        where !seen.contains(path) && usual.flows * 20 > flows * 19 {
            found.append(
                Deviation(path: usual.path, aspect: .absent, span: nil, length: nil, usual: usual, excess: .zero)
            )
        }
        return found.enumerated().sorted { ($1.element.excess, $0.offset) < ($0.element.excess, $1.offset) }.map(
            \.element
        )
    }
}

extension DurationSummary {
    /// Whether a length is out of the usual.
    fileprivate func isExceeded(by nanoseconds: Int64) -> Bool {
        let length = Duration.nanoseconds(nanoseconds)
        return count >= FlowProfile.usualFlows && length > p95 && length > p50 * 2
    }
}
