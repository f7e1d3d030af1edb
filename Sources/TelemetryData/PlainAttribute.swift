// SPDX-License-Identifier: Apache-2.0

/// A `KeyValue` in the form in which nearly all are: a name, then a value that is a short text, a number or a truth value.
///
/// Whatever is otherwise, also what is broken, is left to the reader that knows every form.
struct PlainAttribute {
    /// The name.
    let key: UnsafeRawBufferPointer

    /// The value.
    let value: AttributeValue

    /// Takes apart the bytes of a `KeyValue`; `nil` if it is of another form.
    @inline(__always)
    init?(_ message: ProtobufReader) {
        // The value is a message of its own.
        guard message.depth > 0, let bytes = message.rest.baseAddress else { return nil }
        let count = message.rest.count
        // Tag and length of the name, tag and length of the value, tag of what it is, and at least a byte of that.
        guard count >= 6, count < 0x100, byte(bytes, 0) == 0x0a else { return nil }
        let nameCount = byte(bytes, 1)
        let size = count &- nameCount &- 4
        guard size >= 2, size < 0x80, nameCount < 0x80 else { return nil }
        let start = bytes + (2 &+ nameCount)
        guard byte(start, 0) == 0x12, byte(start, 1) == size else { return nil }
        guard let value = Self.value(byte(start, 2), start + 3, size &- 1) else { return nil }
        key = UnsafeRawBufferPointer(start: bytes + 2, count: nameCount)
        self.value = value
    }

    /// The value of an `AnyValue`'s only field, which has so many bytes after its tag, one at least.
    @inline(__always)
    private static func value(_ tag: Int, _ content: UnsafeRawPointer, _ count: Int) -> AttributeValue? {
        switch tag {
        case 0x0a:
            guard byte(content, 0) == count &- 1 else { return nil }
            return .string(String(protobuf: UnsafeRawBufferPointer(start: content + 1, count: count &- 1)))
        case 0x10:
            guard count == 1, byte(content, 0) < 0x80 else { return nil }
            return .bool(byte(content, 0) != 0)
        case 0x18:
            return number(content, count).map { .int(Int64(bitPattern: $0)) }
        case 0x21:
            guard count == 8 else { return nil }
            return .double(Double(bitPattern: UInt64(littleEndian: content.loadUnaligned(as: UInt64.self))))
        default: return nil
        }
    }

    /// A varint that fills the bytes; `nil` if it doesn't, or may have more than 63 bits.
    @inline(__always)
    private static func number(_ content: UnsafeRawPointer, _ count: Int) -> UInt64? {
        guard count <= 9 else { return nil }
        var value: UInt64 = 0
        for index in 0..<(count &- 1) {
            guard byte(content, index) >= 0x80 else { return nil }
            value |= UInt64(truncatingIfNeeded: byte(content, index) & 0x7f) &<< UInt64(truncatingIfNeeded: index &* 7)
        }
        let last = byte(content, count &- 1)
        guard last < 0x80 else { return nil }
        return value | UInt64(truncatingIfNeeded: last) &<< UInt64(truncatingIfNeeded: (count &- 1) &* 7)
    }
}

@inline(__always)
private func byte(_ bytes: UnsafeRawPointer, _ offset: Int) -> Int {
    Int(bytes.load(fromByteOffset: offset, as: UInt8.self))
}
