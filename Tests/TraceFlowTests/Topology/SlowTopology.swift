// SPDX-License-Identifier: Apache-2.0

import TelemetryData

@testable import TraceFlow

/// A topology, counted edge by edge with a look at all spans for each.
struct SlowTopology {
    private let spans: [SpanData]
    private let seconds: Double
    private(set) var edges: [Topology.Edge] = []
    private(set) var nodes: Set<Topology.Node> = []

    init(_ spans: [SpanData]) {
        self.spans = spans
        let first = spans.map(\.start.nanoseconds).min() ?? 0
        seconds = max(1, Double((spans.map(\.end.nanoseconds).max() ?? 0) - first) / 1e9)
        let services = Set(spans.map(\.resource.serviceName)).sorted()
        let topics = Set(spans.compactMap(\.destination)).sorted()
        for service in services {
            nodes.insert(.service(service))
            for other in services { addCalls(service, other) }
            for topic in topics { addSends(service, topic) }
        }
        for topic in topics {
            nodes.insert(.destination(system: "kafka", name: topic))
            for service in services { addWork(topic, service) }
        }
    }

    private func span(_ context: SpanContext) -> SpanData? {
        spans.first { $0.spanID == context.spanID && $0.traceID == context.traceID }
    }

    private mutating func addCalls(_ service: String, _ other: String) {
        let calls = spans.filter { span in
            guard span.kind == .server, span.resource.serviceName == other else { return false }
            return span.parent.flatMap(self.span)?.resource.serviceName == service
        }
        let causes = Set(calls.map { $0.parent.flatMap(span)?.parentSpanID })
        add(.service(service), .service(other), .call, calls, causes: causes.count)
    }

    private mutating func addSends(_ service: String, _ topic: String) {
        let sends = of("send", service, topic)
        add(
            .service(service),
            .destination(system: "kafka", name: topic),
            .send,
            sends,
            causes: Set(sends.map(\.parentSpanID)).count
        )
    }

    private mutating func addWork(_ topic: String, _ service: String) {
        let work = of("process", service, topic)
        var waits: [Int64] = []
        for one in work {
            if let wait = one.attributes["stitch.wait"]?.doubleValue {
                waits.append(Int64((wait * 1e9).rounded()))
            } else {
                for creation in one.links.compactMap({ span($0.context) }) {
                    waits.append(max(0, Int64(one.start.nanoseconds) - Int64(creation.end.nanoseconds)))
                }
            }
        }
        add(
            .destination(system: "kafka", name: topic),
            .service(service),
            .process,
            work,
            messages: work.reduce(0) { $0 + ($1.batchCount ?? 1) },
            causes: Set(work.flatMap { $0.links.isEmpty ? [$0.spanID] : $0.links.map(\.spanID) }).count,
            lost: work.reduce(0) { $0 + ($1.batchCount ?? 1) - $1.links.count },
            waits
        )
    }

    private func of(_ name: String, _ service: String, _ topic: String) -> [SpanData] {
        spans.filter { $0.name == name && $0.resource.serviceName == service && $0.destination == topic }
    }

    private mutating func add(
        _ from: Topology.Node,
        _ to: Topology.Node,
        _ kind: Topology.Edge.Kind,
        _ spans: [SpanData],
        messages: Int? = nil,
        causes: Int,
        lost: Int = 0,
        _ waits: [Int64] = []
    ) {
        guard !spans.isEmpty else { return }
        edges.append(
            Topology.Edge(
                from: from,
                to: to,
                kind: kind,
                spans: spans.count,
                messages: messages ?? spans.count,
                rate: Double(messages ?? spans.count) / seconds,
                errors: spans.count { $0.status.isError },
                duration: DurationSummary(nanoseconds: spans.map { Int64($0.end.nanoseconds - $0.start.nanoseconds) }),
                wait: DurationSummary(nanoseconds: waits),
                fanOut: Double(messages ?? spans.count) / Double(causes),
                withoutContext: lost
            )
        )
    }
}
