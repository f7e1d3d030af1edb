// SPDX-License-Identifier: Apache-2.0

/// Reads the fields of a protobuf message, one after the other, from bytes that anybody may have sent.
///
/// Every length is checked against what is there, nesting is limited, and nothing is copied or allocated. It points into
/// the bytes that it was made of, so neither it nor its fields may outlive them.
///
/// ```swift
/// var reader = ProtobufReader(bytes)
/// while let field = try reader.next() {
///     switch (field.number, field.type) {
///     case (1, .lengthDelimited): name = field.string
///     case (2, .varint): count = field.bits
///     default: break                                      // a field that is not known is passed over
///     }
/// }
/// ```
public struct ProtobufReader {
    /// How a field's value is written.
    public enum WireType: UInt8, Sendable {
        /// An integer, an enum or a truth value.
        case varint = 0
        /// Eight bytes.
        case fixed64 = 1
        /// Text, bytes, a message or packed numbers.
        case lengthDelimited = 2
        /// Four bytes.
        case fixed32 = 5
    }

    /// One field.
    public struct Field {
        /// Its number in the schema, from 1.
        public let number: Int

        /// How it is written; one that the schema does not expect makes it an unknown field.
        public let type: WireType

        /// The value of a number, by its bit pattern.
        public let bits: UInt64

        /// The value of a length-delimited field, within the bytes that are read.
        public let bytes: UnsafeRawBufferPointer

        /// The value as text; what is no UTF-8 in it becomes U+FFFD.
        public var string: String { String(decoding: bytes, as: UTF8.self) }

        /// The value as a floating-point number.
        public var double: Double { Double(bitPattern: bits) }
    }

    private(set) var cursor: UnsafeRawPointer
    let end: UnsafeRawPointer
    let depth: Int

    /// Reads a message.
    ///
    /// - Parameters:
    ///   - bytes: The whole message.
    ///   - maximumDepth: How many levels of messages it may hold.
    public init(_ bytes: UnsafeRawBufferPointer, maximumDepth: Int = 100) {
        cursor = bytes.baseAddress ?? Self.nowhere
        end = cursor + bytes.count
        depth = maximumDepth
    }

    /// Reads a message that this process has written, however deeply somebody nested a value in it.
    package init(own bytes: UnsafeRawBufferPointer) {
        self.init(bytes, maximumDepth: .max)
    }

    /// Reads the message that a field of this one holds.
    ///
    /// - Throws: ``ProtobufError`` when it is nested too deeply.
    public func message(_ field: Field) throws(ProtobufError) -> ProtobufReader {
        guard depth > 0 else { throw Self.tooDeep }
        return ProtobufReader(field.bytes, maximumDepth: depth - 1)
    }

    /// The next field, or `nil` at the end; groups, which no schema of today has, are passed over.
    ///
    /// - Throws: ``ProtobufError`` when the bytes are no field.
    @inline(__always)
    public mutating func next() throws(ProtobufError) -> Field? {
        while let tag = try nextTag() {
            let number = tag.number
            switch tag.bits & 7 {
            case 0: return Field(number: number, type: .varint, bits: try readVarint(), bytes: Self.none)
            case 1: return Field(number: number, type: .fixed64, bits: try readFixed64(), bytes: Self.none)
            case 2: return Field(number: number, type: .lengthDelimited, bits: 0, bytes: try readBytes())
            case 5: return Field(number: number, type: .fixed32, bits: try readFixed32(), bytes: Self.none)
            default: try skip(tag)
            }
        }
        return nil
    }

    /// How many bytes there are still to be read.
    package var remainingCount: Int { end - cursor }

    /// An empty message may have no address; of what is never read any will do.
    private static var nowhere: UnsafeRawPointer { UnsafeRawPointer(("" as StaticString).utf8Start) }

    private static var none: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: nil, count: 0) }

    @inline(__always)
    mutating func readVarint() throws(ProtobufError) -> UInt64 {
        guard cursor < end else { throw Self.truncated }
        let first = cursor.load(as: UInt8.self)
        if first < 0x80 {
            cursor += 1
            return UInt64(first)
        }
        // Most lengths of messages have two bytes.
        if end - cursor >= 2 {
            let second = cursor.load(fromByteOffset: 1, as: UInt8.self)
            if second < 0x80 {
                cursor += 2
                return UInt64(first & 0x7f) | UInt64(second) << 7
            }
        }
        // Its state goes in and out by value, so that a reader's own can stay in registers.
        let long = try Self.longVarint(cursor, end)
        cursor = long.next
        return long.value
    }

    @inline(never)
    private static func longVarint(
        _ start: UnsafeRawPointer,
        _ end: UnsafeRawPointer
    ) throws(ProtobufError) -> (value: UInt64, next: UnsafeRawPointer) {
        var cursor = start
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while cursor < end {
            let byte = cursor.load(as: UInt8.self)
            cursor += 1
            // Of the tenth byte only the lowest bit is left to fill.
            if shift == 63, byte > 1 { throw ProtobufError(.malformed, "an integer has more than 64 bits") }
            value |= UInt64(byte & 0x7f) &<< shift
            if byte < 0x80 { return (value, cursor) }
            shift &+= 7
        }
        throw truncated
    }

    @inline(__always)
    mutating func readFixed64() throws(ProtobufError) -> UInt64 {
        guard end - cursor >= 8 else { throw Self.truncated }
        defer { cursor += 8 }
        return UInt64(littleEndian: cursor.loadUnaligned(as: UInt64.self))
    }

    @inline(__always)
    mutating func readFixed32() throws(ProtobufError) -> UInt64 {
        guard end - cursor >= 4 else { throw Self.truncated }
        defer { cursor += 4 }
        return UInt64(UInt32(littleEndian: cursor.loadUnaligned(as: UInt32.self)))
    }

    @inline(__always)
    mutating func readBytes() throws(ProtobufError) -> UnsafeRawBufferPointer {
        let length = try readVarint()
        guard length <= UInt64(end - cursor) else { throw Self.truncated }
        let count = Int(length)
        defer { cursor += count }
        return UnsafeRawBufferPointer(start: cursor, count: count)
    }

    @inline(never)
    mutating func skipGroup(_ number: Int, depth: Int) throws(ProtobufError) {
        guard depth > 0 else { throw ProtobufError(.tooDeep, "groups are nested too deeply") }
        while true {
            let tag = try readVarint()
            let inner = Int(truncatingIfNeeded: tag >> 3)
            guard tag <= UInt64(UInt32.max), inner > 0 else {
                throw ProtobufError(.malformed, "a field has no valid number")
            }
            switch tag & 7 {
            case 0: _ = try readVarint()
            case 1: _ = try readFixed64()
            case 2: _ = try readBytes()
            case 3: try skipGroup(inner, depth: depth - 1)
            case 4 where inner == number: return
            case 5: _ = try readFixed32()
            default: throw ProtobufError(.malformed, "group \(number) is not closed")
            }
        }
    }

    static var tooDeep: ProtobufError { ProtobufError(.tooDeep, "messages are nested too deeply") }

    private static var truncated: ProtobufError { ProtobufError(.truncated, "the bytes end within a field") }
}
