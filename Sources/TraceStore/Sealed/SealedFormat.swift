// SPDX-License-Identifier: Apache-2.0

import TraceContext

/// The layout of a sealed file: blocks, columns to scan, traces, links, attributes, the directory, the end.
///
/// A block is the ids of its rows and, behind them, what else its spans say. A link to a span of the same file names its
/// row; its ids are those of the row.
///
/// Numbers have their low byte first. Every part that is read by itself has a checksum in the directory, which has its own
/// in the last bytes of the file.
enum SealedFormat {
    /// Begins a file.
    static let magic: UInt64 = 0x314c_4145_5348_4353  // "SCHSEAL1"
    static let version: UInt32 = 3
    /// How many rows a block has, but for the last.
    static let blockCount = 256
    /// The level of zlib's that blocks are compressed with: the columns do more for their size than it does.
    static let compression: Int32 = 3
    /// How many traces stand on a page.
    static let tracePageCount = 128
    /// The number of a block that stands for all of them: the attribute is in so many that a list would be no help.
    static let everyBlock = UInt32.max
    /// The last bytes: where the directory is, how long it is, its checksum, the version, the magic number.
    static let tailSize = 32

    /// The wait of a row, coarsely: 0 for none, else one more than its logarithm in nanoseconds to the base of two.
    static func waitCode(_ nanoseconds: Int64) -> UInt8 {
        nanoseconds <= 0 ? 0 : UInt8(truncatingIfNeeded: 64 - nanoseconds.leadingZeroBitCount)
    }
}

/// What the directory says of a block.
struct SealedBlock {
    var bodyOffset: UInt64 = 0
    /// Of the ids, which come first.
    var identityLength: UInt32 = 0
    var identityChecksum: UInt32 = 0
    /// Of what follows them.
    var bodyLength: UInt32 = 0
    var bodyChecksum: UInt32 = 0
    var scanOffset: UInt64 = 0
    var scanChecksum: UInt32 = 0
    var minimumStart: UInt64 = .max
    var maximumStart: UInt64 = 0
    var maximumDuration: Int64 = .min
    var maximumWait: UInt8 = 0
    /// 1: starts take eight bytes, not four; 2: durations do; 4: a row has an error.
    var marks: UInt8 = 0
    /// One bit for each class of its rows, by the class's number modulo 256.
    var classes: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    var startWidth: Int { marks & 1 != 0 ? 8 : 4 }
    var durationWidth: Int { marks & 2 != 0 ? 8 : 4 }
    var hasError: Bool { marks & 4 != 0 }

    /// How many bytes its columns take.
    func scanLength(_ count: Int, classWidth: Int) -> Int { count * (startWidth + durationWidth + classWidth + 1) }

    mutating func insert(class number: UInt32) {
        let bit = UInt64(1) << UInt64(number % 64)
        switch number / 64 % 4 {
        case 0: classes.0 |= bit
        case 1: classes.1 |= bit
        case 2: classes.2 |= bit
        default: classes.3 |= bit
        }
    }

    /// Whether it may have a row of one of these classes.
    func mayContain(_ wanted: (UInt64, UInt64, UInt64, UInt64)) -> Bool {
        classes.0 & wanted.0 | classes.1 & wanted.1 | classes.2 & wanted.2 | classes.3 & wanted.3 != 0
    }

    func write(to bytes: inout [UInt8]) {
        bytes.append(number: bodyOffset)
        bytes.append(number: identityLength)
        bytes.append(number: identityChecksum)
        bytes.append(number: bodyLength)
        bytes.append(number: bodyChecksum)
        bytes.append(number: scanOffset)
        bytes.append(number: scanChecksum)
        bytes.append(number: minimumStart)
        bytes.append(number: maximumStart)
        bytes.append(number: maximumDuration)
        bytes.append(number: maximumWait)
        bytes.append(number: marks)
        for word in [classes.0, classes.1, classes.2, classes.3] { bytes.append(number: word) }
    }
}

extension SealedBlock {
    init(_ reader: inout ByteReader) throws(DamagedBytes) {
        bodyOffset = try reader.number()
        identityLength = try reader.number()
        identityChecksum = try reader.number()
        bodyLength = try reader.number()
        bodyChecksum = try reader.number()
        scanOffset = try reader.number()
        scanChecksum = try reader.number()
        minimumStart = try reader.number()
        maximumStart = try reader.number()
        maximumDuration = try reader.number()
        maximumWait = try reader.number()
        marks = try reader.number()
        classes = (try reader.number(), try reader.number(), try reader.number(), try reader.number())
    }
}

/// What rows have in common that a search asks for by name.
struct SealedClass: Hashable {
    var source: UInt32
    var name: UInt32
    var hasError: Bool
}

/// A page of traces, in the order of their ids.
struct TracePage {
    var first: TraceID
    var offset: UInt64
    var count: UInt32
    var checksum: UInt32
}

extension TraceID {
    /// Orders ids by their bits.
    func isBefore(_ other: TraceID) -> Bool { (high, low) < (other.high, other.low) }
}

/// What the directory of a sealed file holds.
struct SealedDirectory {
    var rowCount = 0
    var sources: [SpanSourceKey] = []
    var names: [String] = []
    var classes: [SealedClass] = []
    /// The columns of attributes of spans, and of links.
    var columns = ColumnTable()
    var linkColumns = ColumnTable()
    var shapes: [SpanShape] = []
    var linkShapes: [SpanShape] = []
    /// What the shapes of a file have for columns.
    private(set) var shapeColumns = ShapeColumns()
    private(set) var linkShapeColumns = ShapeColumns()
    var blocks: [SealedBlock] = []
    var tracePages: [TracePage] = []
    /// The traces that have spans here, and those that spans here link to.
    var filter = TraceFilter(count: 0)
    var linked = TraceFilter(count: 0)
    var links = (offset: UInt64(0), table: PostingTable())
    var attributes = (offset: UInt64(0), table: PostingTable())

