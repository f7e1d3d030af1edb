// SPDX-License-Identifier: Apache-2.0

/// Writes protobuf messages in one pass, every length in the fewest bytes that hold it.
///
/// A field that has its default value is left out by whoever calls, where the schema lets it be. Field numbers are those
/// of the schema, from 1.
public struct ProtobufWriter: ~Copyable, Sendable {
    /// What has been written.
    public var buffer: OutputBuffer

    /// Writes to a buffer of its own.
    ///
    /// - Parameter capacity: How many bytes it takes before it has to grow.
    public init(capacity: Int) {
        buffer = OutputBuffer(capacity: capacity)
    }

    /// Writes to a buffer of its own, of usual size at first.
    @inlinable
    public init() {
        buffer = OutputBuffer()
    }

    private init(buffer: consuming OutputBuffer) {
        self.buffer = buffer
    }

    /// A copy of what was written.
    public var bytes: [UInt8] { buffer.bytes }

    /// What a closure writes, in the array in which it was written.
    ///
    /// - Parameters:
    ///   - capacity: How many bytes are expected; it is copied if there are more.
    ///   - body: Writes them.
    /// - Returns: The bytes.
    package static func bytes(capacity: Int, _ body: (inout ProtobufWriter) -> Void) -> [UInt8] {
        var copy: [UInt8]?
        let bytes = [UInt8](unsafeUninitializedCapacity: max(capacity, 1)) { memory, count in
            guard let buffer = OutputBuffer(lent: UnsafeMutableRawBufferPointer(memory)) else { return }
            var writer = ProtobufWriter(buffer: buffer)
            body(&writer)
            if writer.buffer.ownsMemory { copy = writer.bytes } else { count = writer.buffer.count }
        }
        return copy ?? bytes
    }

    /// Writes an integer, an enum or, as 0 or 1, a truth value; negative numbers by their bit pattern.
    @inlinable
    @inline(__always)
    public mutating func write(varint value: UInt64, field: Int) {
        buffer.reserve(20)
        put(tag: field, type: 0)
        put(varint: value)
    }

    /// Writes a `sint32` or `sint64`.
    @inlinable
    @inline(__always)
    public mutating func write(zigzag value: Int64, field: Int) {
        write(varint: UInt64(bitPattern: value << 1 ^ value >> 63), field: field)
    }

    /// Writes a `fixed64`, an `sfixed64` by its bit pattern.
    @inlinable
    @inline(__always)
    public mutating func write(fixed64 value: UInt64, field: Int) {
        buffer.reserve(18)
        put(tag: field, type: 1)
        put(value.littleEndian)
    }

    /// Writes a `fixed32`.
    @inlinable
    @inline(__always)
    public mutating func write(fixed32 value: UInt32, field: Int) {
        buffer.reserve(14)
        put(tag: field, type: 5)
        put(value.littleEndian)
    }

    /// Writes a `double`.
    @inlinable
    @inline(__always)
    public mutating func write(double value: Double, field: Int) {
        write(fixed64: value.bitPattern, field: field)
    }

    /// Writes a `bytes` field.
    @inlinable
    @inline(__always)
    public mutating func write(bytes value: UnsafeRawBufferPointer, field: Int) {
        buffer.reserve(20 &+ value.count)
        put(tag: field, type: 2)
        put(varint: UInt64(truncatingIfNeeded: value.count))
        guard let source = value.baseAddress else { return }
        (buffer.base + buffer.used).copyMemory(from: source, byteCount: value.count)
        buffer.advance(value.count)
    }

    /// Writes a `string` field.
    @inlinable
    @inline(__always)
    public mutating func write(string value: String, field: Int) {
        let isWritten: Void? = value.utf8.withContiguousStorageIfAvailable { text in
            write(bytes: UnsafeRawBufferPointer(text), field: field)
        }
        if isWritten == nil { write(foreign: value, field: field) }
    }

    /// A string that another runtime keeps, in whatever form.
    @usableFromInline
    @inline(never)
    mutating func write(foreign value: String, field: Int) {
        var value = value
        value.withUTF8 { write(bytes: UnsafeRawBufferPointer($0), field: field) }
    }

    /// Writes numbers of 64 bits as one packed field: `fixed64`, or `double` by bit pattern.
    public mutating func write(packedFixed64 values: some Collection<UInt64>, field: Int) {
        let size = values.count &* 8
        buffer.reserve(20 &+ size)
        put(tag: field, type: 2)
        put(varint: UInt64(truncatingIfNeeded: size))
        for value in values { put(value.littleEndian) }
    }

    /// Writes a message: whatever the closure writes.
    ///
    /// - Parameters:
    ///   - field: The field's number.
    ///   - lengthWidth: In how many bytes the length is expected to fit. A wrong guess costs moving the message.
    ///   - body: Writes the message's fields.
    @inlinable
    @inline(__always)
    public mutating func write(message field: Int, lengthWidth: Int = 1, _ body: (inout ProtobufWriter) -> Void) {
        buffer.reserve(20)
        put(tag: field, type: 2)
        let start = buffer.used &+ lengthWidth
        buffer.advance(lengthWidth)
        body(&self)
        let length = buffer.used &- start
        if lengthWidth == 1, length < 0x80 {
            buffer.base.storeBytes(of: UInt8(truncatingIfNeeded: length), toByteOffset: start &- 1, as: UInt8.self)
        } else if lengthWidth == 2, length >= 0x80, length < 0x4000 {
            let bits = UInt16(truncatingIfNeeded: length & 0x7f | 0x80 | length << 1 & 0x7f00)
            buffer.base.storeBytes(of: bits.littleEndian, toByteOffset: start &- 2, as: UInt16.self)
        } else {
            close(messageAt: start, reserved: lengthWidth)
        }
    }

    /// Puts the length before a message, which moves unless the reserved room is exactly what the length needs.
    @usableFromInline
    @inline(never)
    mutating func close(messageAt start: Int, reserved: Int) {
        let length = buffer.used - start
        let width = Self.width(of: UInt64(length))
        if width != reserved {
            buffer.reserve(max(width - reserved, 0))
            let source = buffer.base + start
            (source + (width - reserved)).copyMemory(from: source, byteCount: length)
        }
        buffer.used = start - reserved
        put(varint: UInt64(length))
        buffer.used += length
    }

    /// How many bytes a varint has.
    @inlinable
    static func width(of value: UInt64) -> Int {
        max(1, (70 &- value.leadingZeroBitCount) / 7)
    }

    // The room for what these write has been reserved.

    @inlinable
    @inline(__always)
    mutating func put(tag field: Int, type: UInt64) {
        put(varint: UInt64(truncatingIfNeeded: field) << 3 | type)
    }

    @inlinable
    @inline(__always)
    mutating func put(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            buffer.base.storeBytes(
                of: UInt8(truncatingIfNeeded: rest) | 0x80,
                toByteOffset: buffer.used,
                as: UInt8.self
            )
            buffer.advance(1)
            rest >>= 7
        }
        buffer.base.storeBytes(of: UInt8(truncatingIfNeeded: rest), toByteOffset: buffer.used, as: UInt8.self)
        buffer.advance(1)
    }

    @inlinable
    @inline(__always)
    mutating func put<Number: FixedWidthInteger & BitwiseCopyable>(_ value: Number) {
        buffer.base.storeBytes(of: value, toByteOffset: buffer.used, as: Number.self)
        buffer.advance(MemoryLayout<Number>.size)
    }
}
