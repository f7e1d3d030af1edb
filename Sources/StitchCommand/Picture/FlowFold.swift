// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceFlow

/// A row that stands for many alike and for what they caused.
struct FlowFold {
    let service: String
    let name: String
    /// How many are alike.
    var count = 0
    /// How many spans there are, with what they caused.
    var spans = 0
    var errors = 0
    var start = Timestamp(nanoseconds: .max)
    var end = Timestamp(nanoseconds: 0)
    var worked = Duration.zero

    var label: String { "× \(count.grouped) more \(name)\(errors > 0 ? " ✗" : "")" }

    var notes: [String] {
        var notes: [String] = []
        if spans > count { notes.append("\((spans - count).grouped) spans below them") }
        if errors > 0 { notes.append("\(errors.grouped) failed") }
        return notes
    }

    mutating func add(_ span: SpanData) {
        spans += 1
        if span.hasError { errors += 1 }
        start = min(start, span.start)
        end = max(end, max(span.start, span.end))
        worked += max(.zero, span.duration)
    }
}

extension FlowTree {
    /// How many of very many alike are shown, by how many rows there are still to be saved.
    private static let shownOfAlike = [20, 10, 5, 3, 2, 1]

    /// Lets some of very many alike stand for all, until there are not many more rows than this.
    mutating func fold(to rows: Int) {
        for shown in Self.shownOfAlike where shownNodes.count > rows {
            unfold()
            for node in shownNodes where !nodes[node].isFolded { fold(childrenOf: node, keeping: shown) }
        }
        let all = shownNodes
        if all.count > rows { foldRest(all.dropFirst(rows)) }
        markEffects()
    }

    private mutating func unfold() {
        foldedCount = 0
        for node in nodes.indices {
            nodes[node].isFolded = false
            nodes[node].children = nodes[node].children.filter { nodes[$0].fold == nil }
        }
    }

    private struct Alike: Hashable {
        let service: String
        let name: String
    }

    private mutating func fold(childrenOf node: Int, keeping shown: Int) {
        var groups: [Alike: [Int]] = [:]
        var order: [Alike] = []
        for child in nodes[node].children {
            guard let span = nodes[child].rows.first?.span else { continue }
            let alike = Alike(service: span.resource.serviceName, name: span.name)
            if groups[alike] == nil { order.append(alike) }
            groups[alike, default: []].append(child)
        }
        for alike in order {
            guard let group = groups[alike], group.count > shown + 1 else { continue }
            var fold = FlowFold(service: alike.service, name: alike.name)
            for child in group.dropFirst(shown) { take(child, into: &fold) }
            add(fold, under: node, behind: group[shown - 1])
        }
    }

    /// The rows at the end of a flow that is large in another way.
    private mutating func foldRest(_ rest: ArraySlice<Int>) {
        guard let first = rest.first else { return }
        var fold = FlowFold(service: "", name: "spans")
        for node in rest where !nodes[node].isFolded { take(node, into: &fold) }
        fold.count = fold.spans
        let parent = nodes[first].parent
        if let parent {
            add(fold, under: parent, behind: first)
        }
    }

    private mutating func take(_ node: Int, into fold: inout FlowFold) {
        fold.count += 1
        var waiting = [node]
        while let next = waiting.popLast() {
            guard !nodes[next].isFolded else { continue }
            nodes[next].isFolded = true
            for row in nodes[next].rows { fold.add(row.span) }
            foldedCount += nodes[next].rows.count
            if let other = nodes[next].fold { fold.merge(other) }
            waiting += nodes[next].children
        }
    }

    private mutating func add(_ fold: FlowFold, under parent: Int, behind sibling: Int) {
        let node = nodes.count
        nodes.append(Node(fold: fold, parent: parent))
        let place = nodes[parent].children.firstIndex(of: sibling).map { $0 + 1 } ?? nodes[parent].children.count
        nodes[parent].children.insert(node, at: place)
    }
}

extension FlowFold {
    fileprivate mutating func merge(_ other: FlowFold) {
        spans += other.spans
        errors += other.errors
        start = min(start, other.start)
        end = max(end, other.end)
        worked += other.worked
    }
}

extension Int {
    /// With a comma at each thousand.
    var grouped: String {
        var digits = Array(String(magnitude))
        var place = digits.count - 3
        while place > 0 {
            digits.insert(",", at: place)
            place -= 3
        }
        return (self < 0 ? "-" : "") + String(digits)
    }
}
