// SPDX-License-Identifier: Apache-2.0

/// Reads the fields of protobuf from bytes that are lent, as strictly as `ProtobufReader` does, and in line.
///
/// It must not outlive the bytes.
struct FieldReader {
    private(set) var cursor: UnsafeRawPointer
    let end: UnsafeRawPointer

    private static let maximumDepth = 100

    /// Reads from one place up to another in the same bytes.
    init(from start: UnsafeRawPointer, to end: UnsafeRawPointer) {
        (cursor, self.end) = (start, end)
    }

    /// Reads all bytes; `nil` if there are none.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return nil }
        self.init(from: start, to: start + bytes.count)
    }

    @inline(__always)
    var isAtEnd: Bool { cursor == end }

    @inline(__always)
    var remainingCount: Int { end - cursor }

    @inline(__always)
    mutating func byte() throws(DamagedBytes) -> UInt8 {
        guard cursor < end else { throw DamagedBytes() }
        defer { cursor += 1 }
        return cursor.load(as: UInt8.self)
    }

    /// A field's number and type, as they stand before its value.
    @inline(__always)
    mutating func tag() throws(DamagedBytes) -> UInt64 {
        let tag = try varint()
        guard tag >= 8, tag <= UInt64(UInt32.max) else { throw DamagedBytes() }
        return tag
    }

    @inline(__always)
    mutating func varint() throws(DamagedBytes) -> UInt64 {
        guard cursor < end else { throw DamagedBytes() }
        let first = cursor.load(as: UInt8.self)
        cursor += 1
        if first < 0x80 { return UInt64(first) }
        return try varint(after: first)
    }

    @inline(never)
    private mutating func varint(after first: UInt8) throws(DamagedBytes) -> UInt64 {
        var value = UInt64(first & 0x7f)
        var shift: UInt64 = 7
        while cursor < end {
            let byte = cursor.load(as: UInt8.self)
            cursor += 1
            // Of the tenth byte only the lowest bit is left to fill.
            guard shift < 63 || byte < 2 else { throw DamagedBytes() }
            value |= UInt64(byte & 0x7f) &<< shift
            if byte < 0x80 { return value }
            shift &+= 7
        }
        throw DamagedBytes()
    }

    /// A number that has no more bytes than it needs, as our own writer makes it; `nil` for another.
    @inline(__always)
    mutating func shortest() throws(DamagedBytes) -> UInt64? {
        let value = try varint()
        return value < 0x80 || (cursor - 1).load(as: UInt8.self) != 0 ? value : nil
    }

    @inline(__always)
    mutating func fixed64() throws(DamagedBytes) -> UInt64 {
        guard end - cursor >= 8 else { throw DamagedBytes() }
        defer { cursor += 8 }
        return UInt64(littleEndian: cursor.loadUnaligned(as: UInt64.self))
    }

    /// The bytes behind their number.
    @inline(__always)
    mutating func delimited() throws(DamagedBytes) -> UnsafeRawBufferPointer { try bytes(varint()) }

    /// The next bytes.
    @inline(__always)
    mutating func bytes(_ count: UInt64) throws(DamagedBytes) -> UnsafeRawBufferPointer {
        guard count <= UInt64(end - cursor) else { throw DamagedBytes() }
        let count = Int(truncatingIfNeeded: count)
        defer { cursor += count }
        return UnsafeRawBufferPointer(start: cursor, count: count)
    }

    /// Passes over the value of a field, or a group.
    mutating func skip(_ tag: UInt64, depth: Int = 0) throws(DamagedBytes) {
        switch tag & 7 {
        case 0: _ = try varint()
        case 1: _ = try bytes(8)
        case 2: _ = try delimited()
        case 3:
            guard depth < Self.maximumDepth else { throw DamagedBytes() }
            while true {
                let inner = try self.tag()
                if inner & 7 == 4 {
                    guard inner >> 3 == tag >> 3 else { throw DamagedBytes() }
                    return
                }
                try skip(inner, depth: depth + 1)
            }
        case 5: _ = try bytes(4)
        default: throw DamagedBytes()
        }
    }
}

