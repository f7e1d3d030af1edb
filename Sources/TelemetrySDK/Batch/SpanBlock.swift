// SPDX-License-Identifier: Apache-2.0

import CStitchPlatform
import TelemetryData

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
        prepareNext()
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
        prepareNext()
    }

    /// Fetches what the span after the next will be written to.
    ///
    /// The thread that exports had it last, and its processor still has; for the next one it would be too late.
    @inline(__always)
    private func prepareNext() { stitch_expect_writes(memory + used + 512, 512) }

    /// Whose the next span is.
    var nextSource: SpanSource? {
        count > 0 ? SpanSource(index: (memory + consumed).load(fromByteOffset: 4, as: UInt32.self)) : nil
    }

    /// How many bytes what is left has at most, framed for OTLP: no frame is longer than what stands before a span here.
    var byteCount: Int { used - consumed }

    /// Takes spans out that are the same source's as the next one, framed as OTLP's `ScopeSpans` has them.
    ///
    /// - Parameters:
    ///   - limit: How many at most.
    ///   - target: Where they go; there must be room for ``byteCount`` bytes.
    /// - Returns: How many bytes were written, and how many spans.
    mutating func takeRun(upTo limit: Int, into target: UnsafeMutableRawPointer) -> (bytes: Int, count: Int) {
        guard let source = nextSource else { return (0, 0) }
        var place = OutputBuffer.Place(target)
        var taken = 0
        while taken < limit, taken < count {
            let start = memory + consumed
            guard start.load(fromByteOffset: 4, as: UInt32.self) == source.index else { break }
            let size = Int(start.load(as: UInt32.self))
            place.put(UInt8(0x12))
            place.put(varint: UInt64(truncatingIfNeeded: size))
            place.put(UnsafeRawPointer(start + Self.headerSize), size)
            consumed += (Self.headerSize + size + 7) & ~7
            taken += 1
        }
        count -= taken
        return (place.distance(from: target), taken)
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
