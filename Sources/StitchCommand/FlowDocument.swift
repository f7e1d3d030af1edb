// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceFlow

/// A flow as JSON, for programs.
///
/// Times are nanoseconds since 1970 as strings, durations are seconds.
struct FlowDocument: Encodable {
    struct Span: Encodable {
        var trace: String
        var span: String
        var parent: String?
        var service: String
        var name: String
        var kind: String
        var depth: Int
        var start: String
        var end: String
        var seconds: Double
        var waits: [Wait]
        var links: [Link]
        var attributes: [String: String]
        var error: String?
        var companions: Int
    }

    struct Wait: Encodable {
        var reason: String
        var seconds: Double
    }

    struct Link: Encodable {
        var trace: String
        var span: String
        var role: String?
        var isInFlow: Bool
    }

    struct Totals: Encodable {
        var traces: Int
        var spans: Int
        var links: Int
        var dangling: Int
        var orphans: Int
    }

    var origin: String
    var services: [String]
    var traces: [String]
    var spans: [Span]
    var isTruncated: Bool
    var missing: [Missing]
    var hubs: [Hub]
    /// What the time went by on, from the origin's start to the end.
    var criticalPath: [Segment]?
    /// Of everything that was recorded, not of this flow alone.
    var totals: Totals?

    struct Segment: Encodable {
        var kind: String
        var span: String
        var start: String
        var seconds: Double
    }

    init(_ flow: Flow, totals: FlowTotals? = nil, hasCriticalPath: Bool = false) {
        origin = flow.origin.spanID.description
        services = flow.services
        traces = flow.traceIDs.map(\.description)
        spans = Waterfall(flow).rows.map { Span($0, in: flow) }
        isTruncated = flow.isTruncated
        missing = flow.missing.map { Missing($0) }
        hubs = flow.hubs.map { Hub($0) }
        if hasCriticalPath { criticalPath = CriticalPath(flow).segments.map { Segment($0) } }
        self.totals = totals.map {
            Totals(traces: $0.traces, spans: $0.spans, links: $0.links, dangling: $0.dangling, orphans: $0.orphans)
        }
    }
}

extension FlowDocument.Segment {
    fileprivate init(_ segment: CriticalPath.Segment) {
        kind =
            switch segment.kind {
            case .work: "work"
            case .wait(let reason): "wait-\(reason.rawValue)"
            case .other: "other"
            }
        span = segment.span.description
        start = String(segment.start.nanoseconds)
        seconds = segment.duration / .seconds(1)
    }
}

extension FlowDocument.Span {
    init(_ row: Waterfall.Row, in flow: Flow) {
        let span = row.span
        trace = span.traceID.description
        self.span = span.spanID.description
        parent = span.parentSpanID?.description
        service = span.resource.serviceName
        name = span.name
        kind = "\(span.kind)"
        depth = row.depth
        start = String(span.start.nanoseconds)
        end = String(span.end.nanoseconds)
        seconds = span.duration / .seconds(1)
        waits = flow.waits(of: span).map {
            FlowDocument.Wait(reason: $0.reason.rawValue, seconds: $0.duration / .seconds(1))
        }
        links = span.links.map { link in
            FlowDocument.Link(
                trace: link.traceID.description,
                span: link.spanID.description,
                role: link.role?.rawValue,
                isInFlow: flow.contains(SpanReference(link.context))
            )
        }
        attributes = Dictionary(
            span.attributes.elements.map { ($0.key, $0.value.description) },
            uniquingKeysWith: { $1 }
        )
        error = span.status.message
        companions = row.companions
    }
}