    /// Of a file without spans.
    init() {}

    /// How many bytes a class takes in the columns.
    var classWidth: Int { classes.count <= 0x1_0000 ? 2 : 4 }

    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(varint: UInt64(rowCount))
        bytes.append(varint: UInt64(sources.count))
        for source in sources { bytes.append(delimited: source.bytes) }
        bytes.append(varint: UInt64(names.count))
        for name in names { bytes.append(delimited: Array(name.utf8)) }
        bytes.append(varint: UInt64(classes.count))
        for item in classes {
            bytes.append(varint: UInt64(item.source))
            bytes.append(varint: UInt64(item.name))
            bytes.append(item.hasError ? 1 : 0)
        }
        for (columns, shapes) in [(columns, shapes), (linkColumns, linkShapes)] {
            bytes.append(delimited: columns.types.map(\.rawValue))
            bytes.append(varint: UInt64(shapes.count))
            for shape in shapes { shape.write(to: &bytes) }
        }
        bytes.append(varint: UInt64(blocks.count))
        for block in blocks { block.write(to: &bytes) }
        bytes.append(varint: UInt64(tracePages.count))
        for page in tracePages {
            bytes.append(number: page.first.high)
            bytes.append(number: page.first.low)
            bytes.append(number: page.offset)
            bytes.append(number: page.count)
            bytes.append(number: page.checksum)
        }
        bytes += filter.bytes
        bytes += linked.bytes
        bytes.append(number: links.offset)
        bytes += links.table.bytes
        bytes.append(number: attributes.offset)
        bytes += attributes.table.bytes
        return bytes
    }
}

extension SealedDirectory {
    /// A directory from a file.
    init(_ bytes: UnsafeRawBufferPointer) throws {
        var reader = ByteReader(bytes)
        rowCount = try reader.count()
        guard rowCount <= Int(Int32.max) else { throw DamagedBytes() }
        for _ in 0..<(try reader.count()) { sources.append(try SpanSourceKey(reader.delimited())) }
        for _ in 0..<(try reader.count()) { names.append(String(decoding: try reader.delimited(), as: UTF8.self)) }
        for _ in 0..<(try reader.count()) {
            let (source, name) = (try reader.count(), try reader.count())
            let hasError = try reader.number(UInt8.self) != 0
            guard source < sources.count, name < names.count else { throw DamagedBytes() }
            classes.append(SealedClass(source: UInt32(source), name: UInt32(name), hasError: hasError))
        }
        (columns, shapes) = try Self.shapes(&reader, sourceCount: sources.count)
        (linkColumns, linkShapes) = try Self.shapes(&reader, sourceCount: sources.count)
        (shapeColumns, linkShapeColumns) = (ShapeColumns(shapes), ShapeColumns(linkShapes))
        for _ in 0..<(try reader.count()) { blocks.append(try SealedBlock(&reader)) }
        for _ in 0..<(try reader.count()) {
            tracePages.append(
                TracePage(
                    first: TraceID(high: try reader.number(), low: try reader.number()),
                    offset: try reader.number(),
                    count: try reader.number(),
                    checksum: try reader.number()
                )
            )
        }
        filter = try TraceFilter(&reader)
        linked = try TraceFilter(&reader)
        links = (try reader.number(), try PostingTable(&reader, hasCodes: true))
        attributes = (try reader.number(), try PostingTable(&reader))
        let expected = (rowCount + SealedFormat.blockCount - 1) / SealedFormat.blockCount
        guard blocks.count == expected, reader.remainingCount == 0 else { throw DamagedBytes() }
    }

    private static func shapes(
        _ reader: inout ByteReader,
        sourceCount: Int
    ) throws(DamagedBytes) -> (ColumnTable, [SpanShape]) {
        let columns = try ColumnTable(&reader)
        var shapes: [SpanShape] = []
        for _ in 0..<(try reader.count()) {
            shapes.append(try SpanShape(&reader, types: columns.types, sourceCount: sourceCount))
        }
        return (columns, shapes)
    }

    /// The rows of a block.
    func rows(ofBlock block: Int) -> Range<Int> {
        let first = block * SealedFormat.blockCount
        return first..<min(first + SealedFormat.blockCount, rowCount)
    }

    /// The first page of traces of which the first comes behind an id.
    func page(behind id: TraceID) -> Int {
        var (low, high) = (0, tracePages.count)
        while low < high {
            let middle = (low + high) / 2
            if id.isBefore(tracePages[middle].first) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// Refuses what ends beyond a file's size: then places in the file can be added to without a look at their size.
    func check(size: Int) throws(DamagedBytes) {
        func isWithin(_ offset: UInt64, _ count: Int) -> Bool { offset <= UInt64(size) && count <= size - Int(offset) }
        let areBlocksWithin = blocks.indices.allSatisfy { number in
            let (block, count) = (blocks[number], rows(ofBlock: number).count)
            return isWithin(block.bodyOffset, Int(block.identityLength) + Int(block.bodyLength))
                && isWithin(block.scanOffset, block.scanLength(count, classWidth: classWidth))
        }
        let arePagesWithin = tracePages.allSatisfy { isWithin($0.offset, Int($0.count) * TraceRow.size) }
        let areTablesWithin = [links, attributes].allSatisfy { offset, table in
            isWithin(offset, table.pages.reduce(0) { max($0, Int($1.offset) + Int($1.length)) })
        }
        guard areBlocksWithin, arePagesWithin, areTablesWithin else { throw DamagedBytes() }
    }
}
