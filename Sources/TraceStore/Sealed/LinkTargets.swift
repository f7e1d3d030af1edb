// SPDX-License-Identifier: Apache-2.0

/// What the links of a block's spans lead to, read without the rest of what these say.
struct LinkTargets: Sendable {
    /// What a link leads to.
    enum Target: Sendable {
        /// A row of the same file.
        case row(Int)
        /// Ids, the bytes of which are in the order in which they are told.
        case outside(RowIdentity)
    }

    /// Where the links of each row begin, and where those of the last end.
    private var starts: [Int32] = [0]
    private var targets: [Target] = []

    /// Shapes, parents and targets of most blocks are within so many bytes.
    private static let usualSize = 4_096

    /// The targets of a block: see ``SpanBlock`` for its parameters.
    init(_ body: UnsafeRawBufferPointer, count: Int, firstRow: Int, _ directory: SealedDirectory) throws(DamagedBytes) {
        var reader = ByteReader(body)
        let (rawSize, plainSize) = (try reader.count(), try reader.count())
        let raw = try reader.bytes(rawSize)
        let packed = try reader.bytes(reader.remainingCount)
        if plainSize > Self.usualSize, let some = try? Zlib.decompress(packed, prefix: Self.usualSize),
            (try? read(some, raw, count, firstRow, directory)) != nil
        {
            return
        }
        try read(Zlib.decompress(packed, count: plainSize), raw, count, firstRow, directory)
    }

    private mutating func read(
        _ plain: [UInt8],
        _ raw: UnsafeRawBufferPointer,
        _ count: Int,
        _ firstRow: Int,
        _ directory: SealedDirectory
    ) throws(DamagedBytes) {
        (starts, targets) = ([0], [])
        let result = plain.withUnsafeBytes { plain in
            Result { () throws(DamagedBytes) in
                try read(ByteReader(plain), ByteReader(raw), count, firstRow, directory)
            }
        }
        try result.get()
    }

    private mutating func read(
        _ plain: ByteReader,
        _ raw: ByteReader,
        _ count: Int,
        _ firstRow: Int,
        _ directory: SealedDirectory
    ) throws(DamagedBytes) {
        var (reader, raw) = (plain, raw)
        var shapes: [Int] = []
        shapes.reserveCapacity(count)
        for _ in 0..<count {
            let shape = try reader.count()
            guard shape < directory.shapes.count else { throw DamagedBytes() }
            shapes.append(shape)
        }
        for shape in shapes where directory.shapes[shape].hasParent {
            if try reader.varint() == 0 { _ = try raw.bytes(8) }
        }
        starts.reserveCapacity(count + 1)
        var total = 0
        for shape in shapes {
            for column in directory.shapes[shape].columns where column == SpanShape.links {
                let links = try reader.count()
                guard links <= min(reader.remainingCount, Int(Int32.max)) - total else { throw DamagedBytes() }
                total += links
            }
            starts.append(Int32(truncatingIfNeeded: total))
        }
        targets.reserveCapacity(total)
        for row in 0..<count {
            for _ in starts[row]..<starts[row + 1] {
                targets.append(try Self.target(&reader, &raw, row: firstRow + row, directory))
            }
        }
    }

    private static func target(
        _ reader: inout ByteReader,
        _ raw: inout ByteReader,
        row: Int,
        _ directory: SealedDirectory
    ) throws(DamagedBytes) -> Target {
        let code = try reader.count()
        if code == 0 {
            let ids = try raw.bytes(24)
            return .outside(
                RowIdentity(
                    first: ids.loadUnaligned(as: UInt64.self),
                    second: ids.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
                    span: ids.loadUnaligned(fromByteOffset: 16, as: UInt64.self)
                )
            )
        }
        guard code <= 1 << 32 else { throw DamagedBytes() }
        let zigzag = (code - 1) << 8 | Int(try raw.number(UInt8.self))
        let target = row - (zigzag & 1 == 0 ? zigzag / 2 : -(zigzag + 1) / 2)
        guard target >= 0, target < directory.rowCount else { throw DamagedBytes() }
        return .row(target)
    }

    /// What the links of a row lead to.
    subscript(row: Int) -> ArraySlice<Target> { targets[Int(starts[row])..<Int(starts[row + 1])] }

    /// How many bytes it takes in memory, about.
    var size: Int { starts.count * 4 + targets.count * MemoryLayout<Target>.stride }
}
