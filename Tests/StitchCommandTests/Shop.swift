// SPDX-License-Identifier: Apache-2.0

import Foundation
import TelemetryData
import TraceContext

/// Spans of a small shop: an order with a message, and a job that is retried; as many orders as are asked for.
enum Shop {
    private typealias Attribute = MessagingConventions.Attribute

    /// When the first order is placed.
    static let start: UInt64 = 1_795_000_000_000_000_000

    static func trace(of order: UInt64) -> TraceID {
        TraceID(high: 0x4bf9_2f35_77b3_4da6 &+ order << 32, low: order + 1)
    }

    static func context(_ order: UInt64, _ span: UInt64) -> SpanContext {
        SpanContext(traceID: trace(of: order), spanID: SpanID(bits: span), flags: .sampled)
    }

    static func span(
        _ name: String,
        of order: UInt64,
        _ id: UInt64,
        parent: UInt64? = nil,
        links: [SpanLink] = [],
        from begin: UInt64,
        for length: UInt64,
        service: String,
        kind: SpanKind = .internal,
        attributes: Attributes = Attributes(),
        status: SpanStatus = .unset
    ) -> SpanData {
        let begin = start + order * 60_000_000_000 + begin * 1_000_000
        return SpanData(
            context: context(order, id),
            parentSpanID: parent.map { SpanID(bits: $0) },
            name: name,
            kind: kind,
            start: Timestamp(nanoseconds: begin),
            end: Timestamp(nanoseconds: begin + length * 1_000_000),
            attributes: attributes,
            links: links,
            status: status,
            resource: Resource(attributes: ["service.name": .string(service)])
        )
    }

    /// A moment of an order, in milliseconds, as options take it.
    static func moment(of order: UInt64, at milliseconds: UInt64) -> String {
        let moment = start / 1_000_000 + order * 60_000 + milliseconds
        let date = Date(timeIntervalSince1970: Double(moment / 1_000))
        return "\(date.ISO8601Format().dropLast()).\(String(1_000 + moment % 1_000).dropFirst())Z"
    }

    static func link(_ order: UInt64, _ span: UInt64, _ role: MessagingConventions.LinkRole) -> SpanLink {
        SpanLink(context(order, span), attributes: [Attribute.linkRole: .string(role.rawValue)])
    }

    /// What one order causes: it is placed, billed 2 s later, and its receipt is sent at the second attempt.
    static func order(_ order: UInt64) -> [SpanData] {
        let orders: Attributes = [Attribute.system: "kafka", Attribute.destinationName: "orders"]
        let receipts: Attributes = [
            Attribute.system: "stitch_jobs", Attribute.destinationName: "default",
            Attribute.messageID: .int(Int64(order)),
        ]
        return [
            span(
                "place order",
                of: order,
                1,
                from: 0,
                for: 10,
                service: "storefront",
                attributes: ["shop.order_id": .int(Int64(order))]
            ),
            span(
                "send orders",
                of: order,
                2,
                parent: 1,
                from: 1,
                for: 5,
                service: "storefront",
                kind: .producer,
                attributes: orders.with([Attribute.operationType: "send"])
            ),
            span(
                "process orders",
                of: order,
                3,
                parent: 2,
                links: [link(order, 2, .creation)],
                from: 2006,
                for: 50,
                service: "billing",
                kind: .consumer,
                attributes: orders.with([Attribute.operationType: "process", Attribute.wait: 2.0])
            ),
            span(
                "send receipt",
                of: order,
                4,
                parent: 3,
                from: 2010,
                for: 2,
                service: "billing",
                kind: .producer,
                attributes: receipts.with([Attribute.operationType: "send"])
            ),
            span(
                "process receipt",
                of: order,
                5,
                parent: 4,
                links: [link(order, 4, .creation)],
                from: 2100,
                for: 20,
                service: "notifier",
                kind: .consumer,
                attributes: receipts.with([
                    Attribute.operationType: "process", Attribute.jobAttempt: 1, Attribute.waitReady: 0.08,
                ]),
                status: .error("the mail server is busy")
            ),
            span(
                "process receipt",
                of: order,
                6,
                parent: 4,
                links: [link(order, 4, .creation), link(order, 5, .previousAttempt)],
                from: 3200,
                for: 20,
                service: "notifier",
                kind: .consumer,
                attributes: receipts.with([
                    Attribute.operationType: "process", Attribute.jobAttempt: 2, Attribute.waitBackoff: 1.0,
                    Attribute.waitReady: 0.08,
                ])
            ),
        ]
    }

    static func orders(_ count: UInt64) -> [SpanData] { (0..<count).flatMap { order($0) } }
}

extension SpanData {
    /// The span with an operation on messages.
    func operating(_ operation: String) -> SpanData {
        var span = self
        span.attributes[MessagingConventions.Attribute.operationType] = .string(operation)
        return span
    }
}

extension Attributes {
    fileprivate func with(_ others: Attributes) -> Attributes {
        var attributes = self
        attributes.merge(others)
        return attributes
    }
}
