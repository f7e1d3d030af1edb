// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import Testing

@testable import TraceFlow

@Suite("A flow in few rows")
struct WaterfallFoldTests {
    private typealias Attribute = MessagingConventions.Attribute

    private func flows(_ seed: UInt64) -> [Flow] {
        let index = SpanIndex(Tangle.spans(seed))
        let origins = Set(index.spans.flatMap { index.origins(of: $0) }.map(\.reference))
        return origins.sorted().compactMap { index[$0] }.map { index.flow(from: $0) }
    }

    @Test("Every span is in one row, or counted in what is folded", arguments: 0..<20 as Range<UInt64>)
    func count(seed: UInt64) {
        for flow in flows(seed) {
            for rows in [nil, 1, 2, 3, 7, 1000] {
                for repeats in [nil, 1, 2] {
                    for joins in [false, true] {
                        let options = Waterfall.Options(joinsAttempts: joins, repeats: repeats, maximumRows: rows)
                        let waterfall = Waterfall(flow, options: options)
                        let spans = waterfall.rows.map { $0.fold?.spans ?? max(1, $0.attempts.count) }
                        if let rows { #expect(waterfall.rows.count <= rows) }
                        if rows != 1 { #expect(spans.reduce(0, +) == flow.spans.count) }
                        let failures = waterfall.rows.map { row in
                            row.fold?.failures
                                ?? (row.attempts.isEmpty ? [row.span] : row.attempts).count { $0.status.isError }
                        }
                        if rows != 1 { #expect(failures.reduce(0, +) == flow.spans.count { $0.status.isError }) }
                        #expect(zip(waterfall.rows, waterfall.rows.dropFirst()).allSatisfy { $1.depth <= $0.depth + 1 })
                    }
                }
            }
        }
    }

    @Test("Without options each span stands below what it says caused it", arguments: 0..<20 as Range<UInt64>)
    func tree(seed: UInt64) {
        for flow in flows(seed) {
            let rows = Waterfall(flow).rows
            #expect(rows.count == flow.spans.count && Set(rows.map(\.span.reference)).count == rows.count)
            var above: [SpanData] = []
            for row in rows {
                above = Array(above.prefix(row.depth))
                if let cause = above.last, cause.reference != flow.origin.reference {
                    let named = [row.span.parentReference] + row.span.links.map { SpanReference($0.context) }
                    #expect(named.contains(cause.reference))
                }
                above.append(row.span)
            }
        }
    }

    @Test("5,000 messages of one kind are three rows and one that counts the others; what failed is shown")
    func repeated() {
        let root = Fixture.span("publish", trace: 1, 1)
        var works = (2...5_001).map { (id: UInt64) in Fixture.span("process orders", trace: 1, id, parent: 1) }
        works[4_000].status = .error("no")
        let below = Fixture.span("mail", trace: 1, 9_000, parent: 3_000)
        let flow = SpanIndex([root, below] + works).flow(from: root)
        let rows = Waterfall(flow, options: .compact).rows
        #expect(rows.map(\.span.spanID.bits) == [1, 2, 3, 4, 4_002])
        let fold = Waterfall.Fold(count: 4_997, spans: 4_998, failures: 0, isUniform: true)
        #expect(rows[3].fold == fold && rows[3].continues == [true])
    }

    @Test("A flow of 50,000 spans of any shape has as many rows as asked for at most")
    func large() {
        for width in [1, 40, 50_000] as [UInt64] {
            let spans = (1...50_000).map { (id: UInt64) in
                Fixture.span("work \(id % 7)", trace: 1, id, parent: id > 1 ? (id - 2) / width + 1 : nil)
            }
            let flow = SpanIndex(spans).flow(from: spans[0])
            let rows = Waterfall(flow, options: .compact).rows
            #expect(rows.count <= 500)
            #expect(rows.reduce(0) { $0 + ($1.fold?.spans ?? 1) } == 50_000)
            #expect(rows.allSatisfy { $0.continues.count <= 128 })
        }
    }

    @Test("The attempts at one job are one row, with the waits of each, and what they caused below")
    func attempts() {
        func attempt(_ number: Int64, _ id: UInt64, after: UInt64?) -> SpanData {
            let links = [Fixture.context(1, 1)] + (after.map { [Fixture.context(1, $0)] } ?? [])
            var span = Fixture.span(
                "process q/k",
                trace: 1,
                id,
                parent: 1,
                links: links,
                attributes: [Attribute.jobAttempt: .int(number), Attribute.waitReady: 0.001]
            )
            span.links[0].attributes[Attribute.linkRole] = "creation"
            if after != nil { span.links[1].attributes[Attribute.linkRole] = "previous_attempt" }
            return span
        }
        let send = Fixture.span("send q/k", trace: 1, 1)
        let spans = [
            send, attempt(1, 10, after: nil), Fixture.span("settle q/k", trace: 1, 11, parent: 10),
            attempt(2, 20, after: 10), attempt(3, 30, after: 20), Fixture.span("mail", trace: 1, 31, parent: 30),
            attempt(1, 15, after: nil),
        ]
        let flow = SpanIndex(spans).flow(from: send)
        let rows = Waterfall(flow, options: Waterfall.Options(joinsAttempts: true)).rows
        #expect(rows.map(\.span.spanID.bits) == [1, 10, 11, 31, 15])
        #expect(rows[1].attempts.map(\.spanID.bits) == [10, 20, 30])
        #expect(rows[1].waits.count == 3 && rows[4].attempts.isEmpty)
        // Without the links, the job's id tells.
        var named = spans
        for index in named.indices where named[index].attempt != nil && index != 6 {
            named[index].links.removeAll { $0.role == .previousAttempt }
            named[index].attributes[Attribute.messageID] = "7"
        }
        let other = Waterfall(SpanIndex(named).flow(from: send), options: Waterfall.Options(joinsAttempts: true))
        #expect(other.rows.map(\.span.spanID.bits) == [1, 10, 11, 31, 15])
    }

    @Test("A long time in which nothing worked is a gap", arguments: 0..<20 as Range<UInt64>)
    func gaps(seed: UInt64) {
        for flow in flows(seed) {
            let waterfall = Waterfall(flow, options: Waterfall.Options(gapShare: 0.1))
            // The long way: between any two neighbouring moments either some span worked, or none did.
            let moments = ([waterfall.start] + flow.spans.flatMap { [$0.start, max($0.start, $0.end)] }).sorted()
            var idle: [Waterfall.Gap] = []
            for (from, to) in zip(moments, moments.dropFirst()) where from < to {
                if flow.spans.contains(where: { $0.start <= from && $0.end >= to }) { continue }
                let touches = flow.spans.contains { $0.start == from || max($0.start, $0.end) == from }
                if let last = idle.last, last.end == from, !touches {
                    idle[idle.count - 1].end = to
                } else {
                    idle.append(Waterfall.Gap(start: from, end: to))
                }
            }
            let whole = waterfall.end.gap(since: waterfall.start) / .nanoseconds(1)
            #expect(waterfall.gaps == idle.filter { $0.duration / .nanoseconds(1) > whole * 0.1 })
        }
    }
}
