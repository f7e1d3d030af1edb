// SPDX-License-Identifier: Apache-2.0

/// Makes telemetry of OTLP's protobuf messages, which anybody may have sent.
///
/// Text that is no UTF-8 is repaired with U+FFFD. Fields that are not known, and values that say nothing, are passed
/// over. One decoder serves all messages of a request, and what it may keep of them is limited.
public struct TelemetryDecoder {
    var strings = StringTable()
    private var budget: Int

    /// A decoder for one request.
    ///
    /// - Parameter maximumElementCount: How many attributes, values, events, links and spans may be kept, a span counting
    ///   as eight: a byte that is sent must not take many bytes of memory.
    public init(maximumElementCount: Int = .max) {
        budget = maximumElementCount
    }

    @inline(__always)
    mutating func spend(_ elements: Int = 1) throws(ProtobufError) {
        budget -= elements
        guard budget >= 0 else {
            throw ProtobufError(.tooMany, "there are too many spans, events, links or attributes")
        }
    }

    /// The text of a field, of which the same few come again and again.
    @inline(__always)
    mutating func name(_ field: ProtobufReader.Field) -> String {
        strings.string(field.bytes, fingerprint: StringTable.fingerprint(field.bytes))
    }

    /// Reads OTLP's `Resource`.
    ///
    /// Its schema URL belongs to the message round it.
    public mutating func resource(_ message: ProtobufReader) throws(ProtobufError) -> Resource {
        var message = message
        var attributes = AttributeCollector()
        var resource = Resource()
        while let field = try message.next() {
            switch (field.number, field.type) {
            case (1, .lengthDelimited): try attribute(message.message(field), into: &attributes)
            case (2, .varint): resource.droppedAttributeCount = field.count
            default: break
            }
        }
        resource.attributes = attributes.attributes
        return resource
    }

    /// Reads OTLP's `InstrumentationScope`.
    ///
    /// Its schema URL belongs to the message round it.
    public mutating func scope(_ message: ProtobufReader) throws(ProtobufError) -> InstrumentationScope {
        var message = message
        var attributes = AttributeCollector()
        var scope = InstrumentationScope(name: "")
        while let field = try message.next() {
            switch (field.number, field.type) {
            case (1, .lengthDelimited): scope.name = field.string
            case (2, .lengthDelimited): scope.version = field.string
            case (3, .lengthDelimited): try attribute(message.message(field), into: &attributes)
            case (4, .varint): scope.droppedAttributeCount = field.count
            default: break
            }
        }
        scope.attributes = attributes.attributes
        return scope
    }

    /// Reads OTLP's `KeyValue`.
    ///
    /// One without a value is left out.
    mutating func attribute(
        _ message: ProtobufReader,
        into attributes: inout AttributeCollector
    ) throws(ProtobufError) {
        var message = message
        var key = "", fingerprint: UInt64 = 0
        var value: AttributeValue?
        while let field = try message.next() {
            switch (field.number, field.type) {
            case (1, .lengthDelimited):
                fingerprint = StringTable.fingerprint(field.bytes)
                key = strings.string(field.bytes, fingerprint: fingerprint)
            case (2, .lengthDelimited): value = try self.value(message.message(field))
            default: break
            }
        }
        guard let value else { return }
        try spend()
        attributes.set(key, fingerprint: fingerprint, value)
    }

    /// Reads OTLP's `AnyValue`; `nil` if it says nothing.
    public mutating func value(_ message: ProtobufReader) throws(ProtobufError) -> AttributeValue? {
        var message = message
        var value: AttributeValue?
        while let field = try message.next() {
            switch (field.number, field.type) {
            case (1, .lengthDelimited): value = .string(field.string)
            case (2, .varint): value = .bool(field.bits != 0)
            case (3, .varint): value = .int(Int64(bitPattern: field.bits))
            case (4, .fixed64): value = .double(field.double)
            case (5, .lengthDelimited): value = .array(try values(message.message(field)))
            case (6, .lengthDelimited): value = .map(try map(message.message(field)))
            case (7, .lengthDelimited): value = .bytes([UInt8](field.bytes))
            default: break
            }
        }
        return value
    }

    private mutating func values(_ message: ProtobufReader) throws(ProtobufError) -> [AttributeValue] {
        var message = message
        var values: [AttributeValue] = []
        while let field = try message.next() {
            guard field.number == 1, field.type == .lengthDelimited else { continue }
            guard let value = try value(message.message(field)) else { continue }
            try spend()
            values.append(value)
        }
        return values
    }

    private mutating func map(_ message: ProtobufReader) throws(ProtobufError) -> Attributes {
        var message = message
        var attributes = AttributeCollector()
        while let field = try message.next() {
            guard field.number == 1, field.type == .lengthDelimited else { continue }
            try attribute(message.message(field), into: &attributes)
        }
        return attributes.attributes
    }
}

extension ProtobufReader.Field {
    /// The value of a `uint32`.
    var count: Int { Int(UInt32(truncatingIfNeeded: bits)) }
}
