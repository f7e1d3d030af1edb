// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// The way up from spans to what they go back to, as far as it is there.
struct OriginWalk: Sendable {
    private let limits: FlowLimits
    private var seen: Set<SpanGraph.Node> = []
    private var order: [SpanGraph.Node] = []
    private var frontier: [SpanGraph.Node] = []
    private var traces: Set<Int> = []

    private var refused: Set<SpanGraph.Node> = []
    private var skipped = 0

    /// How many causes were not followed, because a batch has too many or the walk would grow too large.
    var leftOut: Int { skipped + refused.count }

    init(limits: FlowLimits) { self.limits = limits }

    /// Begins at a span too.
    mutating func start(at node: SpanGraph.Node) {
        if seen.insert(node).inserted {
            order.append(node)
            frontier.append(node)
        }
    }

    /// Goes on as far as traces are there.
    ///
    /// - Returns: The traces that it needs to go on; none when it is at its end.
    mutating func advance(in graph: borrowing LoadedGraph) -> Set<Int> {
        var needed: Set<Int> = []
        var waiting: [SpanGraph.Node] = []
        while let node = frontier.popLast() {
            var isWaiting = false
            let causes = graph.spans.causes(of: node)
            for cause in causes.prefix(limits.origins) {
                let trace = graph.spans.trace(of: cause)
                if graph.isLoaded(trace) {
                    if graph.spans.isPresent(cause) { visit(cause) }
                } else if traces.contains(trace) || traces.count < limits.loads {
                    traces.insert(trace)
                    needed.insert(trace)
                    isWaiting = true
                } else {
                    refused.insert(cause)
                }
            }
            if isWaiting {
                waiting.append(node)
            } else {
                skipped += max(0, causes.count - limits.origins)
            }
        }
        frontier = waiting
        return needed
    }

    private mutating func visit(_ cause: SpanGraph.Node) {
        guard !seen.contains(cause) else { return }
        guard order.count < limits.spans else {
            refused.insert(cause)
            return
        }
        start(at: cause)
    }

    /// The spans that nothing seen caused, those that start first coming first.
    ///
    /// Spans that caused each other in a circle, and that nothing else caused, have one of them for their origin: the one
    /// that starts first.
    func origins(in graph: borrowing SpanGraph) -> [SpanGraph.Node] {
        var origins: [SpanGraph.Node] = []
        let components = Components(of: order) { node in graph.causes(of: node).filter { seen.contains($0) } }
        var earliest = [SpanGraph.Node?](repeating: nil, count: components.count)
        for node in order {
            guard let component = components.number[node], !components.hasCause[component] else { continue }
            if let known = earliest[component], !graph.isEarlier(node, known) { continue }
            earliest[component] = node
        }
        for case let node? in earliest { origins.append(node) }
        return graph.sorted(origins)
    }
}
