// SPDX-License-Identifier: Apache-2.0

extension ProtobufWriter {
    /// Writes attributes as fields of OTLP's `KeyValue`, one for each.
    public mutating func write(attributes: Attributes, field: Int) {
        attributes.elements.forEachInPlace { write($0, field: field) }
    }

    /// Writes a value as OTLP's `AnyValue`.
    public mutating func write(value: AttributeValue, field: Int) {
        write(message: field) { $0.write(value) }
    }

    /// Writes a `KeyValue`.
    ///
    /// Of most values the size is known beforehand, so all is put in its place at once.
    @inline(__always)
    private mutating func write(_ element: borrowing InPlace<Attributes.Element>, field: Int) {
        let isWritten: Bool? = element.value.key.utf8.withContiguousStorageIfAvailable { key in
            let key = UnsafeRawBufferPointer(key)
            switch element.value.value {
            case .string(let text):
                let isWritten: Void? = text.utf8.withContiguousStorageIfAvailable { text in
                    var cursor = begin(key, field: field, size: 1 &+ ProtobufCursor.width(delimited: text.count))
                    cursor.put(tag: 1, .lengthDelimited)
                    cursor.put(delimited: UnsafeRawBufferPointer(text))
                    buffer.advance(to: cursor)
                }
                return isWritten != nil
            case .bool(let truth):
                var cursor = begin(key, field: field, size: 2)
                cursor.put(tag: 2, .varint)
                cursor.put(byte: truth ? 1 : 0)
                buffer.advance(to: cursor)
            case .int(let number):
                let bits = UInt64(bitPattern: number)
                var cursor = begin(key, field: field, size: 1 &+ ProtobufCursor.width(of: bits))
                cursor.put(tag: 3, .varint)
                cursor.put(varint: bits)
                buffer.advance(to: cursor)
            case .double(let number):
                var cursor = begin(key, field: field, size: 9)
                cursor.put(tag: 4, .fixed64)
                cursor.put(number.bitPattern.littleEndian)
                buffer.advance(to: cursor)
            case .bytes, .array, .map, .null: return false
            }
            return true
        }
        if isWritten != true { writeAny(element.value, field: field) }
    }

    /// Puts everything of a `KeyValue` that is before its value, and makes room for the value.
    @inline(__always)
    private mutating func begin(_ key: UnsafeRawBufferPointer, field: Int, size: Int) -> ProtobufCursor {
        let keySize = key.isEmpty ? 0 : 1 &+ ProtobufCursor.width(delimited: key.count)
        // A tag and three lengths besides.
        buffer.reserve(keySize &+ size &+ 40)
        var cursor = ProtobufCursor(buffer.base + buffer.used)
        cursor.put(tag: field, .lengthDelimited)
        cursor.put(length: keySize &+ 1 &+ ProtobufCursor.width(delimited: size))
        if !key.isEmpty {
            cursor.put(tag: 1, .lengthDelimited)
            cursor.put(delimited: key)
        }
        cursor.put(tag: 2, .lengthDelimited)
        cursor.put(length: size)
        return cursor
    }

    /// Any `KeyValue`, in whatever form its texts are.
    @inline(never)
    private mutating func writeAny(_ element: Attributes.Element, field: Int) {
        write(message: field) { writer in
            writer.write(nonEmpty: element.key, field: 1)
            writer.write(value: element.value, field: 2)
        }
    }

    private mutating func write(_ value: AttributeValue) {
        switch value {
        case .string(let text): write(string: text, field: 1)
        case .bool(let truth): write(varint: truth ? 1 : 0, field: 2)
        case .int(let number): write(varint: UInt64(bitPattern: number), field: 3)
        case .double(let number): write(double: number, field: 4)
        case .array(let values):
            write(message: 5) { writer in
                for value in values { writer.write(value: value, field: 1) }
            }
        case .map(let values):
            write(message: 6) { $0.write(attributes: values, field: 1) }
        case .bytes(let bytes):
            bytes.withUnsafeBytes { write(bytes: $0, field: 7) }
        case .null: break
        }
    }

    /// Writes a number that was counted, unless it is none.
    @inline(__always)
    public mutating func write(count: Int, field: Int) {
        if count > 0 { write(varint: UInt64(UInt32(clamping: count)), field: field) }
    }

    /// Writes a text, unless it is empty.
    @inline(__always)
    public mutating func write(nonEmpty text: String, field: Int) {
        if !text.isEmpty { write(string: text, field: field) }
    }

    /// Writes OTLP's `Resource`.
    ///
    /// Its schema URL belongs to the message round it.
    public mutating func write(resource: Resource, field: Int) {
        write(message: field, lengthWidth: 2) { writer in
            writer.write(attributes: resource.attributes, field: 1)
            writer.write(count: resource.droppedAttributeCount, field: 2)
        }
    }

    /// Writes OTLP's `InstrumentationScope`.
    ///
    /// Its schema URL belongs to the message round it.
    public mutating func write(scope: InstrumentationScope, field: Int) {
        write(message: field) { writer in
            writer.write(nonEmpty: scope.name, field: 1)
            writer.write(nonEmpty: scope.version, field: 2)
            writer.write(attributes: scope.attributes, field: 3)
            writer.write(count: scope.droppedAttributeCount, field: 4)
        }
    }
}
