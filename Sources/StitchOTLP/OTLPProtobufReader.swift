// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// Reads `ExportTraceServiceRequest` in protobuf.
///
/// A resource may stand after its spans, so the resource is looked for first.
enum OTLPProtobufReader {
    static func spans(_ bytes: UnsafeRawBufferPointer, limits: OTLPLimits) throws(ProtobufError) -> OTLPSpans {
        var decoder = TelemetryDecoder(maximumElementCount: limits.maximumElementCount)
        var request = ProtobufReader(bytes, maximumDepth: limits.maximumDepth)
        var result = OTLPSpans()
        while let field = try request.next() {
            guard field.number == 1, field.type == .lengthDelimited else { continue }
            try readResourceSpans(request.message(field), with: &decoder, into: &result)
        }
        return result
    }

    private static func readResourceSpans(
        _ message: ProtobufReader,
        with decoder: inout TelemetryDecoder,
        into result: inout OTLPSpans
    ) throws(ProtobufError) {
        var resource = Resource(), schemaURL = ""
        var first = message
        while let field = try first.next() {
            switch (field.number, field.type) {
            case (1, .lengthDelimited): resource = try decoder.resource(first.message(field))
            case (3, .lengthDelimited): schemaURL = field.string
            default: break
            }
        }
        resource.schemaURL = schemaURL
        var second = message
        while let field = try second.next() {
            guard field.number == 2, field.type == .lengthDelimited else { continue }
            try readScopeSpans(second.message(field), of: resource, with: &decoder, into: &result)
        }
    }

    private static func readScopeSpans(
        _ message: ProtobufReader,
        of resource: Resource,
        with decoder: inout TelemetryDecoder,
        into result: inout OTLPSpans
    ) throws(ProtobufError) {
        var scope = InstrumentationScope(name: ""), schemaURL = "", spanCount = 0
        var first = message
        while let field = try first.next() {
            switch (field.number, field.type) {
            case (1, .lengthDelimited): scope = try decoder.scope(first.message(field))
            // Of fewer bytes it has no valid ids, and nobody gets memory for nothing.
            case (2, .lengthDelimited) where field.bytes.count >= 28: spanCount += 1
            case (3, .lengthDelimited): schemaURL = field.string
            default: break
            }
        }
        scope.schemaURL = schemaURL
        let origin = SpanOrigin(resource, scope)
        if result.spans.capacity - result.spans.count < spanCount {
            // Doubled at least, as by appending, or many small scopes would have all spans moved for each.
            result.spans.reserveCapacity(max(result.spans.count + spanCount, result.spans.capacity * 2))
        }
        var second = message
        while let field = try second.next() {
            guard field.number == 2, field.type == .lengthDelimited else { continue }
            let isValid = try decoder.span(second.message(field), of: origin, into: &result.spans)
            if !isValid { result.reject("a span has no valid ids") }
        }
    }
}
