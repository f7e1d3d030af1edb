// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceContext
import TraceFlow

/// A flow in one line.
struct FlowSummary: Sendable, Hashable {
    let origin: SpanReference
    let name: String
    let service: String
    let start: Timestamp
    /// From the start of its origin to the end of its last span.
    let duration: Duration
    /// How long something of it waited, times that overlap counted once.
    let wait: Duration
    let spans: Int
    let traces: Int
    let services: [String]
    let errors: Int
    /// Whether there is more than was counted.
    let isTruncated: Bool

    init(_ flow: Flow) {
        origin = flow.origin.reference
        name = flow.origin.name
        service = flow.origin.resource.serviceName
        start = flow.origin.start
        duration = flow.end.duration(since: flow.origin.start)
        wait = Self.covered(by: flow.spans.flatMap { flow.waits(of: $0) })
        spans = flow.spans.count
        traces = flow.traceIDs.count
        services = flow.services
        errors = flow.spans.count { $0.hasError }
        isTruncated = flow.isTruncated
    }

    private static func covered(by waits: [FlowWait]) -> Duration {
        var total = Duration.zero
        var end = Timestamp(nanoseconds: 0)
        for wait in waits.sorted(by: { $0.start < $1.start }) where wait.end > end {
            total += wait.end.duration(since: max(end, wait.start))
            end = wait.end
        }
        return total
    }
}

extension FlowSummary {
    /// The flow as a line of JSON: times are nanoseconds since 1970 as strings, durations are seconds.
    struct Document: Encodable {
        var flow: String
        var name: String
        var service: String
        var start: String
        var seconds: Double
        var waitSeconds: Double
        var spans: Int
        var traces: Int
        var services: [String]
        var errors: Int
        var isTruncated: Bool

        init(_ summary: FlowSummary) {
            flow = summary.origin.description
            name = summary.name
            service = summary.service
            start = String(summary.start.nanoseconds)
            seconds = summary.duration / .seconds(1)
            waitSeconds = summary.wait / .seconds(1)
            spans = summary.spans
            traces = summary.traces
            services = summary.services
            errors = summary.errors
            isTruncated = summary.isTruncated
        }
    }
}