/// An attribute whose value is plain and whose bytes are as our own writer makes them.
struct PlainAttribute {
    var key: UnsafeRawBufferPointer
    var type: ColumnType
    /// The bytes of a text, or of a number as it is told.
    var value: UnsafeRawBufferPointer

    /// The value of one of type `double`.
    var double: Double { Double(bitPattern: UInt64(littleEndian: value.loadUnaligned(as: UInt64.self))) }

    /// The value of one of type `int`; zero if its bytes are none.
    var int: Int64 {
        guard var reader = FieldReader(value), let bits = try? reader.varint() else { return 0 }
        return Int64(bitPattern: bits)
    }

    /// Reads OTLP's `KeyValue`; `nil` if it is made otherwise.
    @inline(__always)
    init?(_ message: UnsafeRawBufferPointer) {
        guard var reader = FieldReader(message), let attribute = try? Self.read(&reader) else { return nil }
        self = attribute
    }

    @inline(__always)
    init(_ key: UnsafeRawBufferPointer, _ type: ColumnType, _ value: UnsafeRawBufferPointer) {
        (self.key, self.type, self.value) = (key, type, value)
    }

    /// Reads OTLP's `AnyValue` of a key; `nil` if it is of another type, or says nothing.
    init?(_ key: UnsafeRawBufferPointer, anyValue value: UnsafeRawBufferPointer) throws(DamagedBytes) {
        guard var reader = FieldReader(value), !reader.isAtEnd,
            let type = ColumnType(rawValue: UInt8(truncatingIfNeeded: try reader.tag()))
        else { return nil }
        switch type {
        case .string: self.init(key, type, try reader.delimited())
        case .double: self.init(key, type, try reader.bytes(8))
        case .bool, .int:
            let start = reader.cursor
            _ = try reader.varint()
            self.init(key, type, UnsafeRawBufferPointer(start: start, count: reader.cursor - start))
        }
    }

    /// Reads OTLP's `KeyValue`, however it is made; `nil` if its value is of another type.
    static func reading(_ message: UnsafeRawBufferPointer) throws(DamagedBytes) -> PlainAttribute? {
        if let plain = PlainAttribute(message) { return plain }
        guard var reader = FieldReader(message) else { return nil }
        var key = UnsafeRawBufferPointer(start: nil, count: 0)
        var value = key
        while !reader.isAtEnd {
            let tag = try reader.tag()
            switch tag {
            case 0x0a: key = try reader.delimited()
            case 0x12: value = try reader.delimited()
            default: try reader.skip(tag)
            }
        }
        return try PlainAttribute(key, anyValue: value)
    }

    @inline(__always)
    private static func read(_ reader: inout FieldReader) throws(DamagedBytes) -> PlainAttribute? {
        guard try reader.byte() == 0x0a, let keySize = try reader.shortest() else { return nil }
        let key = try reader.bytes(keySize)
        guard try reader.byte() == 0x12, let size = try reader.shortest(), size == UInt64(reader.remainingCount),
            let type = ColumnType(rawValue: try reader.byte())
        else { return nil }
        switch type {
        case .string:
            guard let count = try reader.shortest(), count == UInt64(reader.remainingCount) else { return nil }
            return PlainAttribute(key, type, try reader.bytes(count))
        case .bool, .int:
            let start = reader.cursor
            guard try reader.shortest() != nil, reader.isAtEnd else { return nil }
            return PlainAttribute(key, type, UnsafeRawBufferPointer(start: start, count: reader.cursor - start))
        case .double:
            guard reader.remainingCount == 8 else { return nil }
            return PlainAttribute(key, type, try reader.bytes(8))
        }
    }
}
