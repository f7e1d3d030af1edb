// SPDX-License-Identifier: Apache-2.0

/// Reading tag by tag, which is quicker than field by field: the schema is a `switch` over one number, and a value is read
/// as what it is.
///
/// Whoever reads by tags reads the value, or passes over it, before the next tag.
extension ProtobufReader {
    /// The tag of the next field, or `nil` at the end.
    @inline(__always)
    mutating func nextTag() throws(ProtobufError) -> ProtobufTag? {
        guard cursor < end else { return nil }
        let bits = try readVarint()
        guard bits <= UInt64(UInt32.max), bits >= 8 else {
            throw ProtobufError(.malformed, "a field has no valid number")
        }
        return ProtobufTag(bits: UInt32(truncatingIfNeeded: bits))
    }

    /// Passes over the value of a field that is not known, or a group.
    @inline(never)
    mutating func skip(_ tag: ProtobufTag) throws(ProtobufError) {
        switch tag.bits & 7 {
        case 0: _ = try readVarint()
        case 1: _ = try readFixed64()
        case 2: _ = try readBytes()
        case 3: try skipGroup(tag.number, depth: depth)
        case 5: _ = try readFixed32()
        default: throw ProtobufError(.malformed, "field \(tag.number) is of no known wire type")
        }
    }

    /// Reads the message that the next value is.
    @inline(__always)
    mutating func readMessage() throws(ProtobufError) -> ProtobufReader {
        let bytes = try readBytes()
        guard depth > 0 else { throw Self.tooDeep }
        return ProtobufReader(bytes, maximumDepth: depth &- 1)
    }

    /// What is left to be read.
    @inline(__always)
    var rest: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: cursor, count: end - cursor) }
}

/// Number and type of a field, as they stand before its value.
struct ProtobufTag: Equatable {
    let bits: UInt32

    @inline(__always)
    var number: Int { Int(bits >> 3) }

    @inline(__always)
    static func varint(_ number: UInt32) -> ProtobufTag { ProtobufTag(bits: number << 3) }

    @inline(__always)
    static func fixed64(_ number: UInt32) -> ProtobufTag { ProtobufTag(bits: number << 3 | 1) }

    @inline(__always)
    static func delimited(_ number: UInt32) -> ProtobufTag { ProtobufTag(bits: number << 3 | 2) }

    @inline(__always)
    static func fixed32(_ number: UInt32) -> ProtobufTag { ProtobufTag(bits: number << 3 | 5) }

    @inline(__always)
    static func ~= (pattern: ProtobufTag, tag: ProtobufTag) -> Bool { pattern.bits == tag.bits }
}
