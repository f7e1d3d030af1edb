// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// Adds up a topology span by span.
struct TopologyCounter {
    private struct Key: Hashable {
        var from: Topology.Node
        var to: Topology.Node
        var kind: Topology.Edge.Kind
    }

    private struct Tally {
        var spans = 0
        var messages = 0
        var errors = 0
        var withoutContext = 0
        var lengths: [Int64] = []
        var waits: [Int64] = []
        var causes: Set<SpanReference> = []
    }

    private var tallies: [Key: Tally] = [:]
    private var found: Set<Topology.Node> = []
    private(set) var first: Timestamp?
    private(set) var last: Timestamp?

    mutating func count(_ span: SpanData, _ table: SpanTable) {
        first = min(first ?? span.start, span.start)
        last = max(last ?? span.end, span.start, span.end)
        let service = Topology.Node.service(span.resource.serviceName)
        found.insert(service)
        switch span.messagingOperation {
        case .send: countSend(span, from: service, table)
        case .process: countWork(span, by: service, table)
        case .create, .receive, .settle:
            if let node = span.destinationNode { found.insert(node) }
        case nil: countCall(span, by: service, table)
        }
    }

    private mutating func countSend(_ span: SpanData, from service: Topology.Node, _ table: SpanTable) {
        let cause = span.parent.map { SpanReference($0) } ?? span.reference
        if let node = span.destinationNode {
            return add(span, Key(from: service, to: node, kind: .send), span.messageCount) { tally in
                tally.causes.insert(cause)
                tally.waits += span.outboxWaits(table, to: node)
            }
        }
        // A batch whose messages go to several places says where by the spans that created them.
        var counts: [Topology.Node: Int] = [:]
        for link in span.links {
            guard let node = table[SpanReference(link.context)]?.destinationNode else { continue }
            counts[node, default: 0] += 1
        }
        for (node, count) in counts {
            add(span, Key(from: service, to: node, kind: .send), count) { tally in
                tally.causes.insert(cause)
                tally.waits += span.outboxWaits(table, to: node)
            }
        }
    }

    private mutating func countWork(_ span: SpanData, by service: Topology.Node, _ table: SpanTable) {
        guard let node = span.destinationNode else { return }
        found.insert(node)
        // The messages of a batch are counted with the batch, also where each has a span of its own below.
        if let parent = span.parent.flatMap({ table[SpanReference($0)] }), parent.messagingOperation == .process,
            parent.batchCount != nil, parent.destination == span.destination
        {
            return
        }
        let creations = span.creationLinks
        add(span, Key(from: node, to: service, kind: .process), span.messageCount) { tally in
            tally.withoutContext = tally.withoutContext.addingSaturated(span.lackingCreationLinks)
            tally.waits += span.messageWaits(table)
            if creations.isEmpty { tally.causes.insert(span.reference) }
            for link in creations { tally.causes.insert(SpanReference(link.context)) }
        }
    }

    private mutating func countCall(_ span: SpanData, by service: Topology.Node, _ table: SpanTable) {
        guard let parent = span.parent.flatMap({ table[SpanReference($0)] }),
            span.kind == .server || parent.kind == .client
        else { return }
        let caller = Topology.Node.service(parent.resource.serviceName)
        // Within a service only what is a request on both sides is one.
        guard caller != service || (span.kind == .server && parent.kind == .client) else { return }
        let cause = parent.parent.map { SpanReference($0) } ?? parent.reference
        add(span, Key(from: caller, to: service, kind: .call), 1) { $0.causes.insert(cause) }
    }

    private mutating func add(_ span: SpanData, _ key: Key, _ messages: Int, _ more: (inout Tally) -> Void) {
        found.insert(key.from)
        found.insert(key.to)
        var tally = tallies.removeValue(forKey: key) ?? Tally()
        tally.spans += 1
        tally.messages = tally.messages.addingSaturated(messages)
        if span.hasError { tally.errors += 1 }
        tally.lengths.append(span.lengthInNanoseconds)
        more(&tally)
        tallies[key] = tally
    }

    var nodes: [Topology.Node] { found.sorted() }

    func edges(overSeconds seconds: Double) -> [Topology.Edge] {
        tallies.map { key, tally in
            Topology.Edge(
                from: key.from,
                to: key.to,
                kind: key.kind,
                spans: tally.spans,
                messages: tally.messages,
                rate: Double(tally.messages) / seconds,
                errors: tally.errors,
                duration: DurationSummary(nanoseconds: tally.lengths),
                wait: DurationSummary(nanoseconds: tally.waits),
                fanOut: tally.causes.isEmpty ? 0 : Double(tally.messages) / Double(tally.causes.count),
                withoutContext: tally.withoutContext
            )
        }.sorted { ($0.from, $0.to, $0.kind.rawValue) < ($1.from, $1.to, $1.kind.rawValue) }
    }
}
