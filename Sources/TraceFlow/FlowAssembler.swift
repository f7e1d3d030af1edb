// SPDX-License-Identifier: Apache-2.0

public import TelemetryData
public import TraceContext

/// Joins flows out of traces that are brought in as it asks for them: up from where it starts to origins, then down from
/// each.
///
/// The state of the work as a value, without I/O. Ask for ``needs()``, bring in what it names, and ask again, until it
/// needs nothing; then take ``flows``. What order spans and links come in makes no difference, nor which span of a flow it
/// started from. ``FlowSource`` has this done.
public struct FlowAssembler: Sendable {
    /// Where it starts.
    public enum Start: Sendable, Hashable {
        /// From a span, up to all that it goes back to.
        case span(SpanReference)
        /// From all spans of a trace.
        case trace(TraceID)
        /// From a span down, whatever caused it.
        case origin(SpanReference)
        /// From several spans down, each for itself.
        case origins([SpanReference])
    }

    /// What has to be brought in.
    public struct Needs: Sendable, Hashable {
        /// The traces whose spans are needed: see ``FlowSource/spans(of:)``.
        public var spans: [TraceID] = []

        /// The traces to which links are needed; each group is asked for at once: see ``FlowSource/backLinks(to:limit:)``.
        public var backLinks: [[TraceID]] = []

        /// How many links to ask for at most in each group.
        public var backLinkLimit: Int

        /// Whether nothing is needed.
        public var isEmpty: Bool { spans.isEmpty && backLinks.isEmpty }
    }

    private enum Stage: Sendable { case start, up, down }

    private let start: Start
    private let limits: FlowLimits
    private let maximumFlows: Int
    private let horizon: FlowHorizon
    private var graph = LoadedGraph()
    private var stage = Stage.start
    private var up: OriginWalk
    private var walks: [EffectWalk] = []
    private var split: [TraceID: Int] = [:]
    private var splits = 0

    /// How many origins, or ways up to some, were left out for being too many.
    public private(set) var originsLeftOut = 0

    /// Joins the flows of what is there.
    ///
    /// - Parameters:
    ///   - start: Where to start.
    ///   - limits: How large each flow may grow.
    ///   - maximumFlows: How many flows are joined at most, from 1: those of the origins that start first.
    ///   - horizon: What is known of why spans may not be there.
    public init(
        from start: Start,
        limits: FlowLimits = FlowLimits(),
        maximumFlows: Int = 128,
        horizon: FlowHorizon = FlowHorizon()
    ) {
        self.start = start
        self.limits = limits
        self.maximumFlows = max(1, maximumFlows)
        self.horizon = horizon
        up = OriginWalk(limits: limits)
    }

    /// Goes on as far as it can with what it has.
    ///
    /// - Returns: What it needs to go on; nothing when it is done.
    public mutating func needs() -> Needs {
        if stage == .start {
            let traces = Set(start.traceIDs.map { graph.number(of: $0) }).filter { !graph.isLoaded($0) }
            guard traces.isEmpty else { return needs(traces) }
            stage = .up
        }
        if stage == .up {
            switch start {
            case .origin, .origins: walks = starts.map { EffectWalk(from: $0, limits: limits) }
            case .span, .trace:
                for node in starts { up.start(at: node) }
                let traces = up.advance(in: graph)
                guard traces.isEmpty else { return needs(traces) }
                let origins = up.origins(in: graph.spans)
                walks = origins.prefix(maximumFlows).map { EffectWalk(from: $0, limits: limits) }
                originsLeftOut = up.leftOut + origins.count - walks.count
            }
            stage = .down
        }
        var all = EffectWalk.Needs()
        for index in walks.indices where !walks[index].isDone {
            let needs = walks[index].advance(in: graph)
            all.spans.formUnion(needs.spans)
            all.backLinks.formUnion(needs.backLinks)
        }
        return needs(all.spans, all.backLinks)
    }

    /// Brings in all spans of traces that it asked for, as far as they are there.
    public mutating func add(_ spans: consuming [SpanData], of traces: [TraceID]) { graph.load(spans, of: traces) }

    /// Brings in the links to a group of traces that it asked for.
    ///
    /// Where there are more than were asked for, it asks again for smaller groups.
    public mutating func add(_ links: BackLinks, to traces: [TraceID]) {
        guard links.isTruncated, traces.count > 1 else { return graph.answer(links, to: traces) }
        for half in [traces[..<(traces.count / 2)], traces[(traces.count / 2)...]] {
            splits += 1
            for trace in half { split[trace] = splits }
        }
    }

    /// The flows, that of the earliest origin first; complete when nothing is needed any more.
    public var flows: [Flow] { walks.compactMap { $0.flow(in: graph, horizon: horizon) } }

    /// The flows, and how many were left out.
    public var joined: Flows { Flows(flows: flows, originsLeftOut: originsLeftOut) }

    private var starts: [SpanGraph.Node] {
        switch start {
        case .span(let reference), .origin(let reference): graph.spans.presentNode(reference).map { [$0] } ?? []
        case .origins(let references): references.compactMap { graph.spans.presentNode($0) }
        case .trace(let trace): graph.spans.nodes(ofTrace: trace)
        }
    }

    private func needs(_ spans: Set<Int>, _ backLinks: Set<Int> = []) -> Needs {
        func names(_ numbers: Set<Int>) -> [TraceID] {
            numbers.map { graph.spans.traceIDs[$0] }.sorted { ($0.high, $0.low) < ($1.high, $1.low) }
        }
        let groups = Dictionary(grouping: names(backLinks)) { split[$0] ?? 0 }
        return Needs(
            spans: names(spans),
            backLinks: groups.sorted { $0.key < $1.key }.map(\.value),
            backLinkLimit: limits.askedBackLinks
        )
    }
}

extension FlowAssembler.Start {
    /// The traces that it is in.
    var traceIDs: [TraceID] {
        switch self {
        case .span(let reference), .origin(let reference): [reference.traceID]
        case .origins(let references): references.map(\.traceID)
        case .trace(let trace): [trace]
        }
    }
}
