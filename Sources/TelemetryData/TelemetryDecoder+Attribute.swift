// SPDX-License-Identifier: Apache-2.0

extension TelemetryDecoder {
    /// Reads OTLP's `KeyValue`.
    ///
    /// One without a value is left out.
    ///
    /// - Parameters:
    ///   - message: The message.
    ///   - attributes: Where it goes.
    ///   - rest: How many bytes there are after it, of which some may be of more attributes.
    /// - Throws: ``ProtobufError`` when the bytes are no such message, or there are too many.
    @inline(__always)
    mutating func attribute(
        _ message: ProtobufReader,
        into attributes: inout AttributeCollector,
        rest: Int = 0
    ) throws(ProtobufError) {
        guard let plain = PlainAttribute(message) else { return try anyAttribute(message, into: &attributes) }
        try spend()
        let fingerprint = StringTable.fingerprint(plain.key)
        let key = strings.string(plain.key, fingerprint: fingerprint)
        // One allocation, of about the right size: few attributes are shorter than this.
        attributes.set(key, fingerprint: fingerprint, plain.value, expected: 1 + rest / 32)
    }

    /// Reads a `KeyValue` in whatever form it is.
    @inline(never)
    private mutating func anyAttribute(
        _ message: ProtobufReader,
        into attributes: inout AttributeCollector
    ) throws(ProtobufError) {
        var message = message
        var key = "", fingerprint: UInt64 = 0
        var value: AttributeValue?
        while let tag = try message.nextTag() {
            switch tag {
            case .delimited(1):
                let bytes = try message.readBytes()
                fingerprint = StringTable.fingerprint(bytes)
                key = strings.string(bytes, fingerprint: fingerprint)
            case .delimited(2): value = try self.value(message.readMessage())
            default: try message.skip(tag)
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
        while let tag = try message.nextTag() {
            switch tag {
            case .delimited(1): value = .string(try message.readText())
            case .varint(2): value = .bool(try message.readVarint() != 0)
            case .varint(3): value = .int(Int64(bitPattern: try message.readVarint()))
            case .fixed64(4): value = .double(Double(bitPattern: try message.readFixed64()))
            case .delimited(5): value = .array(try values(message.readMessage()))
            case .delimited(6): value = .map(try map(message.readMessage()))
            case .delimited(7): value = .bytes([UInt8](try message.readBytes()))
            default: try message.skip(tag)
            }
        }
        return value
    }

    private mutating func values(_ message: ProtobufReader) throws(ProtobufError) -> [AttributeValue] {
        var message = message
        var values: [AttributeValue] = []
        while let tag = try message.nextTag() {
            guard tag == .delimited(1) else {
                try message.skip(tag)
                continue
            }
            guard let value = try value(message.readMessage()) else { continue }
            try spend()
            values.append(value)
        }
        return values
    }

    private mutating func map(_ message: ProtobufReader) throws(ProtobufError) -> Attributes {
        var message = message
        var attributes = AttributeCollector()
        while let tag = try message.nextTag() {
            guard tag == .delimited(1) else {
                try message.skip(tag)
                continue
            }
            try anyAttribute(message.readMessage(), into: &attributes)
        }
        return attributes.take()
    }
}

extension ProtobufReader {
    /// Reads a text; what is no UTF-8 in it becomes U+FFFD.
    @inline(__always)
    mutating func readText() throws(ProtobufError) -> String { String(protobuf: try readBytes()) }

    /// Reads a `uint32`.
    @inline(__always)
    mutating func readCount() throws(ProtobufError) -> Int { Int(UInt32(truncatingIfNeeded: try readVarint())) }
}

extension String {
    /// The text of these bytes; what is no UTF-8 in them becomes U+FFFD.
    @inline(__always)
    init(protobuf bytes: UnsafeRawBufferPointer) {
        self.init(decoding: bytes.assumingMemoryBound(to: UInt8.self), as: UTF8.self)
    }
}
