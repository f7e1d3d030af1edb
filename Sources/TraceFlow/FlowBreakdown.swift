// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// Where a flow's time went, hop by hop along its critical path: the parts add up to the whole.
public struct FlowBreakdown: Sendable, Hashable {
    /// What the spans of one name in one service took of the time.
    public struct Hop: Sendable, Hashable {
        /// The service.
        public var service: String

        /// The spans' name.
        public var name: String

        /// Work that counted.
        public var working = Duration.zero

        /// Waits, by what was waited for.
        public var waiting: [FlowWait.Reason: Duration] = [:]

        /// Work of attempts that another attempt had to follow.
        public var retrying = Duration.zero

        /// Time of which nothing is known.
        public var other = Duration.zero

        /// All of it.
        public var total: Duration { waiting.values.reduce(working + retrying + other, +) }
    }

    /// The hops, in the order in which the path reaches them.
    public private(set) var hops: [Hop] = []

    /// How long the path is.
    public var total: Duration { hops.reduce(.zero) { $0 + $1.total } }

    /// The time of a flow.
    public init(_ flow: Flow) {
        let tree = CausalTree(flow)
        let failed = Self.superseded(tree)
        struct Key: Hashable { let service, name: String }
        var positions: [Key: Int] = [:]
        for segment in CriticalPath(tree).segments {
            guard let index = flow.position(of: segment.span) else { continue }
            let key = Key(service: flow.spans[index].resource.serviceName, name: flow.spans[index].name)
            let position = positions[key] ?? hops.count
            if position == hops.count { hops.append(Hop(service: key.service, name: key.name)) }
            positions[key] = position
            switch segment.kind {
            case .work where failed[index]: hops[position].retrying += segment.duration
            case .work: hops[position].working += segment.duration
            case .wait(let reason): hops[position].waiting[reason, default: .zero] += segment.duration
            case .other: hops[position].other += segment.duration
            }
        }
    }

    /// Which spans are attempts that another followed, or were made in the midst of one.
    private static func superseded(_ tree: CausalTree) -> [Bool] {
        var superseded = [Bool](repeating: false, count: tree.flow.spans.count)
        for (index, span) in tree.flow.spans.enumerated() where span.linksJoin {
            for link in span.links where link.role == .previousAttempt {
                guard let attempt = tree.flow.position(of: SpanReference(link.context)), attempt != index else {
                    continue
                }
                superseded[attempt] = true
            }
        }
        for index in tree.order where tree.isAwaited[index] && superseded[tree.causes[index]] {
            superseded[index] = true
        }
        return superseded
    }
}
