// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceContext

/// Spans that use all that OTLP can say of one.
enum SpanSamples {
    static func all(trace: TraceID) -> [SpanData] {
        let resource = Resource(
            attributes: ["service.name": "billing", "process.pid": 42, "host.ids": .array(["a", "b"])],
            droppedAttributeCount: 1,
            schemaURL: "https://opentelemetry.io/schemas/1.43.0"
        )
        let scope = InstrumentationScope(
            name: "TracedKafka",
            version: "1.2.3",
            schemaURL: "https://opentelemetry.io/schemas/1.44.0",
            attributes: ["library": true],
            droppedAttributeCount: 2
        )
        let root = SpanData(
            context: context(trace, 1, .sampled),
            name: "send orders",
            kind: .producer,
            start: Timestamp(nanoseconds: 1_795_424_442_378_527_933),
            end: Timestamp(nanoseconds: 1_795_424_442_408_527_934),
            attributes: attributes,
            events: [
                SpanEvent(
                    name: "acknowledged",
                    time: Timestamp(nanoseconds: 1_795_424_442_398_527_935),
                    attributes: ["messaging.kafka.offset": 7],
                    droppedAttributeCount: 4
                ),
                SpanEvent(name: "", time: Timestamp(nanoseconds: 1_795_424_442_398_527_936)),
            ],
            links: [
                SpanLink(
                    context(TraceID(high: 0, low: 5), 6, .sampled, isRemote: true),
                    attributes: attributes,
                    droppedAttributeCount: 5
                ),
                SpanLink(SpanContext(traceID: TraceID(high: 7, low: 8), spanID: SpanID(bits: 9))),
            ],
            status: .error("no broker — π\u{0}\n\"quoted\""),
            droppedAttributeCount: 6,
            droppedEventCount: 7,
            droppedLinkCount: 3,
            resource: resource,
            scope: scope
        )
        let children = [SpanKind.internal, .server, .client, .consumer].enumerated().map { index, kind in
            SpanData(
                context: context(trace, UInt64(index) + 2, .sampled),
                parentSpanID: root.spanID,
                parentIsRemote: kind == .consumer || kind == .server,
                name: "process orders",
                kind: kind,
                start: root.end,
                end: Timestamp(nanoseconds: root.end.nanoseconds + 1_000_001 * (UInt64(index) + 1)),
                status: index == 0 ? .ok : .unset,
                resource: resource,
                scope: scope
            )
        }
        return [root] + children
    }

    private static let attributes: Attributes = [
        "text": "Ωmega \u{1F600} \u{0} \u{7F}", "empty": "", "true": true, "false": false,
        "least": .int(.min), "most": .int(.max), "zero": 0, "half": 0.5, "whole": 3.0,
        "tiny": .double(.leastNonzeroMagnitude), "huge": .double(.greatestFiniteMagnitude),
        "bytes": .bytes([0, 1, 254, 255]), "no bytes": .bytes([]),
        "list": .array(["a", 1, 0.25, true, .bytes([9]), .array([1, "x"])]), "no list": .array([]),
        "map": .map(["k": "v", "inner": .map(["n": 1])]),
    ]

    private static func context(
        _ trace: TraceID,
        _ span: UInt64,
        _ flags: TraceFlags,
        isRemote: Bool = false
    ) -> SpanContext {
        SpanContext(
            traceID: trace,
            spanID: SpanID(bits: span),
            flags: TraceFlags(rawValue: flags.rawValue | 2),
            state: TraceState("ot=rv:0123456789abcd,vendor=x") ?? TraceState(),
            isRemote: isRemote
        )
    }
}
