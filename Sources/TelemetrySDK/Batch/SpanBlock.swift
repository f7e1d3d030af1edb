// SPDX-License-Identifier: Apache-2.0

/// A piece of memory that finished spans are copied into, one after the other.
///
/// Each span stands behind eight bytes that say how long it is and whose, and begins at a multiple of eight.
///
/// `@unchecked Sendable`: owned by whoever has it, which is one at a time: the shard that fills it, the queue, or the
/// thread that exports. Its memory is freed by ``deallocate()`` alone.
struct SpanBlock: @unchecked Sendable {
    private let memory: UnsafeMutableRawPointer
    let capacity: Int
    private var used = 0
    private var consumed = 0

    /// How many spans it holds that have not been taken out.
    private(set) var count = 0

    /// How large a block is, in bytes, unless a single span needs more.
    static let usualCapacity = 64 << 10

    private static let headerSize = 8

    init(capacity: Int) {
        memory = .allocate(byteCount: capacity, alignment: 16)
        self.capacity = capacity
    }

    func deallocate() { memory.deallocate() }

    /// How large a block has to be that holds a span of so many bytes.
    static func capacity(for byteCount: Int) -> Int { (headerSize + byteCount + 7) & ~7 }

    /// Whether a span of so many bytes still fits.
    @inline(__always)
    func fits(_ byteCount: Int) -> Bool { capacity &- used >= byteCount &+ Self.headerSize }

    /// Copies a span to its end; it must fit.
    @inline(__always)
    mutating func append(_ span: UnsafeRawBufferPointer, of source: SpanSource) {
        let target = memory + used
        target.storeBytes(of: UInt32(truncatingIfNeeded: span.count), as: UInt32.self)
        target.storeBytes(of: source.index, toByteOffset: 4, as: UInt32.self)
        if let start = span.baseAddress {
            (target + Self.headerSize).copyMemory(from: start, byteCount: span.count)
        }
        used = (used &+ Self.headerSize &+ span.count &+ 7) & ~7
        count &+= 1
    }

    /// Lets somebody write a span at its end, for which there must be room.
    ///
    /// - Parameters:
    ///   - source: Whose it is.
    ///   - write: Writes at the place that it is given, and returns how many bytes.
    @inline(__always)
    mutating func append(of source: SpanSource, _ write: (UnsafeMutableRawPointer) -> Int) {
        let target = memory + used
        let byteCount = write(target + Self.headerSize)
        target.storeBytes(of: UInt32(truncatingIfNeeded: byteCount), as: UInt32.self)
        target.storeBytes(of: source.index, toByteOffset: 4, as: UInt32.self)
        used = (used &+ Self.headerSize &+ byteCount &+ 7) & ~7
        count &+= 1
    }

    /// Takes the next span out; its bytes stay where they are until the block is emptied.
    mutating func next() -> (source: SpanSource, bytes: UnsafeRawBufferPointer)? {
        guard count > 0 else { return nil }
        let start = memory + consumed
        let size = Int(start.load(as: UInt32.self))
        let source = SpanSource(index: start.load(fromByteOffset: 4, as: UInt32.self))
        consumed = (consumed + Self.headerSize + size + 7) & ~7
        count -= 1
        return (source, UnsafeRawBufferPointer(start: start + Self.headerSize, count: size))
    }

    /// Forgets what it holds, so that it can be filled again.
    mutating func removeAll() {
        (used, consumed, count) = (0, 0, 0)
    }
}

/// Whose a span is: the place of its resource and scope in a processor's list.
struct SpanSource: Sendable, Hashable {
    var index: UInt32
}
