// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// The way down from an origin to everything that it caused.
///
/// It enters traces in rounds, and in each sees only those that it has entered: what others have brought in makes no
/// difference to what is found, nor to what is left out where that is too much.
struct EffectWalk: Sendable {
    typealias Node = SpanGraph.Node

    /// What has to be brought in before it can go on, by the numbers of traces.
    struct Needs: Sendable {
        var spans: Set<Int> = []
        var backLinks: Set<Int> = []

        var isEmpty: Bool { spans.isEmpty && backLinks.isEmpty }
    }

    let origin: Node
    private let limits: FlowLimits
    private var seen: Set<Node> = []
    private(set) var reached: [Node] = []
    private var level: [Node] = []
    private var waiting: [Node] = []
    private var outside: [Node] = []
    private var entered: Set<Int> = []
    private var unanswered: [Int] = []
    private var wanted: Set<Int> = []
    private var hubs: [Node: FlowHub] = [:]
    private(set) var isTruncated = false
    private(set) var isDone = false

    init(from origin: Node, limits: FlowLimits) {
        self.origin = origin
        self.limits = limits
        outside = [origin]
    }

    /// Goes on as far as it can.
    ///
    /// - Returns: What it needs to go on; nothing when it is at its end.
    mutating func advance(in graph: borrowing LoadedGraph) -> Needs {
        while !isDone {
            var needs = Needs()
            if !level.isEmpty || !waiting.isEmpty {
                unanswered.removeAll { graph.isAnswered($0) }
                needs.backLinks = Set(unanswered)
                guard needs.isEmpty else { return needs }
                explore(graph, &needs)
                guard needs.isEmpty else { return needs }
            }
            guard !isDone, !outside.isEmpty else { return finish(graph) }
            enter(graph)
        }
        return Needs()
    }

    /// Goes down level by level within the traces entered.
    private mutating func explore(_ graph: borrowing LoadedGraph, _ needs: inout Needs) {
        let again = waiting
        waiting = []
        for node in again where expand(node, graph, &needs) { waiting.append(node) }
        if !again.isEmpty { keep(level, graph) }
        while !level.isEmpty {
            let current = level
            level = []
            for node in current where expand(node, graph, &needs) { waiting.append(node) }
            keep(level, graph)
        }
    }

    /// Finds what follows from a span.
    ///
    /// - Returns: Whether something may follow that isn't there yet.
    private mutating func expand(_ node: Node, _ graph: borrowing LoadedGraph, _ needs: inout Needs) -> Bool {
        var isWaiting = false
        let followed = followed(node, graph)
        for (relation, effect) in graph.spans.effects(of: node) {
            if relation != .child, let followed, !followed.contains(effect) { continue }
            let trace = graph.spans.trace(of: effect)
            if graph.spans.isPresent(effect) {
                guard relation != .silent, !seen.contains(effect), !graph.spans.isCut(node, effect, relation)
                else { continue }
                if entered.contains(trace) {
                    seen.insert(effect)
                    level.append(effect)
                } else if want(trace) {
                    outside.append(effect)
                }
            } else if !graph.isLoaded(trace), want(trace) {
                needs.spans.insert(trace)
                // Likely to be entered next.
                if !graph.isAnswered(trace) { needs.backLinks.insert(trace) }
                isWaiting = true
            }
        }
        return isWaiting
    }

    /// Which of the spans that link to a span are followed; `nil` for all.
    private mutating func followed(_ node: Node, _ graph: borrowing LoadedGraph) -> Set<Node>? {
        var count = 0
        for (relation, _) in graph.spans.effects(of: node) where relation != .child { count += 1 }
        guard count > limits.backLinks else { return nil }
        var sources: Set<Node> = []
        for (relation, effect) in graph.spans.effects(of: node) where relation != .child { sources.insert(effect) }
        guard sources.count > limits.backLinks else { return nil }
        let references = graph.spans.references
        let followed = sources.sorted { references[$0] < references[$1] }.prefix(limits.backLinks)
        hubs[node] = FlowHub(
            span: references[node],
            count: sources.count,
            followed: followed.count,
            isExact: !graph.isTruncated(graph.spans.trace(of: node))
        )
        return Set(followed)
    }

    private mutating func want(_ trace: Int) -> Bool {
        if wanted.contains(trace) { return true }
        guard wanted.count < limits.loads else {
            isTruncated = true
            return false
        }
        wanted.insert(trace)
        return true
    }

    /// Takes the spans of the next level in, the first of them where there are too many.
    private mutating func keep(_ found: [Node], _ graph: borrowing LoadedGraph) {
        level = found
        let room = limits.spans - reached.count
        if found.count > room {
            level = Array(graph.spans.sorted(found).prefix(room))
            isTruncated = true
        }
        reached += level
        guard isTruncated, reached.count >= limits.spans else { return }
        level = []
        waiting = []
        outside = []
    }

    /// Enters the traces of the spans that were found outside, those first that begin first.
    private mutating func enter(_ graph: borrowing LoadedGraph) {
        var found = graph.spans.sorted(outside)
        outside = []
        found.removeAll { node in
            let trace = graph.spans.trace(of: node)
            if !entered.contains(trace) {
                guard entered.count < limits.traces else {
                    isTruncated = true
                    return true
                }
                entered.insert(trace)
                unanswered.append(trace)
            }
            return !seen.insert(node).inserted
        }
        keep(found, graph)
    }

    /// Looks for what the spans refer to, so that it is known what is missing.
    private mutating func finish(_ graph: borrowing LoadedGraph) -> Needs {
        var needs = Needs()
        for node in reached {
            for end in graph.spans.missingEnds(of: node, checkedLinks: limits.checkedLinks) {
                let trace = graph.spans.trace(of: end.node)
                if !graph.isLoaded(trace), wanted.contains(trace) || wanted.count < limits.loads {
                    wanted.insert(trace)
                    needs.spans.insert(trace)
                }
            }
        }
        if needs.isEmpty {
            isDone = true
            if entered.contains(where: { graph.isTruncated($0) }) { isTruncated = true }
        }
        return needs
    }

    /// The flow that was found.
    func flow(in graph: borrowing LoadedGraph, horizon: FlowHorizon) -> Flow? {
        guard let first = graph.spans.span(origin) else { return nil }
        let order = graph.spans.sorted(reached.lazy.filter { [origin] in $0 != origin })
        var spans = [first]
        spans.reserveCapacity(reached.count)
        for node in order { if let span = graph.spans.span(node) { spans.append(span) } }
        return Flow(
            origin: first,
            spans: spans,
            isTruncated: isTruncated,
            hubs: hubs.values.sorted { $0.span < $1.span },
            missing: MissingEnd.all(of: [origin] + order, in: graph, limits, horizon)
        )
    }
}
