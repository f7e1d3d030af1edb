// SPDX-License-Identifier: Apache-2.0

/// A `KeyValue` in the form in which nearly all are: a name, then a value that is a short text, a number or a truth value.
///
/// Whatever is otherwise, also what is broken, is left to the reader that knows every form. Nothing is made of the bytes
/// here, so all of this fits in registers.
struct PlainAttribute {
    /// What the value is.
    enum Kind {
        case text, truth, whole, floating
    }

    /// The name with tag and length before it.
    let head: UnsafeRawBufferPointer

    /// The name.
    let key: UnsafeRawBufferPointer

    /// What the value is.
    let kind: Kind

    /// The value, if it is a number or a truth value, by its bit pattern.
    let bits: UInt64

    /// The value, if it is a text.
    let text: UnsafeRawBufferPointer

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
        let content = start + 3
        let contentCount = size &- 1
        var text = UnsafeRawBufferPointer(start: content, count: 0)
        switch byte(start, 2) {
        case 0x0a:
            guard byte(content, 0) == contentCount &- 1 else { return nil }
            kind = .text
            bits = 0
            text = UnsafeRawBufferPointer(start: content + 1, count: contentCount &- 1)
        case 0x10:
            guard contentCount == 1, byte(content, 0) < 0x80 else { return nil }
            kind = .truth
            bits = UInt64(truncatingIfNeeded: byte(content, 0))
        case 0x18:
            guard let number = Self.number(content, contentCount) else { return nil }
            kind = .whole
            bits = number
        case 0x21:
            guard contentCount == 8 else { return nil }
            kind = .floating
            bits = UInt64(littleEndian: content.loadUnaligned(as: UInt64.self))
        default: return nil
        }
        head = UnsafeRawBufferPointer(start: bytes, count: 2 &+ nameCount)
        key = UnsafeRawBufferPointer(start: bytes + 2, count: nameCount)
        self.text = text
    }

    /// A varint that fills the bytes, of which there is one at least; `nil` if it doesn't, or may have more than 63 bits.
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
