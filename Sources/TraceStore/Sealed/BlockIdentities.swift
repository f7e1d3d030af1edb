// SPDX-License-Identifier: Apache-2.0

/// The ids of a block's rows: those of spans, a bit for each row that begins a trace, those of traces.
final class BlockIdentities: Sendable {
    let bytes: [UInt8]
    private let traceStart: Int
    /// Which of the traces a row is of.
    private let ordinals: [UInt8]

    /// The ids of so many rows.
    init(_ bytes: [UInt8], count: Int) throws(DamagedBytes) {
        let bits = count * 8
        traceStart = bits + (count + 7) / 8
        guard count <= SealedFormat.blockCount, bytes.count >= traceStart else { throw DamagedBytes() }
        var ordinals: [UInt8] = []
        ordinals.reserveCapacity(count)
        var trace = -1
        for row in 0..<count {
            if bytes[bits + row / 8] >> UInt8(row % 8) & 1 != 0 { trace += 1 }
            guard trace >= 0 else { throw DamagedBytes() }
            ordinals.append(UInt8(trace))
        }
        guard bytes.count == traceStart + (trace + 1) * 16 else { throw DamagedBytes() }
        (self.bytes, self.ordinals) = (bytes, ordinals)
    }

    var count: Int { ordinals.count }

    /// How many bytes it takes in memory, about.
    var size: Int { bytes.count + ordinals.count }

    /// Where the id of a row's span is among the bytes.
    func span(_ row: Int) -> Int { row * 8 }

    /// Where the id of a row's trace is among the bytes.
    func trace(_ row: Int) -> Int { traceStart + Int(ordinals[row]) * 16 }

    /// The ids of a row.
    func identity(_ row: Int) -> RowIdentity {
        bytes.withUnsafeBytes { bytes in
            let trace = trace(row)
            return RowIdentity(
                first: bytes.loadUnaligned(fromByteOffset: trace, as: UInt64.self),
                second: bytes.loadUnaligned(fromByteOffset: trace + 8, as: UInt64.self),
                span: bytes.loadUnaligned(fromByteOffset: span(row), as: UInt64.self)
            )
        }
    }
}

/// The ids of a span, the bytes of which are in the order in which they are told.
struct RowIdentity {
    var first: UInt64
    var second: UInt64
    var span: UInt64
}

/// The ids of all rows of a file, read when they are needed.
///
/// Any number of threads use it.
final class FileIdentities: Sendable {
    private let file: ReadOnlyFile
    private let directory: SealedDirectory
    private let cache: ReadCache<BlockIdentities>
    /// What the cache calls this file.
    private let fileNumber: Int

    init(_ file: ReadOnlyFile, _ directory: SealedDirectory, _ cache: ReadCache<BlockIdentities>, _ fileNumber: Int) {
        (self.file, self.directory) = (file, directory)
        (self.cache, self.fileNumber) = (cache, fileNumber)
    }

    /// The ids of a row.
    func identity(_ row: Int) throws -> RowIdentity {
        guard row >= 0, row < directory.rowCount else { throw DamagedBytes() }
        return try block(row / SealedFormat.blockCount).identity(row % SealedFormat.blockCount)
    }

    /// Whether the ids of a block are at hand.
    func holds(_ number: Int) -> Bool { cache[fileNumber, number] != nil }

    /// The ids of a block.
    func block(_ number: Int) throws -> BlockIdentities {
        if let block = cache[fileNumber, number] { return block }
        let place = directory.blocks[number]
        let bytes = try file.bytes(at: Int(clamping: place.bodyOffset), count: Int(place.identityLength))
        guard Zlib.checksum(bytes) == place.identityChecksum else { throw DamagedBytes() }
        let block = try BlockIdentities(bytes, count: directory.rows(ofBlock: number).count)
        cache.insert(block, fileNumber, number, size: block.size)
        return block
    }
}
