// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceFlow

/// Many orders, polled and worked on fifty at a time, and what each of them caused by the knowledge of who made them up.
struct Shop {
    private(set) var spans: [SpanData] = []

    /// The spans of each order, its shares in batches among them.
    private(set) var truth: [Set<SpanReference>]

    private var chance: Chance
    private var lastSpan: UInt64 = 0
    private var lastTrace: UInt64 = 0
    private var time: UInt64 = 1_000

    private typealias Attribute = MessagingConventions.Attribute
    private typealias Role = MessagingConventions.LinkRole

    init(orders: Int, batch: Int = 50, seed: UInt64 = 1) {
        truth = Array(repeating: [], count: orders)
        chance = Chance(seed)
        let loop = add("loop", trace: newTrace(), [])
        var receipts: [SpanData] = []
        for first in stride(from: 0, to: orders, by: batch) {
            let group = first..<min(first + batch, orders)
            let sent = group.map { order in
                let trace = newTrace()
                let place = add("place order", trace: trace, [order])
                return add("send orders", trace: trace, parent: place, [order])
            }
            poll("orders", sent)
            receipts += zip(group, sent).map { work(on: $0, sent: $1, loop) }
        }
        for first in stride(from: 0, to: orders, by: batch) {
            workTogether(Array(first..<min(first + batch, orders)), receipts)
        }
    }

    /// One order's own work: its message, which becomes a job, which may fail once, and a receipt that is sent.
    private mutating func work(on order: Int, sent: SpanData, _ loop: SpanData) -> SpanData {
        let continues = chance.happens(50)
        let process = add(
            "process orders",
            trace: continues ? sent.traceID.low : newTrace(),
            parent: continues ? sent : nil,
            links: [(sent, .creation), (loop, .ambient)],
            [order]
        )
        let enqueue = add("send payments", trace: process.traceID.low, parent: process, [order])
        var attempt = attempt(1, at: enqueue, before: nil, order)
        if chance.happens(20) {
            add("settle payments", trace: attempt.traceID.low, parent: attempt, links: [(attempt, .attempt)], [order])
            attempt = self.attempt(2, at: enqueue, before: attempt, order)
        }
        return add("send receipts", trace: attempt.traceID.low, parent: attempt, [order])
    }

    private mutating func attempt(_ number: Int64, at job: SpanData, before: SpanData?, _ order: Int) -> SpanData {
        let continues = number == 1 && chance.happens(50)
        return add(
            "process payments",
            trace: continues ? job.traceID.low : newTrace(),
            parent: continues ? job : nil,
            links: [(job, .creation)] + (before.map { [($0, .previousAttempt)] } ?? []),
            attributes: [Attribute.jobAttempt: .int(number)],
            [order]
        )
    }

    /// The receipts of many orders, worked on together; some are moved aside and tried again by themselves.
    private mutating func workTogether(_ orders: [Int], _ receipts: [SpanData]) {
        let own = orders.map { receipts[$0] }
        poll("receipts", own)
        let trace = newTrace()
        let process = add(
            "process receipts",
            trace: trace,
            links: own.map { ($0, .creation) },
            attributes: [Attribute.batchMessageCount: .int(Int64(own.count))],
            orders
        )
        add("insert receipts", trace: trace, parent: process, orders)
        for (order, receipt) in zip(orders, own) where chance.happens(4) {
            let links = [(receipt, Role.creation), (process, .previousAttempt)]
            add("send receipts.retry", trace: trace, parent: process, links: links, [order])
            add("process receipts.retry", trace: newTrace(), links: links, [order])
        }
        add("settle receipts", trace: newTrace(), links: [(process, .attempt)], [])
    }

    private mutating func poll(_ topic: String, _ messages: [SpanData]) {
        add("poll \(topic)", trace: newTrace(), links: messages.map { ($0, .creation) }, [])
    }

    private mutating func newTrace() -> UInt64 {
        lastTrace += 1
        return lastTrace
    }

    @discardableResult
    private mutating func add(
        _ name: String,
        trace: UInt64,
        parent: SpanData? = nil,
        links: [(SpanData, Role)] = [],
        attributes: Attributes = Attributes(),
        _ orders: [Int]
    ) -> SpanData {
        lastSpan += 1
        time += 1
        var span = Fixture.span(
            name,
            trace: trace,
            lastSpan,
            parent: parent?.spanID.bits,
            links: links.map(\.0.context),
            start: time,
            attributes: attributes
        )
        for (index, link) in links.enumerated() {
            span.links[index].attributes[Attribute.linkRole] = .string(link.1.rawValue)
        }
        spans.append(span)
        for order in orders { truth[order].insert(span.reference) }
        return span
    }
}
