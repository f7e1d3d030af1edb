// SPDX-License-Identifier: Apache-2.0

import TraceContext
import TraceFlow

/// Writes the spans of block after block, taken apart by their shapes.
///
/// First come their ids, which links from elsewhere refer to; then bytes that can't be made smaller, and bytes that can:
/// shapes, parents, the values of one column after the other.
struct BlockWriter {
    private let writer: SealWriter
    private let memory: UnsafeRawBufferPointer
    private let slots: ShapeSlots
    private let types: [ColumnType]
    private let linkTypes: [ColumnType]
    private let rowIndex: HashIndex
    private var sorter: ColumnSorter
    private var linkSorter: ColumnSorter
    private var plain: [UInt8] = []
    private var raw: [UInt8] = []
    private let deflater: Deflater
    /// The row of this file that each link leads to, once its block is written; -1 for none.
    private(set) var targetRows: [Int32]

    /// What stands before the columns of values among the sorter's: the rest, links.
    private static let reserved = 2

    /// A writer of the blocks of a file.
    ///
    /// - Parameters:
    ///   - writer: Has the spans, in order.
    ///   - memory: Its memory, which must stay.
    ///   - directory: Has the columns.
    ///   - slots: Which values are in which columns.
    /// - Throws: ``DamagedBytes`` when there is no memory to compress with.
    init(
        _ writer: SealWriter,
        _ memory: UnsafeRawBufferPointer,
        _ directory: SealedDirectory,
        _ slots: ShapeSlots
    ) throws(DamagedBytes) {
        (self.writer, self.memory, self.slots) = (writer, memory, slots)
        (types, linkTypes) = (directory.columns.types, directory.linkColumns.types)
        rowIndex = writer.rowIndex()
        targetRows = [Int32](repeating: -1, count: writer.links.count)
        sorter = ColumnSorter(columnCount: types.count + Self.reserved)
        linkSorter = ColumnSorter(columnCount: linkTypes.count + Self.reserved)
        deflater = try Deflater(level: SealedFormat.compression)
    }

    /// Adds the ids of rows.
    func writeIdentities(_ range: Range<Int>, to file: inout [UInt8]) {
        for row in writer.rows[range] { file.append(number: row.span.byteSwapped) }
        var last: Int32 = -1
        var bits = [UInt8](repeating: 0, count: (range.count + 7) / 8)
        for (place, row) in writer.rows[range].enumerated() where row.trace != last {
            bits[place / 8] |= 1 << UInt8(place % 8)
            last = row.trace
        }
        file += bits
        last = -1
        for row in writer.rows[range] where row.trace != last {
            let id = writer.traces[Int(row.trace)].id
            file.append(number: id.high.byteSwapped)
            file.append(number: id.low.byteSwapped)
            last = row.trace
        }
    }

    /// Adds the rest of rows.
    mutating func writeBody(_ range: Range<Int>, to file: inout [UInt8]) throws(DamagedBytes) {
        plain.removeAll(keepingCapacity: true)
        raw.removeAll(keepingCapacity: true)
        for row in writer.rows[range] { plain.append(varint: UInt64(row.shape)) }
        writeParents(range)
        writeLinks(range)
        let values = writer.shaper.values
        for row in writer.rows[range] {
            var place = row.values.range.lowerBound
            for column in slots.spans[Int(row.shape)] {
                if column >= 0 || column == SpanShape.rest {
                    sorter.add(values[place], to: column + Self.reserved)
                }
                place &+= 1
            }
        }
        Self.writeColumns(&sorter, types, memory, to: &plain, raw: &raw)
        file.append(varint: UInt64(raw.count))
        file.append(varint: UInt64(plain.count))
        file += raw
        try deflater.compress(plain, to: &file)
    }

    private static func writeColumns(
        _ sorter: inout ColumnSorter,
        _ types: [ColumnType],
        _ memory: UnsafeRawBufferPointer,
        to plain: inout [UInt8],
        raw: inout [UInt8]
    ) {
        sorter.drain { column, values in
            if column >= reserved {
                ValueColumn.write(values, in: memory, types[column - reserved], to: &plain, raw: &raw)
            } else {
                for value in values {
                    plain.append(lent: UnsafeRawBufferPointer(rebasing: memory[value.start..<value.end]))
                }
            }
        }
    }

    private mutating func writeParents(_ range: Range<Int>) {
        let rows = writer.rows
        for place in range where slots.hasParent[Int(rows[place].shape)] {
            // Mostly a few rows before, and of the same trace.
            let (parent, trace) = (rows[place].parent, rows[place].trace)
            var other = place
            while other > range.lowerBound, rows[other - 1].trace == trace, rows[other].span != parent { other -= 1 }
            if rows[other].span != parent {
                other = place
                while other + 1 < range.upperBound, rows[other + 1].trace == trace, rows[other].span != parent {
                    other += 1
                }
            }
            if rows[other].span == parent {
                let distance = place - other
                plain.append(varint: UInt64(distance >= 0 ? distance * 2 + 2 : -distance * 2 + 1))
            } else {
                plain.append(0)
                raw.append(number: parent.byteSwapped)
            }
        }
    }

    /// Writes how many links there are in each run, what they lead to, their shapes, and their values.
    private mutating func writeLinks(_ range: Range<Int>) {
        let (rows, links) = (writer.rows, writer.links)
        for row in rows[range] where !row.links.range.isEmpty {
            for (offset, column) in slots.spans[Int(row.shape)].enumerated() where column == SpanShape.links {
                plain.append(varint: UInt64(writer.shaper.values[row.values.range.lowerBound + offset].count))
            }
        }
        for place in range { for link in rows[place].links.range { writeTarget(links[link], link, from: place) } }
        for row in rows[range] {
            for link in row.links.range { plain.append(varint: UInt64(slots.linkNumbers[Int(links[link].shape)])) }
        }
        let values = writer.linkShaper.values
        for row in rows[range] {
            for link in row.links.range {
                let columns = slots.links[Int(slots.linkNumbers[Int(links[link].shape)])]
                for (place, column) in zip(links[link].values.range, columns) where column != SpanShape.constant {
                    linkSorter.add(values[place], to: column + Self.reserved)
                }
            }
        }
        Self.writeColumns(&linkSorter, linkTypes, memory, to: &plain, raw: &raw)
    }

    /// A row of this file is told by its distance, of which the lowest byte can't be made smaller; another by its ids.
    private mutating func writeTarget(_ link: SealWriter.Link, _ number: Int, from place: Int) {
        let ids = UnsafeRawBufferPointer(rebasing: memory[link.ids..<link.ids + 26])
        let trace = TraceID(
            high: UInt64(bigEndian: ids.loadUnaligned(as: UInt64.self)),
            low: UInt64(bigEndian: ids.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        )
        let span = UInt64(bigEndian: ids.loadUnaligned(fromByteOffset: 18, as: UInt64.self))
        if let target = writer.row(of: span, in: trace, rowIndex) {
            targetRows[number] = Int32(truncatingIfNeeded: target)
            let distance = place - target
            let code = distance >= 0 ? distance * 2 : -distance * 2 - 1
            raw.append(UInt8(truncatingIfNeeded: code))
            plain.append(varint: UInt64(code >> 8) + 1)
        } else {
            plain.append(0)
            raw.append(contentsOf: UnsafeRawBufferPointer(rebasing: ids[..<16]))
            raw.append(contentsOf: UnsafeRawBufferPointer(rebasing: ids[18...]))
        }
    }
}
