// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceFlow

/// `stitch topology`.
enum TopologyCommand: Command {
    static let description = CommandDescription(
        name: "topology",
        summary: "show which services talk to each other, over which topics and queues",
        text: """
            Shows the ways between services and the topics and queues between them, made of spans, over links as over
            parents: how much goes each way, what fails, how long messages wait and work takes.
            """,
        options: SpanSource.options + FlowWindow.options + [
            OptionDescription("json", nil, "print JSON, for programs"),
            OptionDescription("dot", nil, "print a graph for Graphviz: stitch topology --dot … | dot -Tsvg"),
        ],
        examples: [
            .init("stitch topology --file shop.otlp.jsonl", "the ways of a file"),
            .init("stitch topology --store spans --since 1h --dot", "a picture of the last hour"),
        ]
    )

    static func run(_ arguments: ParsedArguments, _ console: Console) async throws -> Int32 {
        guard !(arguments.has("json") && arguments.has("dot")) else {
            throw CommandError.usage("give --json or --dot, not both")
        }
        let request = try FlowRequest(arguments)
        let store = try await SpanSource.open(arguments, console)
        let (spans, isWhole) = try await FlowWindow(arguments, store).spans(from: request.from, to: request.to)
        let topology = Topology(spans)
        let clocks = ClockSkew.estimates(spans)
        if !isWhole { console.tell("only the newest \(spans.count.grouped) spans were looked at; --limit takes more") }
        if arguments.has("json") {
            try console.write(JSONText.page(TopologyDocument(topology, clocks)))
        } else if arguments.has("dot") {
            try console.write(TopologyGraph(topology).text)
        } else {
            try console.write(table(topology).text(console))
            for remark in clocks.compactMap(\.remark) {
                for line in remark.wrapped(to: console.terminal.width) {
                    try console.write(console.paint(line, .warning) + "\n")
                }
            }
        }
        return 0
    }

    private static func table(_ topology: Topology) -> TextTable {
        TextTable(
            columns: [
                .init("FROM"), .init("TO"), .init("WAY", longest: 8), .init("COUNT", isNumber: true),
                .init("NO CTX", isNumber: true, isOptional: true), .init("FAILED", isNumber: true, isOptional: true),
                .init("WAIT P50", isNumber: true, isOptional: true),
                .init("WAIT P95", isNumber: true, isOptional: true),
                .init("TOOK P95", isNumber: true, isOptional: true), .init("PER S", isNumber: true, isOptional: true),
            ],
            rows: topology.edges.map { edge in
                [
                    edge.from.description, edge.to.description, edge.kind.rawValue, edge.messages.grouped,
                    edge.withoutContext == 0 ? "–" : edge.shareWithoutContext.percentText,
                    edge.errors == 0 ? "–" : edge.errors.grouped,
                    edge.wait.count == 0 ? "–" : edge.wait.p50.text, edge.wait.count == 0 ? "–" : edge.wait.p95.text,
                    edge.duration.count == 0 ? "–" : edge.duration.p95.text, edge.rate.rateText,
                ]
            }
        )
    }
}

extension Double {
    /// A number a second with three digits at the most.
    var rateText: String {
        guard isFinite else { return "–" }
        let decimals = self < 9.995 ? 2 : self < 99.95 ? 1 : 0
        guard decimals > 0 else { return Int(min(self, 1e15).rounded()).grouped }
        let scale = decimals == 2 ? 100.0 : 10.0
        return "\((self * scale).rounded() / scale)"
    }
}

/// A topology as JSON.
private struct TopologyDocument: Encodable {
    struct Node: Encodable {
        var kind: String
        var system: String?
        var name: String
    }

    struct Percentiles: Encodable {
        var count: Int
        var p50: Double
        var p95: Double
        var p99: Double
        var maximum: Double

        init(_ summary: DurationSummary) {
            count = summary.count
            p50 = summary.p50 / .seconds(1)
            p95 = summary.p95 / .seconds(1)
            p99 = summary.p99 / .seconds(1)
            maximum = summary.maximum / .seconds(1)
        }
    }

    struct Edge: Encodable {
        var from: Node
        var to: Node
        var kind: String
        var spans: Int
        var messages: Int
        var perSecond: Double
        var errors: Int
        var fanOut: Double
        var withoutContext: Int
        var waitSeconds: Percentiles
        var durationSeconds: Percentiles
    }

    /// By how much one service's clock is ahead of another's, as cause and effect bound it.
    struct Clock: Encodable {
        var service: String
        var other: String
        var atLeastSeconds: Double?
        var atMostSeconds: Double?
        var provenSeconds: Double
        var isConsistent: Bool
        var observations: Int
    }

    var from: String?
    var to: String?
    var nodes: [Node]
    var edges: [Edge]
    var clocks: [Clock]

    init(_ topology: Topology, _ skews: [ClockSkew]) {
        clocks = skews.map { skew in
            Clock(
                service: skew.service,
                other: skew.other,
                atLeastSeconds: skew.atLeast.map { $0 / .seconds(1) },
                atMostSeconds: skew.atMost.map { $0 / .seconds(1) },
                provenSeconds: skew.proven / .seconds(1),
                isConsistent: skew.isConsistent,
                observations: skew.observations
            )
        }
        from = topology.from.map { String($0.nanoseconds) }
        to = topology.to.map { String($0.nanoseconds) }
        nodes = topology.nodes.map { Node($0) }
        edges = topology.edges.map { edge in
            Edge(
                from: Node(edge.from),
                to: Node(edge.to),
                kind: edge.kind.rawValue,
                spans: edge.spans,
                messages: edge.messages,
                perSecond: edge.rate,
                errors: edge.errors,
                fanOut: edge.fanOut.isFinite ? edge.fanOut : 0,
                withoutContext: edge.withoutContext,
                waitSeconds: Percentiles(edge.wait),
                durationSeconds: Percentiles(edge.duration)
            )
        }
    }
}

extension TopologyDocument.Node {
    fileprivate init(_ node: Topology.Node) {
        switch node {
        case .service(let name): self.init(kind: "service", name: name)
        case .destination(let system, let name): self.init(kind: "destination", system: system, name: name)
        }
    }
}

/// A topology in the language of Graphviz.
struct TopologyGraph {
    let topology: Topology

    init(_ topology: Topology) { self.topology = topology }

    var text: String {
        var text = "digraph stitch {\n  rankdir=LR;\n  node [fontname=\"sans-serif\"];\n"
        var names: [Topology.Node: String] = [:]
        for (index, node) in topology.nodes.enumerated() {
            names[node] = "n\(index)"
            let shape = if case .service = node { "box" } else { "cylinder" }
            text += "  n\(index) [shape=\(shape), label=\(Self.quoted(node.description))];\n"
        }
        for edge in topology.edges {
            guard let from = names[edge.from], let to = names[edge.to] else { continue }
            var parts = ["\(edge.messages.grouped)"]
            if edge.wait.count > 0 { parts.append("waits \(edge.wait.p95.text)") }
            if edge.errors > 0 { parts.append("\(edge.errors.grouped) failed") }
            let colour = edge.errors > 0 ? ", color=\"#c0272d\"" : ""
            text += "  \(from) -> \(to) [label=\(Self.quoted(parts.joined(separator: ", ")))\(colour)];\n"
        }
        return text + "}\n"
    }

    private static func quoted(_ text: String) -> String {
        let clean = text.printable
        return "\"" + clean.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined() + "\""
    }
}
