// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceFlow

/// What stands above and below a flow, on a terminal and on a page.
struct FlowHeading {
    let flow: Flow

    /// More missing ends are only counted, and of more hubs and clocks nothing is told.
    private static let mostMissing = 10

    /// What the flow began with, and how large it is.
    var summary: String {
        let links = flow.spans.reduce(0) { $0 + flow.links(of: $1).count }
        let errors = flow.spans.count { $0.hasError }
        return """
            \(Self.count(flow.services.count, "service")), \(Self.count(flow.traceIDs.count, "trace")), \
            \(Self.count(flow.spans.count, "span")), \(Self.count(links, "link")), \
            \(errors > 0 ? "\(errors.grouped) failed, " : "")\
            \(flow.end.duration(since: flow.origin.start).text) from end to end
            """
    }

    /// What keeps the flow from being whole, and its times from being true.
    var remarks: [String] {
        var remarks: [String] = []
        for missing in flow.missing.prefix(Self.mostMissing) {
            let name = flow[missing.span]?.name ?? "a span"
            remarks.append(
                "\(name) refers to \(missing.relation.text) \(missing.end), which isn't there: \(missing.cause.text)"
            )
        }
        if flow.missing.count > Self.mostMissing {
            remarks.append(
                "\((flow.missing.count - Self.mostMissing).grouped) more spans that are referred to aren't there"
            )
        }
        for hub in flow.hubs.prefix(Self.mostMissing) {
            let name = flow[hub.span]?.name ?? "a span"
            let count = "\(hub.isExact ? "" : "at least ")\(hub.count.grouped)"
            remarks.append("\(count) spans link to \(name); \(hub.followed.grouped) of them were followed")
        }
        if flow.isTruncated {
            remarks.append("the flow is larger: only \(flow.spans.count.grouped) spans of it were joined")
        }
        remarks += ClockSkew.estimates(flow.spans).lazy.compactMap(\.remark).prefix(Self.mostMissing)
        return remarks
    }

    private static func count(_ number: Int, _ noun: String) -> String {
        "\(number.grouped) \(noun)\(number == 1 ? "" : "s")"
    }
}

extension MissingEnd.Relation {
    fileprivate var text: String {
        switch self {
        case .parent: "its parent"
        case .creation: "what created its message,"
        case .previousAttempt: "the attempt before,"
        case .other: "span"
        }
    }
}

extension MissingEnd.Cause {
    fileprivate var text: String {
        switch self {
        case .notSampled: "it was not sampled"
        case .lost(let worker): "worker \(worker) was lost with it"
        case .expired: "it is older than what is kept"
        case .notArrived: "it may still arrive"
        case .unexplained: "nobody knows why"
        }
    }
}
