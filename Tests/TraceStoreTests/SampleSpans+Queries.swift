// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceContext
import TraceFlow

extension SampleSpans {
    /// A context of nobody's.
    mutating func context() -> SpanContext {
        SpanContext(traceID: TraceID(high: next(), low: next()), spanID: SpanID(bits: next() | 1))
    }

    /// A query with any of the conditions, most of which some of the spans meet.
    mutating func query(over spans: [SpanData]) -> SpanQuery {
        var query = SpanQuery()
        let sample = spans[Int(next() % UInt64(spans.count))]
        if chance(3) { query.from = Timestamp(nanoseconds: sample.start.nanoseconds &- next() % 30_000_000) }
        if chance(3) { query.to = Timestamp(nanoseconds: sample.start.nanoseconds &+ next() % 30_000_000) }
        if chance(3) { query.service = chance(8) ? "nobody" : sample.resource.serviceName }
        if chance(3) { query.name = chance(8) ? "nothing" : sample.name }
        if chance(4) { query.hasError = chance(2) }
        if chance(4) { query.minimumDuration = sample.duration }
        if chance(4) { query.maximumDuration = sample.duration + .nanoseconds(Int64(next() % 1_000_000)) }
        if chance(4) { query.minimumWait = sample.wait }
        if chance(3) {
            let elements = sample.attributes.elements + sample.resource.attributes.elements
            for _ in 0..<(1 + next() % 2) {
                let element = elements[Int(next() % UInt64(elements.count))]
                query.attributes.append(.init(element.key, chance(4) ? nil : element.value.description))
            }
        }
        return query
    }

    /// Spans as somebody might send them who means no good.
    mutating func hostileSpans() -> [SpanData] {
        let trace = TraceID(high: 0, low: 9)
        func span(_ id: UInt64, _ change: (inout SpanData) -> Void) -> SpanData {
            var span = SpanData(
                context: SpanContext(traceID: trace, spanID: SpanID(bits: id)),
                name: "hostile",
                start: Timestamp(nanoseconds: 5),
                end: Timestamp(nanoseconds: 7)
            )
            change(&span)
            return span
        }
        let huge = String(repeating: "\u{1b}[31mé\u{202e}\u{0}", count: 100_000)
        return [
            span(0) { _ in },
            span(1) { $0.context = SpanContext(traceID: .invalid, spanID: SpanID(bits: 1)) },
            span(2) { $0.name = huge },
            span(3) { $0.attributes = [huge: .string(huge), "": "", "nul\u{0}": "\u{0}"] },
            span(4) { ($0.start, $0.end) = (Timestamp(nanoseconds: .max), Timestamp(nanoseconds: .max)) },
            span(5) { ($0.start, $0.end) = (Timestamp(nanoseconds: .max), Timestamp(nanoseconds: 0)) },
            span(6) { ($0.start, $0.end) = (Timestamp(nanoseconds: 9), Timestamp(nanoseconds: 1)) },
            span(7) { ($0.start, $0.end) = (Timestamp(nanoseconds: 0), Timestamp(nanoseconds: .max)) },
            span(8) { $0.attributes["stitch.wait"] = .double(.infinity) },
            span(9) { $0.attributes["stitch.wait"] = .double(-.infinity) },
            span(10) { $0.attributes["stitch.wait"] = .double(-1e300) },
            span(11) { $0.attributes["stitch.wait"] = "long" },
            span(12) { $0.links = [SpanLink(.invalid), SpanLink($0.context)] },
            span(13) { ($0.droppedLinkCount, $0.droppedEventCount) = (-1, .max) },
            span(14) { $0.resource = Resource(attributes: ["service.name": "\u{65}\u{301}"]) },
            span(15) { $0.resource = Resource(attributes: ["service.name": "\u{e9}"], schemaURL: "x") },
            span(16) { $0.name = "\u{65}\u{301}" },
            span(17) { $0.name = "\u{e9}" },
            span(18) {
                $0.attributes = [
                    "list": .array([1, "two", .double(3), .map(["four": .bytes([1, 2])])]), "bytes": .bytes([]),
                    "double": .double(1e300), "map": .map([:]), "max": .int(.max), "min": .int(.min),
                ]
            },
            span(19) { $0.parentSpanID = SpanID(bits: 0) },
            span(20) { span in
                span.links = (1...300).map {
                    SpanLink(SpanContext(traceID: trace, spanID: SpanID(bits: UInt64($0))))
                }
            },
            span(21) { span in
                let seconds = [Double.infinity, -3, 4e-9]
                let waits: [AttributeValue] = ["long", 7] + seconds.map { .double($0) }
                span.links = waits.enumerated().map { number, wait in
                    let target = SpanContext(traceID: trace, spanID: SpanID(bits: UInt64(number + 1)))
                    return SpanLink(target, attributes: ["stitch.wait": wait, "stitch.link": 1])
                }
            },
        ]
    }
}

extension Array {
    /// The elements in runs of so many.
    func chunked(_ size: Int) -> [[Element]] {
        stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
    }
}
