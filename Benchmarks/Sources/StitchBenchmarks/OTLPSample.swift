// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// Spans as a consumer of Kafka makes them: eight attributes, and a link with one.
enum OTLPSample {
    private static let resource = Resource(attributes: ["service.name": "billing"])
    private static let scope = InstrumentationScope(name: "stitch", version: "1")

    static func span(_ index: Int) -> SpanData {
        let traceID = TraceID(high: 0x1234_5678_9abc_def0, low: UInt64(index + 1) &* 0x9e37_79b9_7f4a_7c15)
        let creation = SpanContext(
            traceID: traceID,
            spanID: SpanID(bits: UInt64(index + 1)),
            flags: [.sampled, .random],
            isRemote: true
        )
        var attributes: Attributes = [
            "messaging.system": "kafka", "messaging.operation.name": "process", "messaging.operation.type": "process",
            "messaging.destination.name": "orders",
        ]
        attributes["messaging.kafka.offset"] = .int(Int64(index) + 1_000_000)
        attributes["messaging.message.body.size"] = 512
        attributes["messaging.batch.message_count"] = 1
        attributes["server.port"] = 9092
        let start = Timestamp(nanoseconds: 1_800_000_000_123_456_789)
        return SpanData(
            context: SpanContext(
                traceID: traceID,
                spanID: SpanID(bits: UInt64(index + 1) &* 0xbf58_476d_1ce4_e5b9),
                flags: [.sampled, .random]
            ),
            parentSpanID: creation.spanID,
            parentIsRemote: true,
            name: "process orders",
            kind: .consumer,
            start: start,
            end: start.advanced(by: .milliseconds(3)),
            attributes: attributes,
            links: [SpanLink(creation, attributes: ["messaging.message.id": "7"])],
            resource: resource,
            scope: scope
        )
    }
}
