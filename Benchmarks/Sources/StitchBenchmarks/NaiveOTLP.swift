// SPDX-License-Identifier: Apache-2.0

import Foundation
import TelemetryData

/// OTLP's JSON by way of `Codable`, without a thought for speed; of a span only what the sample has.
struct NaiveOTLP: Codable {
    struct KeyValue: Codable {
        struct Value: Codable {
            var stringValue: String?
            var intValue: String?
        }
        var key: String
        var value: Value
    }
    struct Link: Codable {
        var traceId: String
        var spanId: String
        var flags: UInt32
        var attributes: [KeyValue]
    }
    struct Span: Codable {
        var traceId: String
        var spanId: String
        var parentSpanId: String
        var flags: UInt32
        var name: String
        var kind: Int
        var startTimeUnixNano: String
        var endTimeUnixNano: String
        var attributes: [KeyValue]
        var links: [Link]
    }
    struct Scope: Codable {
        var name: String
        var version: String
    }
    struct ScopeSpans: Codable {
        var scope: Scope
        var spans: [Span]
    }
    struct Resource: Codable {
        var attributes: [KeyValue]
    }
    struct ResourceSpans: Codable {
        var resource: Resource
        var scopeSpans: [ScopeSpans]
    }
    var resourceSpans: [ResourceSpans]

    init(_ spans: [SpanData]) {
        // The sample is of one resource and one scope.
        let scope = Scope(name: spans[0].scope.name, version: spans[0].scope.version)
        let resource = Resource(attributes: Self.keyValues(spans[0].resource.attributes))
        resourceSpans = [
            ResourceSpans(
                resource: resource,
                scopeSpans: [ScopeSpans(scope: scope, spans: spans.map(Self.span))]
            )
        ]
    }

    func encoded() throws -> [UInt8] { [UInt8](try JSONEncoder().encode(self)) }

    static func decoded(_ bytes: [UInt8]) throws -> NaiveOTLP {
        try JSONDecoder().decode(NaiveOTLP.self, from: Data(bytes))
    }

    private static func span(_ span: SpanData) -> Span {
        Span(
            traceId: span.traceID.description,
            spanId: span.spanID.description,
            parentSpanId: span.parentSpanID?.description ?? "",
            flags: UInt32(span.context.flags.rawValue) | 0x300,
            name: span.name,
            kind: span.kind.rawValue,
            startTimeUnixNano: String(span.start.nanoseconds),
            endTimeUnixNano: String(span.end.nanoseconds),
            attributes: keyValues(span.attributes),
            links: span.links.map { link in
                Link(
                    traceId: link.traceID.description,
                    spanId: link.spanID.description,
                    flags: UInt32(link.context.flags.rawValue) | 0x300,
                    attributes: keyValues(link.attributes)
                )
            }
        )
    }

    private static func keyValues(_ attributes: Attributes) -> [KeyValue] {
        attributes.elements.map { element in
            KeyValue(
                key: element.key,
                value: .init(
                    stringValue: element.value.stringValue,
                    intValue: element.value.intValue.map { String($0) }
                )
            )
        }
    }
}

extension NaiveOTLP {
    /// The spans again.
    var spans: [SpanData] {
        resourceSpans.flatMap { group in
            let resource = TelemetryData.Resource(attributes: Self.attributes(group.resource.attributes))
            return group.scopeSpans.flatMap { scoped in
                let scope = InstrumentationScope(name: scoped.scope.name, version: scoped.scope.version)
                return scoped.spans.compactMap { Self.data($0, resource, scope) }
            }
        }
    }

    private static func data(
        _ span: Span,
        _ resource: TelemetryData.Resource,
        _ scope: InstrumentationScope
    ) -> SpanData? {
        guard let traceID = TraceID(span.traceId), let spanID = SpanID(span.spanId) else { return nil }
        return SpanData(
            context: SpanContext(traceID: traceID, spanID: spanID, flags: flags(span.flags)),
            parentSpanID: SpanID(span.parentSpanId),
            parentIsRemote: span.flags & 0x200 != 0,
            name: span.name,
            kind: SpanKind(rawValue: span.kind) ?? .internal,
            start: Timestamp(nanoseconds: UInt64(span.startTimeUnixNano) ?? 0),
            end: Timestamp(nanoseconds: UInt64(span.endTimeUnixNano) ?? 0),
            attributes: attributes(span.attributes),
            links: span.links.compactMap { link in
                guard let traceID = TraceID(link.traceId), let spanID = SpanID(link.spanId) else { return nil }
                let context = SpanContext(
                    traceID: traceID,
                    spanID: spanID,
                    flags: flags(link.flags),
                    isRemote: link.flags & 0x200 != 0
                )
                return SpanLink(context, attributes: attributes(link.attributes))
            },
            resource: resource,
            scope: scope
        )
    }

    private static func flags(_ flags: UInt32) -> TraceFlags { TraceFlags(rawValue: UInt8(truncatingIfNeeded: flags)) }

    private static func attributes(_ keyValues: [KeyValue]) -> Attributes {
        var attributes = Attributes()
        for keyValue in keyValues {
            if let text = keyValue.value.stringValue { attributes[keyValue.key] = .string(text) }
            if let number = keyValue.value.intValue.flatMap({ Int64($0) }) { attributes[keyValue.key] = .int(number) }
        }
        return attributes
    }
}
