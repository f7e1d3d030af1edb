// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceContext
import TraceFlow

/// Makes spans that look like those of services that send each other messages; the same for the same seed.
struct SampleSpans: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed &* 0x9e37_79b9_7f4a_7c15 | 1
    }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state &* 0x2545_f491_4f6c_dd1d
    }

    mutating func chance(_ outOf: UInt64) -> Bool { next() % outOf == 0 }

    static let services = ["orders", "billing", "mail", "stock"]
    static let names = ["GET /orders", "send orders", "process orders", "SELECT", "poll"]

    /// Traces of a few spans that link to spans of traces before them.
    mutating func spans(traces: Int, from start: UInt64 = 1_700_000_000_000_000_000) -> [SpanData] {
        var spans: [SpanData] = []
        for trace in 0..<traces {
            let id = TraceID(high: next(), low: next() | 1)
            var parent: SpanID?
            let known = spans.count
            for _ in 0..<(1 + next() % 6) {
                let linked = known > 0 && chance(3) ? spans[Int(next() % UInt64(known))].context : nil
                let span = span(of: id, parent, at: start + UInt64(trace) * 1_000_000 + next() % 50_000_000, linked)
                parent = span.spanID
                spans.append(span)
            }
        }
        return spans
    }

    mutating func span(of trace: TraceID, _ parent: SpanID?, at start: UInt64, _ linked: SpanContext?) -> SpanData {
        typealias Key = MessagingConventions.Attribute
        let service = Self.services[Int(next() % 4)]
        var span = SpanData(
            context: SpanContext(traceID: trace, spanID: SpanID(bits: next() | 1), flags: [.sampled]),
            parentSpanID: parent,
            name: Self.names[Int(next() % 5)],
            kind: SpanKind.allCases[Int(next() % 5)],
            start: Timestamp(nanoseconds: start),
            end: Timestamp(nanoseconds: start + next() % 20_000_000),
            attributes: [
                "http.route": .string("/orders/{id}"), "message.id": .string("m-\(next() % 1_000)"),
                "size": .int(Int64(next() % 50)), "ratio": .double(Double(next() % 8) / 4), "cached": .bool(chance(2)),
            ],
            status: chance(8) ? .error("it failed") : .unset,
            resource: Resource(attributes: [
                "service.name": .string(service), "host.name": .string("host-\(next() % 2)"),
            ]),
            scope: InstrumentationScope(name: "sample", version: "1")
        )
        if chance(4) { span.attributes[Key.wait] = .double(Double(next() % 10_000) / 1_000) }
        if let linked {
            span.links = [SpanLink(linked, attributes: [Key.linkRole: "creation"])]
            span.attributes[Key.operationType] = "process"
            // As of a batch: of each message by itself.
            if next() % 3 == 0 {
                span.attributes[Key.wait] = nil
                span.links[0].attributes[Key.wait] = .double(Double(next() % 10_000) / 1_000)
                if chance(2) { span.links[0].attributes[Key.waitBackoff] = .double(Double(next() % 100) / 100) }
            }
        }
        if chance(5) { span.events = [SpanEvent(name: "retry", time: span.start, attributes: ["n": 1])] }
        return span
    }
}

extension SpanReference {
    var key: String { description }
}

/// Spans in an order of their own, to compare what was found with what should be.
func sorted(_ spans: [SpanData]) -> [SpanData] {
    spans.sorted {
        ($0.traceID.high, $0.traceID.low, $0.spanID.bits) < ($1.traceID.high, $1.traceID.low, $1.spanID.bits)
    }
}
