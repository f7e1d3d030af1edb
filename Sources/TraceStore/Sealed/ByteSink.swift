// SPDX-License-Identifier: Apache-2.0

/// Writes bytes to memory of which whoever made it sees to it that it is enough.
struct ByteSink {
    private let start: UnsafeMutableRawPointer
    private var cursor: UnsafeMutableRawPointer

    init(_ start: UnsafeMutableRawPointer) {
        (self.start, cursor) = (start, start)
    }

    var count: Int { cursor - start }

    @inline(__always)
    mutating func add(_ byte: UInt8) {
        cursor.storeBytes(of: byte, as: UInt8.self)
        cursor += 1
    }

    /// Adds two bytes.
    @inline(__always)
    mutating func add(_ first: UInt8, _ second: UInt8) {
        add(first)
        add(second)
    }

    /// Adds a number's bytes as they are in memory.
    @inline(__always)
    mutating func add(unswapped number: UInt64) {
        cursor.storeBytes(of: number, as: UInt64.self)
        cursor += 8
    }

    @inline(__always)
    mutating func add(varint number: Int) { add(varint: UInt64(truncatingIfNeeded: number)) }

    @inline(__always)
    mutating func add(varint number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            add(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        add(UInt8(truncatingIfNeeded: rest))
    }

    @inline(__always)
    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        cursor.copyMemory(from: start, byteCount: bytes.count)
        cursor += bytes.count
    }

    /// Adds bytes that are at a place among others, which the caller knows to be that many.
    @inline(__always)
    mutating func add(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ count: Int) {
        add(UnsafeRawBufferPointer(rebasing: bytes[start..<start + count]))
    }

    /// Adds a field of an attribute with a plain value.
    @inline(__always)
    mutating func add(
        attribute key: UnsafeRawBufferPointer,
        _ type: ColumnType,
        _ value: UnsafeRawBufferPointer,
        tag: UInt8
    ) {
        add(tag)
        add(varint: [UInt8].attributeSize(key: key.count, type, value: value.count))
        add(0x0a)
        add(varint: key.count)
        add(key)
        add(0x12)
        add(varint: [UInt8].valueSize(type, value.count))
        add(type.rawValue)
        if type == .string { add(varint: value.count) }
        add(value)
    }
}

/// Memory that is written to again and again, of the size that was needed most.
struct Scratch: ~Copyable {
    private var buffer = UnsafeMutableRawBufferPointer(start: nil, count: 0)

    deinit { buffer.deallocate() }

    /// So many bytes, which whoever asked before no longer uses.
    @inline(__always)
    mutating func memory(_ count: Int) -> UnsafeMutableRawPointer {
        if let start = buffer.baseAddress, count <= buffer.count { return start }
        return grow(to: count)
    }

    @inline(never)
    private mutating func grow(to count: Int) -> UnsafeMutableRawPointer {
        buffer.deallocate()
        let start = UnsafeMutableRawPointer.allocate(byteCount: max(count, 4_096), alignment: 8)
        buffer = UnsafeMutableRawBufferPointer(start: start, count: max(count, 4_096))
        return start
    }
}

extension [UInt8] {
    /// Adds what is written to memory that has room for so many bytes.
    ///
    /// - Parameters:
    ///   - limit: How many bytes there may be.
    ///   - write: Writes them; also gets the place that the first will have.
    /// - Throws: What `write` throws, and then adds nothing.
    @inline(__always)
    mutating func append<Failure: Error>(
        atMost limit: Int,
        _ write: (inout ByteSink, _ start: Int) throws(Failure) -> Void
    ) throws(Failure) {
        guard limit > 0 else { return }
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: limit, alignment: 8)
        defer { memory.deallocate() }
        guard let first = memory.baseAddress else { return }
        var sink = ByteSink(first)
        try write(&sink, count)
        append(contentsOf: UnsafeRawBufferPointer(start: first, count: sink.count))
    }
}
