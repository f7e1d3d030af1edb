// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// Who made spans: a resource and a scope, and what a search looks for in them.
struct SpanSource: Sendable {
    /// Both, as the spans refer to them.
    let origin: SpanOrigin
    /// The service's name.
    let service: String
    /// Hashes of the resource's attributes.
    let attributes: [UInt32]

    init(_ key: SpanSourceKey) {
        origin = SpanOrigin(key.resource, key.scope)
        service = key.resource.serviceName
        attributes = key.resource.attributes.hashes
    }

    var key: SpanSourceKey { SpanSourceKey(resource: origin.resource, scope: origin.scope) }
}

/// A resource and a scope.
struct SpanSourceKey: Sendable, Hashable {
    var resource: Resource
    var scope: InstrumentationScope

    /// As a message of OTLP's `Resource` (1) and `InstrumentationScope` (2), and of the schemas that they follow (3, 4).
    var bytes: [UInt8] {
        var writer = ProtobufWriter()
        writer.write(resource: resource, field: 1)
        writer.write(scope: scope, field: 2)
        writer.write(nonEmpty: resource.schemaURL, field: 3)
        writer.write(nonEmpty: scope.schemaURL, field: 4)
        return writer.bytes
    }
}

extension SpanSourceKey {
    /// What ``bytes`` says.
    init(_ bytes: UnsafeRawBufferPointer) throws(ProtobufError) {
        self.init(resource: Resource(), scope: InstrumentationScope(name: ""))
        var decoder = TelemetryDecoder()
        var reader = ProtobufReader(own: bytes)
        var schemas = ("", "")
        while let field = try reader.next() {
            switch (field.number, field.type) {
            case (1, .lengthDelimited): resource = try decoder.resource(reader.message(field))
            case (2, .lengthDelimited): scope = try decoder.scope(reader.message(field))
            case (3, .lengthDelimited): schemas.0 = field.string
            case (4, .lengthDelimited): schemas.1 = field.string
            default: break
            }
        }
        (resource.schemaURL, scope.schemaURL) = schemas
    }
}

/// A span's OTLP bytes, without what is round them, and who made it.
struct SpanRecord {
    var source: SpanSource
    var bytes: ArraySlice<UInt8>
}

/// Makes spans of their bytes.
struct RecordDecoder: ~Copyable {
    private var decoder = TelemetryDecoder()

    /// The span that a record holds; `nil` if it is none.
    mutating func span(_ record: SpanRecord) -> SpanData? {
        var spans: [SpanData] = []
        add(record, to: &spans)
        return spans.popLast()
    }

    /// Adds the span that a record holds, unless it is none.
    mutating func add(_ record: SpanRecord, to spans: inout [SpanData]) {
        record.bytes.withUnsafeBytes { add($0, of: record.source, to: &spans) }
    }

    /// Adds the span that bytes of a source are, unless they are none.
    mutating func add(_ bytes: UnsafeRawBufferPointer, of source: SpanSource, to spans: inout [SpanData]) {
        _ = try? decoder.span(ProtobufReader(own: bytes), of: source.origin, into: &spans)
    }
}
