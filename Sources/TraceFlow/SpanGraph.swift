// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceContext

/// Spans with numbers, and for each number what follows from it: the children, and the spans that link to it.
///
/// A span has a number as soon as anything names it, whether it is there or not. Order of arrival means nothing.
struct SpanGraph: Sendable {
    typealias Node = Int

    /// What leads from a span to another.
    enum Relation: UInt8, Sendable {
        /// The other is its child.
        case child
        /// The other links to it and belongs to the same flows.
        case joining
        /// The other links to it, which joins nothing, or isn't known to join yet.
        case silent
    }

    private enum Role: UInt8, Sendable { case ordinary, poll, batch }

    /// A message that a batch worked on, by the span that created it.
    private struct Message: Sendable, Hashable {
        var numbers: UInt64

        init(of batch: Node, _ creation: Node) {
            numbers = UInt64(UInt32(truncatingIfNeeded: batch)) << 32 | UInt64(UInt32(truncatingIfNeeded: creation))
        }
    }

    fileprivate struct Edge: Sendable {
        var node: Int32
        var next: Int32
        var relation: Relation
    }

    private(set) var references: [SpanReference] = []
    private var index = HashIndex()
    private let seed = HashIndex.Seed()
    private var positions: [Int32] = []
    private var firstEdges: [Int32] = []
    private var roles: [Role] = []
    private var traces: [Int32] = []
    private var edges: [Edge] = []
    private var batches: Set<Message> = []
    private var announced: [BackLinks.Link] = []

    /// The spans that are there, in the order in which they were added.
    private(set) var spans: [SpanData] = []
    private var nodesOfSpans: [Node] = []

    private(set) var traceIDs: [TraceID] = []
    private var traceIndex = HashIndex()
    private var nodesOfTraces: [[Node]] = []
    private var namedOfTraces: [[Node]] = []

    /// Adds spans; of copies the later one counts.
    mutating func add(_ added: some Sequence<SpanData>) {
        let first = spans.count
        if first == 0 { reserve(added.underestimatedCount) }
        var isStale = false
        for span in added { isStale = put(span) || isStale }
        if isStale { return connectAnew() }
        connect(from: first)
    }

    /// Adds those of some spans that are of these traces, as ``add(_:)`` does, without a copy of each.
    mutating func add(moving added: consuming [SpanData], of traces: Set<TraceID>) {
        let first = spans.count
        if first == 0 { reserve(added.count) }
        var isStale = false
        added.reverse()
        while let span = added.popLast() {
            if traces.contains(span.traceID) { isStale = put(span) || isStale }
        }
        if isStale { return connectAnew() }
        connect(from: first)
    }

    /// Adds a span; says whether it is another one than was there by its ids.
    private mutating func put(_ span: consuming SpanData) -> Bool {
        let node = node(for: span.reference)
        if positions[node] >= 0 {
            let isStale = spans[Int(positions[node])] != span
            if isStale { spans[Int(positions[node])] = span }
            return isStale
        }
        positions[node] = Int32(spans.count)
        spans.append(span)
        nodesOfSpans.append(node)
        nodesOfTraces[Int(traces[node])].append(node)
        return false
    }

    private mutating func reserve(_ count: Int) {
        // Nodes may have been named before there was any span.
        if references.isEmpty { index = HashIndex(capacity: count) }
        references.reserveCapacity(count)
        positions.reserveCapacity(count)
        firstEdges.reserveCapacity(count)
        roles.reserveCapacity(count)
        traces.reserveCapacity(count)
        spans.reserveCapacity(count)
        nodesOfSpans.reserveCapacity(count)
        edges.reserveCapacity(count)
    }

    /// Adds links that are known from their target only.
    mutating func announce(_ links: [BackLinks.Link]) {
        announced += links
        for link in links { addEdge(from: link.target, to: node(for: link.source), .silent) }
    }

