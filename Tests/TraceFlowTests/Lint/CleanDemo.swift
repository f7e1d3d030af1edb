// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceFlow

/// Spans of many orders, all as they should be, in the shape that `stitch demo` makes, with polls, an outbox and a request
/// beside.
struct CleanDemo {
    private typealias Attribute = MessagingConventions.Attribute

    private(set) var spans: [SpanData] = []
    private var nextSpan: UInt64 = 1
    private var nextTrace: UInt64 = 1

    /// How many payments are worked on at a time.
    static let batchSize = 20

    /// The spans of so many orders.
    static func spans(orders: Int) -> [SpanData] {
        var demo = CleanDemo()
        var payments: [SpanData] = []
        for order in 0..<orders {
            payments.append(demo.addOrder(order))
            if payments.count == batchSize || order == orders - 1 {
                demo.addBatch(payments)
                payments = []
            }
        }
        return demo.spans
    }

    /// Adds all of an order but the work on its payment; returns the send of the payment.
    private mutating func addOrder(_ order: Int) -> SpanData {
        let start = UInt64(order) * 5
        let root = add("place order", "storefront", at: start, for: 8, nil, ["order.id": .int(Int64(order))])
        let record = kafka("orders", order)
        let stock = request(from: root, at: start)
        _ = add("check stock", "stock", at: start + 1, parent: stock)
        let sent = add("send orders", "storefront", .producer, at: start + 3, for: 4, parent: root, "send", record)
        var poll = add("poll orders", "billing", .client, at: start + 20, for: 5, "receive", kafka("orders"))
        poll.attributes[Attribute.batchMessageCount] = 1
        poll.links = [link(sent, "creation", record)]
        replace(poll)
        var work = add("process orders", "billing", .consumer, at: start + 30, for: 20, parent: sent, "process", record)
        work.attributes[Attribute.wait] = 0.027
        work.links = [link(sent, "creation")]
        work.parentIsRemote = true
        replace(work)
        _ = add("read row", "billing", at: start + 31, parent: work)
        addReceipt(order, work, at: start)
        addReview(order, work, at: start)
        addAudit(order, work, at: start)
        return add(
            "send payments",
            "billing",
            .producer,
            at: start + 40,
            for: 4,
            parent: work,
            "send",
            kafka("payments", order)
        )
    }

    private mutating func request(from root: SpanData, at start: UInt64) -> SpanData {
        let client = add(
            "GET",
            "storefront",
            .client,
            at: start,
            for: 3,
            parent: root,
            nil,
            ["http.request.method": "GET", "url.full": "http://stock:8080/items?all=1"]
        )
        let server = add(
            "GET /items",
            "stock",
            .server,
            at: start + 1,
            parent: client,
            nil,
            ["http.request.method": "GET", "url.path": "/items", "http.route": "/items"]
        )
        return server
    }

    private mutating func addReceipt(_ order: Int, _ cause: SpanData, at start: UInt64) {
        let job = job("send_receipt", order)
        let sent = add(
            "send default/send_receipt",
            "billing",
            .producer,
            at: start + 31,
            parent: cause,
            "send",
            job
        )
        var first = attempt(1, of: sent, job, at: start + 60)
        first.status = .error("the mail server is busy")
        replace(first)
        var settle = add(
            "settle default/send_receipt",
            "notifier",
            .client,
            at: start + 62,
            parent: first,
            "settle",
            job
        )
        settle.attributes[Attribute.settleReason] = "retry"
        settle.links = [link(first, "attempt")]
        replace(settle)
        var second = attempt(2, of: sent, job, at: start + 1_100)
        second.links.append(link(first, "previous_attempt"))
        second.attributes[Attribute.wait] = 1.04
        second.attributes[Attribute.waitBackoff] = 1.0
        second.attributes[Attribute.waitReady] = 0.04
        replace(second)
    }

    private mutating func addReview(_ order: Int, _ cause: SpanData, at start: UInt64) {
        let job = job("request_review", order)
        let sent = add(
            "send default/request_review",
            "billing",
            .producer,
            at: start + 33,
            parent: cause,
            "send",
            job
        )
        var work = attempt(1, of: sent, job, at: start + 2_040)
        work.attributes[Attribute.wait] = 2.007
        work.attributes[Attribute.waitScheduled] = 2.0
        work.attributes[Attribute.waitReady] = 0.007
        replace(work)
    }

