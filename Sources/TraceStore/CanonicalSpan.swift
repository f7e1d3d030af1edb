// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceContext

/// Tells whether a received span's bytes are those that our own writer would make of the span that they say.
///
/// Then they can be kept as they came. Whatever is doubtful counts as other: repeated keys, values that are no plain ones,
/// keys beyond ASCII, very many attributes.
struct CanonicalSpan {
    /// Hashes of the keys that the message at hand has so far, and a bit for each.
    private var keys: [UInt32] = []
    private var seen: UInt64 = 0
    private var elementCount = 0

    private static let maximumKeyCount = 128

    /// How many elements a decoder would count in the span; `nil` if the bytes are of another form, or no span.
    mutating func elementCount(of span: UnsafeRawBufferPointer) -> Int? {
        guard let reader = FieldReader(span), (try? read(reader)) != nil else { return nil }
        return elementCount
    }

    private mutating func read(_ fields: FieldReader) throws(DamagedBytes) {
        var reader = fields
        elementCount = 8
        try reader.expectIDs()
        var last: UInt8 = 0x12
        var hasKind = false, hasStart = false, hasEnd = false
        beginAttributes()
        while !reader.isAtEnd {
            let tag = try reader.byte()
            // Tags grow as the numbers of their fields do; attributes, events and links come again.
            try expect(tag > last || tag == last && (tag == 0x4a || tag == 0x5a || tag == 0x6a))
            last = tag
            switch tag {
            case 0x1a: try reader.expectState()
            case 0x22: try reader.expectSpanID()
            case 0x2a: try reader.expectText()
            case 0x30:
                hasKind = true
                try expect(SpanKind(rawValue: Int(reader.byte())) != nil)
            case 0x39:
                hasStart = true
                try expect(reader.fixed64() != 0)
            case 0x41:
                hasEnd = true
                try expect(reader.fixed64() != 0)
            case 0x4a: try readAttribute(reader.shortDelimited())
            case 0x50, 0x60, 0x70: try reader.expectCount()
            case 0x5a: try readEvent(reader.shortDelimited())
            case 0x6a: try readLink(reader.shortDelimited())
            case 0x7a: try Self.readStatus(reader.shortDelimited())
            case 0x85:
                try expect(reader.byte() == 1)
                let flags = SpanFlags(bits: try reader.fixed32())
                try expect(flags.bits != 0 && SpanFlags(flags.traceFlags, isRemote: flags.isRemote).bits == flags.bits)
            default: throw DamagedBytes()
            }
        }
        // Where no end is told, the start is written for it.
        try expect(hasKind && (hasEnd || !hasStart))
    }

    private mutating func beginAttributes() {
        keys.removeAll(keepingCapacity: true)
        seen = 0
    }

    @inline(__always)
    private mutating func readAttribute(_ message: UnsafeRawBufferPointer) throws(DamagedBytes) {
        guard let attribute = PlainAttribute(message), !attribute.key.isEmpty, attribute.key.isASCII else {
            throw DamagedBytes()
        }
        switch attribute.type {
        case .string: try expect(attribute.value.isUTF8)
        case .bool: try expect(attribute.value.count == 1 && attribute.value[0] < 2)
        case .int, .double: break
        }
        let hash = AttributeHash(attribute.key).value
        let bit = UInt64(1) << UInt64(hash & 63)
        if seen & bit != 0 { try expect(!keys.contains(hash)) }
        try expect(keys.count < Self.maximumKeyCount)
        seen |= bit
        keys.append(hash)
        elementCount += 1
    }

    private mutating func readEvent(_ message: UnsafeRawBufferPointer) throws(DamagedBytes) {
        guard var reader = FieldReader(message) else { throw DamagedBytes() }
        elementCount += 1
        beginAttributes()
        // Where no time is told, the span's start is written for it.
        try expect(reader.byte() == 0x09)
        try expect(reader.fixed64() != 0)
        var last: UInt8 = 0x09
        while !reader.isAtEnd {
            let tag = try reader.byte()
            try expect(tag > last || tag == last && tag == 0x1a)
            last = tag
            switch tag {
            case 0x12: try reader.expectText()
            case 0x1a: try readAttribute(reader.shortDelimited())
            case 0x20: try reader.expectCount()
            default: throw DamagedBytes()
            }
        }
    }

