// SPDX-License-Identifier: Apache-2.0

/// Which spans caused each other in a circle, by Tarjan's algorithm (1972), without recursion.
struct Components {
    /// The component of each span; a span that is in no circle has one to itself.
    private(set) var number: [SpanGraph.Node: Int] = [:]

    /// Whether anything outside a component caused any span of it.
    private(set) var hasCause: [Bool] = []

    var count: Int { hasCause.count }

    private struct Visit {
        var node: SpanGraph.Node
        var causes: [SpanGraph.Node]
        var next = 0
        var index: Int
        var low: Int
    }

    init(of nodes: [SpanGraph.Node], causes: (SpanGraph.Node) -> [SpanGraph.Node]) {
        var indices: [SpanGraph.Node: Int] = [:]
        var open: [SpanGraph.Node] = []
        var visits: [Visit] = []
        func visit(_ node: SpanGraph.Node) {
            let index = indices.count
            indices[node] = index
            open.append(node)
            visits.append(Visit(node: node, causes: causes(node), index: index, low: index))
        }
        for root in nodes where indices[root] == nil {
            visit(root)
            while var current = visits.popLast() {
                if current.next < current.causes.count {
                    let cause = current.causes[current.next]
                    current.next += 1
                    if let index = indices[cause] {
                        if number[cause] == nil { current.low = min(current.low, index) }
                        visits.append(current)
                    } else {
                        visits.append(current)
                        visit(cause)
                    }
                    continue
                }
                if current.low == current.index { close(&open, downTo: current.node) }
                if let last = visits.indices.last { visits[last].low = min(visits[last].low, current.low) }
            }
        }
        for node in nodes {
            guard let own = number[node], !hasCause[own] else { continue }
            hasCause[own] = causes(node).contains { number[$0] != own }
        }
    }

    private mutating func close(_ open: inout [SpanGraph.Node], downTo root: SpanGraph.Node) {
        while let node = open.popLast() {
            number[node] = hasCause.count
            if node == root { break }
        }
        hasCause.append(false)
    }
}
