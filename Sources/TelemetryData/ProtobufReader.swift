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

    private var cursor: UnsafeRawPointer
    private let end: UnsafeRawPointer
    private let depth: Int

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
        guard depth > 0 else { throw ProtobufError(.tooDeep, "messages are nested too deeply") }
        return ProtobufReader(field.bytes, maximumDepth: depth - 1)
    }

    /// The next field, or `nil` at the end; groups, which no schema of today has, are passed over.
    ///
    /// - Throws: ``ProtobufError`` when the bytes are no field.
    @inline(__always)
    public mutating func next() throws(ProtobufError) -> Field? {
        while cursor < end {
            let tag = try readVarint()
            let number = Int(truncatingIfNeeded: tag >> 3)
            guard tag <= UInt64(UInt32.max), number > 0 else {
                throw ProtobufError(.malformed, "a field has no valid number")
            }
            switch tag & 7 {
            case 0: return Field(number: number, type: .varint, bits: try readVarint(), bytes: Self.none)
            case 1: return Field(number: number, type: .fixed64, bits: try readFixed64(), bytes: Self.none)
            case 2: return Field(number: number, type: .lengthDelimited, bits: 0, bytes: try readBytes())
            case 3: try skipGroup(number, depth: depth)
            case 5: return Field(number: number, type: .fixed32, bits: try readFixed32(), bytes: Self.none)
            default: throw ProtobufError(.malformed, "field \(number) is of no known wire type")
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
    private mutating func readVarint() throws(ProtobufError) -> UInt64 {
        guard cursor < end else { throw Self.truncated }
        let first = cursor.load(as: UInt8.self)
        if first < 0x80 {
            cursor += 1
            return UInt64(first)
        }
        return try readLongVarint()
    }

    @inline(never)
    private mutating func readLongVarint() throws(ProtobufError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while cursor < end {
            let byte = cursor.load(as: UInt8.self)
            cursor += 1
            // Of the tenth byte only the lowest bit is left to fill.
            if shift == 63, byte > 1 { throw ProtobufError(.malformed, "an integer has more than 64 bits") }
            value |= UInt64(byte & 0x7f) &<< shift
            if byte < 0x80 { return value }
            shift &+= 7
        }
        throw Self.truncated
    }

    @inline(__always)
    private mutating func readFixed64() throws(ProtobufError) -> UInt64 {
        guard end - cursor >= 8 else { throw Self.truncated }
        defer { cursor += 8 }
        return UInt64(littleEndian: cursor.loadUnaligned(as: UInt64.self))
    }

    @inline(__always)
    private mutating func readFixed32() throws(ProtobufError) -> UInt64 {
        guard end - cursor >= 4 else { throw Self.truncated }
        defer { cursor += 4 }
        return UInt64(UInt32(littleEndian: cursor.loadUnaligned(as: UInt32.self)))
    }

    @inline(__always)
    private mutating func readBytes() throws(ProtobufError) -> UnsafeRawBufferPointer {
        let length = try readVarint()
        guard length <= UInt64(end - cursor) else { throw Self.truncated }
        let count = Int(length)
        defer { cursor += count }
        return UnsafeRawBufferPointer(start: cursor, count: count)
    }

    @inline(never)
    private mutating func skipGroup(_ number: Int, depth: Int) throws(ProtobufError) {
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

    private static var truncated: ProtobufError { ProtobufError(.truncated, "the bytes end within a field") }
}
