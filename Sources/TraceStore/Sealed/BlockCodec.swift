// SPDX-License-Identifier: Apache-2.0

/// The body of a block: the spans' bytes, made smaller together.
///
/// By their shapes, if that gives the bytes back as they were, which is tried with each block; or else one after the other.
enum BlockCodec {
    private static let whole: UInt8 = 0
    private static let shaped: UInt8 = 1

    /// What taking spans apart needs to know of the partition.
    struct Context {
        var memory: [UInt8]
        var values: [Range<Int>]
        var slots: [[ShapeSlot]]
        var shapes: [SpanShape]
        var columns: ColumnTable
    }

    /// Makes the body.
    static func encode(
        _ rows: ArraySlice<SealWriter.Row>,
        _ scan: BlockColumns,
        _ context: Context
    ) throws(DamagedBytes) -> [UInt8] {
        if rows.allSatisfy({ $0.shape >= 0 }), let body = try encodeShaped(rows, scan, context) { return body }
        var plain: [UInt8] = []
        for row in rows {
            plain.append(varint: UInt64(row.source))
            plain.append(varint: UInt64(row.bytes.count))
        }
        for row in rows { plain += context.memory[row.bytes] }
        var body = [whole]
        body.append(varint: UInt64(plain.count))
        body += try Zlib.compress(plain, level: 6)
        return body
    }

    private static func encodeShaped(
        _ rows: ArraySlice<SealWriter.Row>,
        _ scan: BlockColumns,
        _ context: Context
    ) throws(DamagedBytes) -> [UInt8]? {
        let (raw, plain) = ShapedBlock.write(
            rows,
            in: context.memory,
            values: context.values,
            slots: context.slots,
            columns: context.columns
        )
        let block = try? ShapedBlock(
            raw: raw,
            plain: plain,
            shapes: context.shapes,
            columns: scan,
            types: context.columns.types
        )
        guard let block else { return nil }
        for (place, row) in rows.enumerated() {
            let bytes = block.bytes(place, context.shapes[row.shape])
            guard bytes.count == row.bytes.count, bytes.elementsEqual(context.memory[row.bytes]) else { return nil }
        }
        var body = [shaped]
        body.append(delimited: raw)
        body.append(varint: UInt64(plain.count))
        body += try Zlib.compress(plain, level: 3)
        return body
    }

    /// Takes a body apart.
    static func decode(
        _ body: UnsafeRawBufferPointer,
        _ scan: BlockColumns,
        _ directory: SealedDirectory
    ) throws -> SpanBlock {
        var reader = ByteReader(body)
        switch try reader.number(UInt8.self) {
        case whole: return try decodeWhole(&reader, count: scan.count)
        case shaped:
            let raw = [UInt8](try reader.delimited())
            let size = try reader.count()
            let plain = try Zlib.decompress(reader.bytes(reader.remainingCount), count: size)
            let block = try ShapedBlock(
                raw: raw,
                plain: plain,
                shapes: directory.shapes,
                columns: scan,
                types: directory.columns.types
            )
            return .shaped(block, directory.shapes)
        default: throw DamagedBytes()
        }
    }

    private static func decodeWhole(_ reader: inout ByteReader, count: Int) throws -> SpanBlock {
        let size = try reader.count()
        let plain = try Zlib.decompress(reader.bytes(reader.remainingCount), count: size)
        var rows: [SpanBlock.Row] = []
        rows.reserveCapacity(count)
        let start = try plain.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            var offset = 0
            for _ in 0..<count {
                let source = try reader.count()
                let length = try reader.count()
                guard length <= bytes.count else { throw DamagedBytes() }
                rows.append(SpanBlock.Row(bytes: offset..<(offset + length), source: source))
                offset += length
            }
            guard offset == reader.remainingCount else { throw DamagedBytes() }
            return reader.offset
        }
        return .whole(plain[start...], rows)
    }
}

/// The spans of a block, as they were received.
enum SpanBlock {
    struct Row {
        /// From the beginning of the block's bytes.
        var bytes: Range<Int>
        var source: Int
    }

    case whole(ArraySlice<UInt8>, [Row])
    case shaped(ShapedBlock, [SpanShape])

    /// How many bytes it takes in memory.
    var size: Int {
        switch self {
        case .whole(let bytes, let rows): bytes.count + rows.count * MemoryLayout<Row>.stride
        case .shaped(let block, _): block.size
        }
    }

    /// A row's OTLP bytes.
    subscript(row: Int) -> ArraySlice<UInt8> {
        switch self {
        case .whole(let bytes, let rows):
            let range = rows[row].bytes
            return bytes[(bytes.startIndex + range.lowerBound)..<(bytes.startIndex + range.upperBound)]
        case .shaped(let block, let shapes): return block.bytes(row, shapes[block.shape(row)])[...]
        }
    }

    /// A row's source.
    func source(_ row: Int) -> Int {
        switch self {
        case .whole(_, let rows): rows[row].source
        case .shaped(let block, let shapes): Int(shapes[block.shape(row)].source)
        }
    }
}
