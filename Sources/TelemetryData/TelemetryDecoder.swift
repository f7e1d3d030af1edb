// SPDX-License-Identifier: Apache-2.0

/// Makes telemetry of OTLP's protobuf messages, which anybody may have sent.
///
/// Text that is no UTF-8 is repaired with U+FFFD. Fields that are not known are passed over; a value that says nothing is
/// ``AttributeValue/null``. One decoder serves all messages of a request, and what it may keep of them is limited.
public struct TelemetryDecoder: ~Copyable {
    var names = StringTable()
    var texts = StringTable()
    var known = InternTable<KnownAttribute>()
    var expected = ExpectedAttributes()
    var attributes = Stack<Attributes.Element>()
    var events = Stack<SpanEvent>()
    var links = Stack<SpanLink>()
    private var budget: Int

    /// A decoder for one request.
    ///
    /// - Parameter maximumElementCount: How many attributes, values, events, links and spans may be kept, a span counting
    ///   as eight: a byte that is sent must not take many bytes of memory.
    public init(maximumElementCount: Int = .max) {
        budget = maximumElementCount
    }

    /// Counts elements that are kept.
    @inline(__always)
    package mutating func spend(_ elements: Int = 1) throws(ProtobufError) {
        budget -= elements
        guard budget >= 0 else {
            throw ProtobufError(.tooMany, "there are too many spans, events, links or attributes")
        }
    }

    /// The text of a field, of which the same few come again and again.
    @inline(__always)
    mutating func name(_ field: ProtobufReader.Field) -> String { name(field.bytes) }

    /// The text of these bytes, of which the same few come again and again.
    @inline(__always)
    mutating func name(_ bytes: UnsafeRawBufferPointer) -> String {
        names.string(bytes)
    }

    /// Reads OTLP's `Resource`.
    ///
    /// Its schema URL belongs to the message round it.
    public mutating func resource(_ message: ProtobufReader) throws(ProtobufError) -> Resource {
        var message = message
        var attributes = beginAttributes()
        var resource = Resource()
        while let tag = try message.nextTag() {
            switch tag {
            case .delimited(1): try attribute(message.readMessage(), into: &attributes)
            case .varint(2): resource.droppedAttributeCount = try message.readCount()
            default: try message.skip(tag)
            }
        }
        resource.attributes = end(attributes)
        return resource
    }

    /// Reads OTLP's `InstrumentationScope`.
    ///
    /// Its schema URL belongs to the message round it.
    public mutating func scope(_ message: ProtobufReader) throws(ProtobufError) -> InstrumentationScope {
        var message = message
        var attributes = beginAttributes()
        var scope = InstrumentationScope(name: "")
        while let tag = try message.nextTag() {
            switch tag {
            case .delimited(1): scope.name = try message.readText()
            case .delimited(2): scope.version = try message.readText()
            case .delimited(3): try attribute(message.readMessage(), into: &attributes)
            case .varint(4): scope.droppedAttributeCount = try message.readCount()
            default: try message.skip(tag)
            }
        }
        scope.attributes = end(attributes)
        return scope
    }
}

extension ProtobufReader.Field {
    /// The value of a `uint32`.
    var count: Int { Int(UInt32(truncatingIfNeeded: bits)) }
}
