// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceContext

/// A flow of 50,000 spans: an order that sends a thousand messages, each worked on in a trace of its own by 48 spans or 49.
enum LargeFlow {
    struct Incomplete: Error {}

    static let count = 50_000
    private static let messages = 1_000

    static var spans: [SpanData] {
        typealias Attribute = MessagingConventions.Attribute
        let origin = span(0, 1, "place order", at: 0)
        var spans = [origin]
        for message in 1...messages {
            var send = span(0, UInt64(message) + 1, "send orders", parent: 1, at: message)
            send.kind = .producer
            send.attributes[Attribute.operationType] = "send"
            spans.append(send)
        }
        for message in 1...messages {
            var work = span(UInt64(message), 1, "process orders", at: 1_000 + message)
            work.kind = .consumer
            work.attributes[Attribute.operationType] = "process"
            work.links = [SpanLink(spans[message].context, attributes: [Attribute.linkRole: "creation"])]
            spans.append(work)
            // The first have one less, so that there are as many as promised.
            let rest = count - 1 - 2 * messages
            let children = rest / messages + (message > messages - rest % messages ? 1 : 0)
            for child in 0..<children {
                spans.append(
                    span(
                        UInt64(message),
                        UInt64(child) + 2,
                        "query \(child % 12)",
                        parent: 1,
                        at: 1_001 + message + child
                    )
                )
            }
        }
        return spans
    }

    private static func span(
        _ trace: UInt64,
        _ id: UInt64,
        _ name: String,
        parent: UInt64? = nil,
        at milliseconds: Int
    ) -> SpanData {
        let start = Timestamp(nanoseconds: 1_700_000_000_000_000_000).advanced(by: .milliseconds(milliseconds))
        return SpanData(
            context: SpanContext(
                traceID: TraceID(high: (trace + 1) &* 0x9e37_79b9_7f4a_7c15, low: trace + 1),
                spanID: SpanID(bits: id),
                flags: [.sampled]
            ),
            parentSpanID: parent.map { SpanID(bits: $0) },
            name: name,
            start: start,
            end: start.advanced(by: .milliseconds(2)),
            attributes: ["order.line": .int(Int64(id)), "db.system.name": "postgresql"],
            resource: Resource(attributes: ["service.name": .string("service-\(trace % 5)")])
        )
    }
}