    private mutating func readLink(_ message: UnsafeRawBufferPointer) throws(DamagedBytes) {
        guard var reader = FieldReader(message) else { throw DamagedBytes() }
        elementCount += 2
        beginAttributes()
        try reader.expectIDs()
        var last: UInt8 = 0x12
        while !reader.isAtEnd {
            let tag = try reader.byte()
            try expect(tag > last || tag == last && tag == 0x22)
            last = tag
            switch tag {
            case 0x1a: try reader.expectState()
            case 0x22: try readAttribute(reader.shortDelimited())
            case 0x28: try reader.expectCount()
            case 0x35:
                let flags = SpanFlags(bits: try reader.fixed32())
                let written = SpanFlags(flags.traceFlags, isRemote: flags.isRemote ?? false)
                try expect(written.bits == flags.bits)
            default: throw DamagedBytes()
            }
        }
        // A link's flags say at least that it is not remote.
        try expect(last == 0x35)
    }

    private static func readStatus(_ message: UnsafeRawBufferPointer) throws(DamagedBytes) {
        guard var reader = FieldReader(message) else { throw DamagedBytes() }
        var tag = try reader.byte()
        let hasText = tag == 0x12
        if hasText {
            try reader.expectText()
            tag = try reader.byte()
        }
        let code = try reader.byte()
        try expect(tag == 0x18 && (code == 2 || code == 1 && !hasText) && reader.isAtEnd)
    }
}

@inline(__always)
private func expect(_ condition: Bool) throws(DamagedBytes) {
    if !condition { throw DamagedBytes() }
}

/// What our own writer makes, and nothing else; it throws where there is something else.
extension FieldReader {
    @inline(__always)
    fileprivate mutating func shortDelimited() throws(DamagedBytes) -> UnsafeRawBufferPointer {
        guard let count = try shortest() else { throw DamagedBytes() }
        return try bytes(count)
    }

    @inline(__always)
    fileprivate mutating func fixed32() throws(DamagedBytes) -> UInt32 {
        UInt32(littleEndian: try bytes(4).loadUnaligned(as: UInt32.self))
    }

    /// Both ids, as fields 1 and 2, both valid.
    @inline(__always)
    fileprivate mutating func expectIDs() throws(DamagedBytes) {
        try expect(byte() == 0x0a)
        try expect(byte() == 16)
        try expect(fixed64() | fixed64() != 0)
        try expect(byte() == 0x12)
        try expectSpanID()
    }

    @inline(__always)
    fileprivate mutating func expectSpanID() throws(DamagedBytes) {
        try expect(byte() == 8)
        try expect(fixed64() != 0)
    }

    @inline(__always)
    fileprivate mutating func expectText() throws(DamagedBytes) {
        let text = try shortDelimited()
        try expect(!text.isEmpty && text.isUTF8)
    }

    @inline(__always)
    fileprivate mutating func expectCount() throws(DamagedBytes) {
        guard let count = try shortest(), count > 0, count <= UInt64(UInt32.max) else { throw DamagedBytes() }
    }

    @inline(never)
    fileprivate mutating func expectState() throws(DamagedBytes) {
        let bytes = try shortDelimited()
        guard !bytes.isEmpty, let state = TraceState(String(decoding: bytes, as: UTF8.self)) else {
            throw DamagedBytes()
        }
        try expect(!state.isEmpty && state.description.utf8.elementsEqual(bytes))
    }
}

extension UnsafeRawBufferPointer {
    /// Whether no byte is above 127.
    @inline(__always)
    fileprivate var isASCII: Bool {
        guard let start = baseAddress else { return true }
        var bits: UInt64 = 0
        var offset = 0
        while count - offset >= 8 {
            bits |= start.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            offset += 8
        }
        while offset < count {
            bits |= UInt64(start.load(fromByteOffset: offset, as: UInt8.self))
            offset += 1
        }
        return bits & 0x8080_8080_8080_8080 == 0
    }

    /// Whether a text of these bytes has the same bytes.
    @inline(__always)
    fileprivate var isUTF8: Bool { isASCII || isLongUTF8 }

    @inline(never)
    private var isLongUTF8: Bool { String(decoding: self, as: UTF8.self).utf8.elementsEqual(self) }
}
