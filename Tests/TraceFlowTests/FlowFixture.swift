// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceFlow

/// Spans as they are told in a line or two.
enum Fixture {
    static func context(_ trace: UInt64, _ span: UInt64) -> SpanContext {
        SpanContext(traceID: TraceID(high: 0, low: trace), spanID: SpanID(bits: span), flags: .sampled)
    }

    static func span(
        _ name: String,
        trace: UInt64,
        _ id: UInt64,
        parent: UInt64? = nil,
        links: [SpanContext] = [],
        start: UInt64? = nil,
        service: String = "shop",
        attributes: Attributes = Attributes()
    ) -> SpanData {
        var attributes = attributes
        let operation = name.prefix { $0 != " " }
        if operation == "poll" {
            attributes[MessagingConventions.Attribute.operationType] = "receive"
        } else if ["send", "process", "settle", "create"].contains(operation) {
            attributes[MessagingConventions.Attribute.operationType] = .string(String(operation))
        }
        let start = Timestamp(nanoseconds: 1_000_000_000_000 + (start ?? id) * 1_000_000)
        return SpanData(
            context: context(trace, id),
            parentSpanID: parent.map { SpanID(bits: $0) },
            name: name,
            kind: ["send", "create"].contains(operation) ? .producer : .internal,
            start: start,
            end: start.advanced(by: .milliseconds(1)),
            attributes: attributes,
            links: links.map { SpanLink($0) },
            resource: Resource(attributes: ["service.name": .string(service)])
        )
    }

    /// Two orders whose payments one batch takes: traces 1 and 2, and trace 3 for the batch.
    static let twoOrders: [SpanData] = [
        span("place order", trace: 1, 10),
        span("send orders", trace: 1, 11, parent: 10),
        span("process orders", trace: 1, 12, parent: 11, links: [context(1, 11)], service: "billing"),
        span("send payments", trace: 1, 13, parent: 12, service: "billing"),
        span("place order", trace: 2, 20),
        span("send payments", trace: 2, 23, parent: 20, service: "billing"),
        span(
            "process payments",
            trace: 3,
            30,
            links: [context(1, 13), context(2, 23)],
            service: "notifier",
            attributes: [MessagingConventions.Attribute.batchMessageCount: 2]
        ),
        span("send mail", trace: 3, 31, parent: 30, service: "notifier"),
    ]
}