    private mutating func connectAnew() {
        edges.removeAll(keepingCapacity: true)
        batches.removeAll(keepingCapacity: true)
        for node in firstEdges.indices {
            firstEdges[node] = -1
            roles[node] = .ordinary
        }
        for link in announced { addEdge(from: link.target, to: node(for: link.source), .silent) }
        connect(from: 0)
    }

    private mutating func connect(from first: Int) {
        for position in first..<spans.count {
            let node = nodesOfSpans[position]
            if let parent = spans[position].parentReference { addEdge(from: parent, to: node, .child) }
            connectLinks(of: node, at: position)
        }
    }

    private mutating func connectLinks(of node: Node, at position: Int) {
        let operation = spans[position].messagingOperation
        let links = spans[position].links
        let joins = SpanData.linksJoin(operation)
        for link in links {
            addEdge(from: SpanReference(link.context), to: node, joins && link.isCause ? .joining : .silent)
        }
        switch operation {
        case .receive: roles[node] = .poll
        case .process where links.count > 1 && links.count(where: \.isCreation) > 1:
            roles[node] = .batch
            for link in links where link.isCreation {
                batches.insert(Message(of: node, self.node(for: SpanReference(link.context))))
            }
        default: break
        }
    }

    private mutating func addEdge(from reference: SpanReference, to node: Node, _ relation: Relation) {
        let from = self.node(for: reference)
        guard from != node else { return }
        edges.append(Edge(node: Int32(node), next: firstEdges[from], relation: relation))
        firstEdges[from] = Int32(edges.count - 1)
    }

    private mutating func node(for reference: SpanReference) -> Node {
        let hash = seed.hash(of: reference)
        if let node = find(reference, hash) { return node }
        let node = references.count
        index.insert(hash, node)
        references.append(reference)
        positions.append(-1)
        firstEdges.append(-1)
        roles.append(.ordinary)
        let trace = number(of: reference.traceID)
        traces.append(Int32(trace))
        namedOfTraces[trace].append(node)
        return node
    }

    /// The number of a trace, given to it now if it has none.
    mutating func number(of trace: TraceID) -> Int {
        if let number = traceNumber(trace) { return number }
        let number = traceIDs.count
        traceIndex.insert(seed.hash(trace.high, trace.low), number)
        traceIDs.append(trace)
        nodesOfTraces.append([])
        namedOfTraces.append([])
        return number
    }
}

extension SpanGraph {
    /// The number of a span, if anything names it.
    func node(_ reference: SpanReference) -> Node? { find(reference, seed.hash(of: reference)) }

    private func find(_ reference: SpanReference, _ hash: UInt64) -> Node? {
        index.find(hash) { references[$0] == reference }
    }

    /// The number of a span that is there.
    func presentNode(_ reference: SpanReference) -> Node? {
        node(reference).flatMap { isPresent($0) ? $0 : nil }
    }

    /// Whether a span is there.
    func isPresent(_ node: Node) -> Bool { positions[node] >= 0 }

    /// A span, if it is there.
    func span(_ node: Node) -> SpanData? { positions[node] < 0 ? nil : spans[Int(positions[node])] }

    // Whole spans are dear to copy, so that what is asked of all of them is asked in place.

    /// A span's links, if it is there.
    func links(of node: Node) -> [SpanLink] { positions[node] < 0 ? [] : spans[Int(positions[node])].links }

    /// Whether a span is there and has failed.
    func hasFailed(_ node: Node) -> Bool { positions[node] >= 0 && spans[Int(positions[node])].status.isError }

    /// The number of a span's parent, whether that is there or not.
    func parent(of node: Node) -> Node? {
        guard positions[node] >= 0, let id = spans[Int(positions[node])].parentSpanID else { return nil }
        return self.node(SpanReference(traceID: references[node].traceID, spanID: id))
    }

    /// A span, if it is there.
    subscript(reference: SpanReference) -> SpanData? { node(reference).flatMap { span($0) } }

    /// The number of a span's trace.
    func trace(of node: Node) -> Int { Int(traces[node]) }

