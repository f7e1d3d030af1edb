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
        let resource = try decoder.resource(around: message)
        var message = message
        while let field = try message.next() {
            guard field.number == 2, field.type == .lengthDelimited else { continue }
            try readScopeSpans(message.message(field), of: resource, with: &decoder, into: &result)
        }
    }

    private static func readScopeSpans(
        _ message: ProtobufReader,
        of resource: Resource,
        with decoder: inout TelemetryDecoder,
        into result: inout OTLPSpans
    ) throws(ProtobufError) {
        let (scope, spans) = try decoder.scope(around: message)
        let origin = SpanOrigin(resource, scope)
        if result.spans.capacity - result.spans.count < spans.possible {
            // Doubled at least, as by appending, or many small scopes would have all spans moved for each.
            result.spans.reserveCapacity(max(result.spans.count + spans.possible, result.spans.capacity * 2))
        }
        var message = message
        while let field = try message.next() {
            guard field.number == 2, field.type == .lengthDelimited else { continue }
            let isValid = try decoder.span(message.message(field), of: origin, into: &result.spans)
            if !isValid { result.reject("a span has no valid ids") }
        }
    }
}
