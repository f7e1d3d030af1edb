// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceFlow

/// The rows of a waterfall as a tree, the attempts at one message in one node.
struct FlowTree {
    struct Node {
        /// Its row, or those of the attempts that share it.
        var rows: [Waterfall.Row] = []
        /// What it is instead, if it stands for others.
        var fold: FlowFold?
        var parent: Int?
        var children: [Int] = []
        /// Whether another node stands for it and for what it caused.
        var isFolded = false
        var hasShownEffects = false
    }

    var nodes: [Node] = []
    private(set) var roots: [Int] = []
    /// How many spans have no row of their own.
    var foldedCount = 0

    init(_ rows: [Waterfall.Row], of flow: Flow) {
        var path: [(depth: Int, node: Int)] = []
        var lanes: [Lane: Int] = [:]
        for row in rows {
            while let last = path.last, last.depth >= row.depth { path.removeLast() }
            let parent = path.last?.node
            let lane = Lane(row.span, under: parent)
            if let lane, let node = lanes[lane] {
                nodes[node].rows.append(row)
                path.append((row.depth, node))
                continue
            }
            let node = nodes.count
            nodes.append(Node(rows: [row], parent: parent))
            if let parent { nodes[parent].children.append(node) } else { roots.append(node) }
            if let lane { lanes[lane] = node }
            path.append((row.depth, node))
        }
        markEffects()
    }

    /// Says of each node whether rows stand below it.
    mutating func markEffects() {
        for node in nodes.indices {
            nodes[node].hasShownEffects = nodes[node].children.contains { !nodes[$0].isFolded }
        }
    }

    /// The nodes that have a row, from the top.
    var shownNodes: [Int] {
        var shown: [Int] = []
        var waiting = Array(roots.reversed())
        while let node = waiting.popLast() {
            guard !nodes[node].isFolded else { continue }
            shown.append(node)
            waiting += nodes[node].children.reversed()
        }
        return shown
    }

    /// For each level above a node, whether further rows of that level follow; the last is its own level.
    func continues(of node: Int) -> [Bool] {
        var continues: [Bool] = []
        var node = node
        while let parent = nodes[node].parent {
            let last = nodes[parent].children.last { !nodes[$0].isFolded }
            continues.append(last != node)
            node = parent
        }
        return continues.reversed()
    }

    /// What makes attempts belong together: they are at one message, under one node.
    private struct Lane: Hashable {
        let parent: Int?
        let name: String
        let service: String
        let message: String?

        init?(_ span: SpanData, under parent: Int?) {
            guard span.attempt != nil else { return nil }
            self.parent = parent
            name = span.name
            service = span.resource.serviceName
            message = span.attributes[MessagingConventions.Attribute.messageID]?.description
        }
    }
}