    /// The number of a trace, if anything names it.
    func traceNumber(_ trace: TraceID) -> Int? {
        traceIndex.find(seed.hash(trace.high, trace.low)) { traceIDs[$0] == trace }
    }

    /// The spans of a trace that are there.
    func nodes(ofTrace trace: TraceID) -> [Node] { traceNumber(trace).map { nodesOfTraces[$0] } ?? [] }

    /// The spans of a trace that are there or that anything refers to.
    func namedNodes(ofTrace trace: TraceID) -> [Node] { traceNumber(trace).map { namedOfTraces[$0] } ?? [] }

    /// Orders spans that are there by their start.
    func isEarlier(_ a: Node, _ b: Node) -> Bool {
        let (first, second) = (positions[a], positions[b])
        guard first >= 0, second >= 0 else { return a < b }
        let (start, other) = (spans[Int(first)].start, spans[Int(second)].start)
        if start != other { return start < other }
        let (id, otherID) = (references[a].spanID.bits, references[b].spanID.bits)
        return id != otherID ? id < otherID : references[a] < references[b]
    }

    /// Spans that are there, in the order of their start.
    func sorted(_ nodes: some Sequence<Node>) -> [Node] {
        var keys = nodes.compactMap { node -> (start: UInt64, id: UInt64, node: Node)? in
            guard positions[node] >= 0 else { return nil }
            return (spans[Int(positions[node])].start.nanoseconds, references[node].spanID.bits, node)
        }
        keys.sort { a, b in
            if a.start != b.start { return a.start < b.start }
            return a.id != b.id ? a.id < b.id : references[a.node] < references[b.node]
        }
        return keys.map(\.node)
    }

    /// What follows from a span: its children, and the spans that link to it, each with how.
    ///
    /// A span may come more than once, and some don't belong to the same flow: see ``isCut(_:_:_:)``.
    func effects(of node: Node) -> Effects { Effects(edges: edges, position: firstEdges[node]) }

    /// What follows from a span.
    struct Effects: Sequence, IteratorProtocol {
        fileprivate let edges: [Edge]
        fileprivate var position: Int32

        mutating func next() -> (relation: Relation, node: Node)? {
            guard position >= 0 else { return nil }
            let edge = edges[Int(position)]
            position = edge.next
            return (edge.relation, Int(edge.node))
        }
    }

    /// What caused a span that is there: its parent, and what it links to, whether or not it is there.
    func causes(of node: Node) -> [Node] {
        var causes: [Node] = []
        if let parent = parent(of: node), !isCut(parent, node, .child) { causes.append(parent) }
        let links = links(of: node)
        if !links.isEmpty, span(node)?.linksJoin == true {
            for link in links where link.isCause {
                guard let found = self.node(SpanReference(link.context)), !isCut(found, node, .joining) else {
                    continue
                }
                causes.append(found)
            }
        }
        return causes.filter { $0 != node }
    }

    /// Whether an effect of a span on several messages is about some of these only.
    ///
    /// What a batch does belongs to the flow of each of its messages. But what itself links to the creation of one of them,
    /// as a record does that is moved to a retry topic, belongs to that one's flow alone; and work on a message below a
    /// poll is none of the other messages' affair. It is joined by that link, and neither by its parent nor as the
    /// attempt after.
    func isCut(_ cause: Node, _ effect: Node, _ relation: Relation) -> Bool {
        guard roles[cause] != .ordinary else { return false }
        let links = links(of: effect)
        guard !links.isEmpty, let operation = span(effect).map(\.messagingOperation) else { return false }
        guard SpanData.linksJoin(operation) else { return false }
        if roles[cause] == .poll {
            return relation == .child && operation == .process && links.contains(where: \.isCreation)
        }
        return links.contains { link in
            guard link.isCreation, let creation = node(SpanReference(link.context)) else { return false }
            return creation != effect && batches.contains(Message(of: cause, creation))
        }
    }
}