    /// A message that goes through an outbox: created in one transaction, sent by a relay.
    private mutating func addAudit(_ order: Int, _ cause: SpanData, at start: UInt64) {
        let record = kafka("audit", order)
        let created = add(
            "create audit",
            "billing",
            .producer,
            at: start + 35,
            parent: cause,
            "create",
            [
                Attribute.system: "kafka", Attribute.destinationName: "audit",
                Attribute.messageID: .string("audit-\(order)"),
            ]
        )
        var relayed = add("send audit", "relay", .client, at: start + 100, "send", record)
        relayed.links = [link(created, "creation")]
        replace(relayed)
        var work = add("process audit", "auditor", .consumer, at: start + 120, "process", record)
        work.links = [link(created, "creation")]
        work.attributes[Attribute.wait] = 0.02
        replace(work)
    }

    private mutating func addBatch(_ payments: [SpanData]) {
        var batch = add("process payments", "notifier", .consumer, at: 1_000_000, "process", kafka("payments"))
        let latest = payments.map(\.start).max() ?? batch.start
        batch.start = latest.advanced(by: .milliseconds(50))
        batch.end = batch.start.advanced(by: .milliseconds(2))
        batch.attributes[Attribute.batchMessageCount] = .int(Int64(payments.count))
        batch.links = payments.map { payment in
            var attributes = Attributes()
            for key in [Attribute.partitionID, Attribute.kafkaOffset] { attributes[key] = payment.attributes[key] }
            attributes[Attribute.wait] = .double(Double(batch.start.nanoseconds - payment.start.nanoseconds) / 1e9)
            return link(payment, "creation", attributes)
        }
        replace(batch)
    }

    private mutating func attempt(
        _ number: Int64,
        of sent: SpanData,
        _ job: Attributes,
        at start: UInt64
    ) -> SpanData {
        let name = "process \(job[Attribute.destinationName]?.description ?? "")"
        var work = add(name, "notifier", .consumer, at: start, parent: sent, "process", job)
        work.attributes[Attribute.jobAttempt] = .int(number)
        work.attributes[Attribute.wait] = 0.005
        work.attributes[Attribute.waitReady] = 0.005
        work.links = [link(sent, "creation")]
        return work
    }

    private func kafka(_ topic: String, _ order: Int? = nil) -> Attributes {
        var attributes: Attributes = [Attribute.system: "kafka", Attribute.destinationName: .string(topic)]
        if let order {
            attributes[Attribute.partitionID] = .string("\(order % 4)")
            attributes[Attribute.kafkaOffset] = .int(Int64(order / 4))
            attributes[Attribute.kafkaKey] = .string("\(order)")
        }
        return attributes
    }

    private func job(_ kind: String, _ order: Int) -> Attributes {
        [
            Attribute.system: "stitch", Attribute.destinationName: .string("default/\(kind)"),
            Attribute.jobKind: .string(kind), Attribute.jobQueue: "default",
            Attribute.messageID: .string("\(order)"),
        ]
    }

    private func link(_ span: SpanData, _ role: AttributeValue, _ more: Attributes = Attributes()) -> SpanLink {
        var attributes = more
        attributes[Attribute.linkRole] = role
        return SpanLink(span.context, attributes: attributes)
    }

    private mutating func replace(_ span: SpanData) {
        for index in spans.indices.reversed() where spans[index].spanID == span.spanID {
            spans[index] = span
            return
        }
        spans.append(span)
    }

    /// Adds a span, times in milliseconds.
    private mutating func add(
        _ name: String,
        _ service: String,
        _ kind: SpanKind = .internal,
        at start: UInt64,
        for length: UInt64 = 1,
        parent: SpanData? = nil,
        _ operation: String? = nil,
        _ attributes: Attributes = Attributes()
    ) -> SpanData {
        if parent == nil { nextTrace += 1 }
        var attributes = attributes
        if let operation { attributes[Attribute.operationType] = .string(operation) }
        let begin = Timestamp(nanoseconds: 1_700_000_000_000_000_000 + start * 1_000_000)
        let span = SpanData(
            context: SpanContext(
                traceID: parent?.traceID ?? TraceID(high: 1, low: nextTrace),
                spanID: SpanID(bits: nextSpan),
                flags: .sampled
            ),
            parentSpanID: parent?.spanID,
            name: name,
            kind: kind,
            start: begin,
            end: begin.advanced(by: .milliseconds(Int(length))),
            attributes: attributes,
            resource: Resource(attributes: ["service.name": .string(service)])
        )
        nextSpan += 1
        spans.append(span)
        return span
    }
}
