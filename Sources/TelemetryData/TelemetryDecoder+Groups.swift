// SPDX-License-Identifier: Apache-2.0

/// How many spans a `ScopeSpans` says that it has.
package struct SpanFieldCounts: Sendable, Hashable {
    /// All of them.
    package var all = 0

    /// Those that are long enough to have valid ids: nobody gets memory for nothing.
    package var possible = 0
}

extension TelemetryDecoder {
    /// The resource of OTLP's `ResourceSpans`, which may stand behind what it is the resource of, with its schema URL.
    package mutating func resource(around group: ProtobufReader) throws(ProtobufError) -> Resource {
        var resource = Resource(), schemaURL = ""
        var group = group
        while let field = try group.next() {
            switch (field.number, field.type) {
            case (1, .lengthDelimited): resource = try self.resource(group.message(field))
            case (3, .lengthDelimited): schemaURL = field.string
            default: break
            }
        }
        resource.schemaURL = schemaURL
        return resource
    }

    /// The scope of OTLP's `ScopeSpans`, which may stand behind the spans, with its schema URL.
    package mutating func scope(
        around group: ProtobufReader
    ) throws(ProtobufError) -> (scope: InstrumentationScope, spans: SpanFieldCounts) {
        var scope = InstrumentationScope(name: ""), schemaURL = "", counts = SpanFieldCounts()
        var group = group
        while let field = try group.next() {
            switch (field.number, field.type) {
            case (1, .lengthDelimited): scope = try self.scope(group.message(field))
            case (2, .lengthDelimited):
                counts.all += 1
                if field.bytes.count >= 28 { counts.possible += 1 }
            case (3, .lengthDelimited): schemaURL = field.string
            default: break
            }
        }
        scope.schemaURL = schemaURL
        return (scope, counts)
    }
}
