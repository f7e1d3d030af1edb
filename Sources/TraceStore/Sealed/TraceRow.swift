// SPDX-License-Identifier: Apache-2.0

import TraceContext

/// What a sealed partition knows of a trace: where its spans are, and what retention asks.
struct TraceRow {
    /// How many bytes it takes in a file.
    static let size = 32

    var id: TraceID
    var firstRow: UInt32
    /// Of its spans in this partition; fewer than 2^24.
    var count: UInt32
    /// Of its spans in this partition.
    var summary: TraceSummary

    var rows: Range<Int> { Int(firstRow)..<Int(firstRow) + Int(count) }

    func write(to bytes: inout [UInt8]) {
        bytes.append(number: id.high)
        bytes.append(number: id.low)
        bytes.append(number: firstRow)
        bytes.append(number: count & 0xff_ffff | UInt32(summary.marks.rawValue) << 24)
        bytes.append(number: summary.waitMilliseconds)
        bytes.append(number: summary.durationMilliseconds)
    }
}

extension TraceRow {
    /// The id of a row among others.
    static func id(_ row: Int, of bytes: UnsafeRawBufferPointer) throws(DamagedBytes) -> TraceID {
        let start = row * size
        guard start >= 0, start + 16 <= bytes.count else { throw DamagedBytes() }
        var reader = ByteReader(UnsafeRawBufferPointer(rebasing: bytes[start...]))
        return TraceID(high: try reader.number(), low: try reader.number())
    }

    init(_ reader: inout ByteReader) throws(DamagedBytes) {
        id = TraceID(high: try reader.number(), low: try reader.number())
        firstRow = try reader.number()
        let word = try reader.number(UInt32.self)
        count = word & 0xff_ffff
        summary = TraceSummary(
            marks: TraceMarks(rawValue: UInt8(word >> 24)),
            waitMilliseconds: try reader.number(),
            durationMilliseconds: try reader.number()
        )
    }
}

/// A filter that says of a trace that it is not there, or that it may be.
struct TraceFilter {
    private static let bitsPerTrace = 12
    private static let probes: UInt64 = 5

    private var words: [UInt64]

    /// A filter for so many traces.
    init(count: Int) {
        words = [UInt64](repeating: 0, count: max(1, count * Self.bitsPerTrace / 64 + 1))
    }

    /// The filter of a file.
    init(_ reader: inout ByteReader) throws(DamagedBytes) {
        let count = try reader.count()
        guard count > 0, count <= reader.remainingCount / 8 else { throw DamagedBytes() }
        words = []
        words.reserveCapacity(count)
        for _ in 0..<count { words.append(try reader.number()) }
    }

    /// As it is in a file.
    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(varint: UInt64(words.count))
        for word in words { bytes.append(number: word) }
        return bytes
    }

    /// Adds a trace.
    mutating func insert(_ trace: TraceID) { insert(hash: trace.mixed) }

    /// Adds what is known of a trace by the hash of links to it.
    mutating func insert(linkHash: UInt32) { insert(hash: Self.mixed(linkHash)) }

    private mutating func insert(hash: UInt64) {
        let bits = UInt64(words.count) * 64
        var (hash, step) = Self.hashes(hash)
        for _ in 0..<Self.probes {
            let bit = hash % bits
            words[Int(bit / 64)] |= 1 << (bit % 64)
            hash = hash &+ step
        }
    }

    /// Whether a trace may be there.
    func mayContain(_ trace: TraceID) -> Bool { mayContain(hash: trace.mixed) }

    /// Whether a trace may be there that is known by the hash of links to it.
    func mayContain(linkHash: UInt32) -> Bool { mayContain(hash: Self.mixed(linkHash)) }

    private func mayContain(hash: UInt64) -> Bool {
        let bits = UInt64(words.count) * 64
        var (hash, step) = Self.hashes(hash)
        for _ in 0..<Self.probes {
            let bit = hash % bits
            if words[Int(bit / 64)] & 1 << (bit % 64) == 0 { return false }
            hash = hash &+ step
        }
        return true
    }

    private static func hashes(_ hash: UInt64) -> (UInt64, UInt64) { (hash, hash >> 32 | hash << 32 | 1) }

    /// Spreads a short hash; part of the format of files.
    private static func mixed(_ linkHash: UInt32) -> UInt64 {
        let hash = (UInt64(linkHash) ^ 0x9e37_79b9_7f4a_7c15) &* 0x9fb2_1c65_1e98_df25
        return (hash ^ hash >> 32) &* 0xbf58_476d_1ce4_e5b9
    }
}

extension TraceID {
    /// A hash of it that is part of the format of files; ids need not be random.
    var mixed: UInt64 {
        var hash = (high ^ 0x9e37_79b9_7f4a_7c15) &* 0x9fb2_1c65_1e98_df25
        hash ^= hash >> 32
        hash = (hash ^ low) &* 0x9fb2_1c65_1e98_df25
        hash ^= hash >> 29
        hash = hash &* 0xbf58_476d_1ce4_e5b9
        return hash ^ hash >> 32
    }

    /// The hash by which links to it are found.
    var linkHash: UInt32 { UInt32(truncatingIfNeeded: mixed) }
}
