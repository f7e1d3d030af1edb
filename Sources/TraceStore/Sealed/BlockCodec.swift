// SPDX-License-Identifier: Apache-2.0

/// The body of a block: the spans' bytes, and who made them, made smaller together.
enum BlockCodec {
    /// Makes the body.
    static func encode(_ rows: ArraySlice<SealWriter.Row>, in memory: [UInt8]) throws(DamagedBytes) -> [UInt8] {
        var plain: [UInt8] = []
        for row in rows {
            plain.append(varint: UInt64(row.source))
            plain.append(varint: UInt64(row.bytes.count))
        }
        for row in rows { plain += memory[row.bytes] }
        var body: [UInt8] = []
        body.append(varint: UInt64(plain.count))
        body += try Zlib.compress(plain, level: 6)
        return body
    }

    /// Takes a body apart.
    static func decode(_ body: UnsafeRawBufferPointer, count: Int) throws -> SpanBlock {
        var reader = ByteReader(body)
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
        return SpanBlock(bytes: plain[start...], rows: rows)
    }
}

/// The spans of a block, as they were received.
struct SpanBlock {
    struct Row {
        /// From the beginning of the block's bytes.
        var bytes: Range<Int>
        var source: Int
    }

    private let bytes: ArraySlice<UInt8>
    let rows: [Row]

    init(bytes: ArraySlice<UInt8>, rows: [Row]) {
        self.bytes = bytes
        self.rows = rows
    }

    /// How many bytes it takes.
    var size: Int { bytes.count + rows.count * MemoryLayout<Row>.stride }

    /// A row's OTLP bytes.
    subscript(row: Int) -> ArraySlice<UInt8> {
        let range = rows[row].bytes
        return bytes[(bytes.startIndex + range.lowerBound)..<(bytes.startIndex + range.upperBound)]
    }
}
