// SPDX-License-Identifier: Apache-2.0

/// Reads numbers and bytes of a file that may be damaged.
struct ByteReader {
    private let bytes: UnsafeRawBufferPointer
    private(set) var offset = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// How many bytes are left.
    var remainingCount: Int { bytes.count &- offset }

    /// A number, its low byte first.
    @inline(__always)
    mutating func number<Number: FixedWidthInteger & BitwiseCopyable>(
        _ type: Number.Type = Number.self
    ) throws(DamagedBytes) -> Number {
        let size = MemoryLayout<Number>.size
        guard remainingCount >= size else { throw DamagedBytes() }
        defer { offset &+= size }
        return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Number.self))
    }

    /// A number that is not negative and fits a place in memory.
    @inline(__always)
    mutating func count() throws(DamagedBytes) -> Int {
        guard let count = Int(exactly: try varint()) else { throw DamagedBytes() }
        return count
    }

    /// A number in as few bytes as hold it, seven bits each.
    @inline(__always)
    mutating func varint() throws(DamagedBytes) -> UInt64 {
        // Most have one byte.
        if offset < bytes.count, bytes[offset] < 0x80 {
            offset &+= 1
            return UInt64(bytes[offset &- 1])
        }
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            guard offset < bytes.count, shift < 64 else { throw DamagedBytes() }
            let byte = bytes[offset]
            offset &+= 1
            value |= UInt64(byte & 0x7f) &<< shift
            if byte < 0x80 { return value }
            shift &+= 7
        }
    }

    /// The next bytes.
    @inline(__always)
    mutating func bytes(_ count: Int) throws(DamagedBytes) -> UnsafeRawBufferPointer {
        guard count >= 0, remainingCount >= count else { throw DamagedBytes() }
        defer { offset &+= count }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset &+ count)])
    }

    /// The next bytes, so many times.
    mutating func bytes(_ count: Int, times size: Int) throws(DamagedBytes) -> UnsafeRawBufferPointer {
        guard count >= 0, count <= remainingCount / size else { throw DamagedBytes() }
        return try bytes(count * size)
    }

    /// The bytes behind their number.
    mutating func delimited() throws(DamagedBytes) -> UnsafeRawBufferPointer { try bytes(count()) }
}

/// Bytes are not what was written.
struct DamagedBytes: Error {}

extension [UInt8] {
    /// Adds a number, its low byte first.
    @inline(__always)
    mutating func append<Number: FixedWidthInteger>(number: Number) {
        Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
    }

    /// Adds a number in as few bytes as hold it, seven bits each.
    @inline(__always)
    mutating func append(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }

    /// Adds bytes behind their number, all in one go.
    @inline(__always)
    mutating func append(lent bytes: UnsafeRawBufferPointer) {
        append(varint: UInt64(bytes.count))
        append(contentsOf: bytes)
    }

    /// Adds bytes behind their number.
    mutating func append(delimited bytes: some Collection<UInt8>) {
        append(varint: UInt64(bytes.count))
        append(contentsOf: bytes)
    }
}
