// SPDX-License-Identifier: Apache-2.0

/// Where the next byte of a message goes, for several fields whose room has been reserved at once.
///
/// It is a value of its own because a pointer in a register is much quicker to move than a count in a writer's memory.
/// Whoever makes one sees to it that there is room for all that is put.
struct ProtobufCursor {
    private(set) var next: UnsafeMutableRawPointer

    init(_ start: UnsafeMutableRawPointer) {
        next = start
    }

    /// How many bytes a varint has.
    @inline(__always)
    static func width(of value: UInt64) -> Int {
        value < 0x80 ? 1 : ProtobufWriter.width(of: value)
    }

    /// How many bytes a length and so many bytes have.
    @inline(__always)
    static func width(delimited count: Int) -> Int {
        width(of: UInt64(truncatingIfNeeded: count)) &+ count
    }

    @inline(__always)
    mutating func put(byte: UInt8) {
        next.storeBytes(of: byte, as: UInt8.self)
        next += 1
    }

    @inline(__always)
    mutating func put(tag field: Int, _ type: ProtobufReader.WireType) {
        put(varint: UInt64(truncatingIfNeeded: field) << 3 | UInt64(type.rawValue))
    }

    @inline(__always)
    mutating func put(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            put(byte: UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        put(byte: UInt8(truncatingIfNeeded: rest))
    }

    @inline(__always)
    mutating func put(length: Int) {
        put(varint: UInt64(truncatingIfNeeded: length))
    }

    /// Puts a number in the order of bytes that it has in memory.
    @inline(__always)
    mutating func put<Number: FixedWidthInteger & BitwiseCopyable>(_ value: Number) {
        next.storeBytes(of: value, as: Number.self)
        next += MemoryLayout<Number>.size
    }

    /// Puts bytes with their length before them.
    @inline(__always)
    mutating func put(delimited bytes: UnsafeRawBufferPointer) {
        put(length: bytes.count)
        guard let source = bytes.baseAddress else { return }
        next.copyMemory(from: source, byteCount: bytes.count)
        next += bytes.count
    }
}
