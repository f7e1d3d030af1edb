// SPDX-License-Identifier: Apache-2.0

import CStitchPlatform

/// Bytes that are written from left to right, in memory of their own.
///
/// What the writers of protobuf and JSON stand on. Owned by whoever made it; the memory goes with it. Small buffers are
/// recycled by each thread, so that a span costs no allocation of its own.
public struct OutputBuffer: ~Copyable {
    @usableFromInline var base: UnsafeMutableRawPointer
    @usableFromInline var capacity: Int

    @usableFromInline var used: Int

    /// Whether the memory is its own, not lent by whoever made it.
    @usableFromInline private(set) var ownsMemory = true

    /// How many bytes have been written.
    @inlinable public var count: Int { used }

    /// An empty buffer.
    ///
    /// - Parameter capacity: How many bytes it takes before it has to grow.
    public init(capacity: Int) {
        self.capacity = max(capacity, Self.recycledCapacity)
        base = Self.allocate(self.capacity)
        used = 0
    }

    /// An empty buffer, of the size of those that are recycled.
    @inlinable
    public init() {
        (base, capacity) = Self.allocateUsual()
        used = 0
    }

    /// An empty buffer in memory that is lent for as long as it lives; when that is full, it takes memory of its own.
    init?(lent memory: UnsafeMutableRawBufferPointer) {
        guard let start = memory.baseAddress else { return nil }
        base = start
        capacity = memory.count
        used = 0
        ownsMemory = false
    }

    deinit { if ownsMemory { Self.deallocate(base, capacity) } }

    /// Buffers of exactly this capacity are recycled.
    private static var recycledCapacity: Int { Int(STITCH_BUFFER_SIZE) }

    @usableFromInline
    static func allocateUsual() -> (UnsafeMutableRawPointer, Int) {
        (allocate(recycledCapacity), recycledCapacity)
    }

    private static func allocate(_ capacity: Int) -> UnsafeMutableRawPointer {
        // Owned by the buffer until `deallocate`.
        if capacity == recycledCapacity, let recycled = stitch_take_buffer() { return recycled }
        return .allocate(byteCount: capacity, alignment: 16)
    }

    private static func deallocate(_ base: UnsafeMutableRawPointer, _ capacity: Int) {
        if capacity == recycledCapacity { stitch_give_buffer(base) } else { base.deallocate() }
    }

    /// Makes room for that many more bytes.
    @inlinable
    @inline(__always)
    public mutating func reserve(_ additional: Int) {
        if capacity &- count < additional { grow(additional) }
    }

    @usableFromInline
    @inline(never)
    mutating func grow(_ additional: Int) {
        let larger = max(capacity * 2, count + additional)
        let memory = Self.allocate(larger)
        memory.copyMemory(from: base, byteCount: count)
        if ownsMemory { Self.deallocate(base, capacity) }
        (base, capacity, ownsMemory) = (memory, larger, true)
    }

    /// Puts other bytes in the place of some that were written; what stands behind them moves.
    package mutating func replace(_ range: Range<Int>, with bytes: borrowing OutputBuffer) {
        reserve(max(0, bytes.count - range.count))
        let rest = base + range.upperBound
        (base + range.lowerBound + bytes.count).copyMemory(from: rest, byteCount: used - range.upperBound)
        (base + range.lowerBound).copyMemory(from: bytes.base, byteCount: bytes.count)
        used += bytes.count - range.count
    }

    /// Appends one byte.
    @inlinable
    @inline(__always)
    public mutating func append(_ byte: UInt8) {
        reserve(1)
        base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        advance(1)
    }

    /// Appends a copy of these bytes.
    @inlinable
    @inline(__always)
    public mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress else { return }
        reserve(bytes.count)
        (base + count).copyMemory(from: source, byteCount: bytes.count)
        advance(bytes.count)
    }

    /// Appends a text that is known to the compiler.
    @inlinable
    @inline(__always)
    public mutating func append(_ text: StaticString) {
        append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Says that so many bytes of the reserved room have been written.
    @inlinable
    @inline(__always)
    mutating func advance(_ written: Int) {
        used &+= written
    }

    /// Says that the room up to there has been written.
    @inline(__always)
    mutating func advance(to cursor: ProtobufCursor) {
        used = UnsafeRawPointer(cursor.next) - UnsafeRawPointer(base)
    }

    /// Forgets what was written and keeps the memory.
    public mutating func removeAll() { used = 0 }

    /// What was written; the pointer is valid inside the closure only.
    @inlinable
    public borrowing func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(start: base, count: count))
    }

    /// A copy of what was written.
    public var bytes: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { target, initialized in
            if let start = UnsafeMutableRawPointer(target.baseAddress) {
                start.copyMemory(from: base, byteCount: count)
            }
            initialized = count
        }
    }
}

// The memory has one owner, who may be on any thread.
extension OutputBuffer: @unchecked Sendable {}
