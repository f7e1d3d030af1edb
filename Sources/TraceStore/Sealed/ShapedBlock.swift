// SPDX-License-Identifier: Apache-2.0

import TraceContext

/// The spans of a block taken apart by their shapes: a span's bytes are put together when somebody asks for them.
struct ShapedBlock {
    private var shapes: [Int] = []
    private var traces: [Int] = []
    private var parents: [(inRaw: Bool, place: Int)] = []
    private var raw: [UInt8] = []
    private var traceBase = 0
    private var starts: [UInt64] = []
    private var ends: [UInt64] = []
    private var text: [UInt8] = []
    private var valueEnds: [Int] = []
    /// Where the values of each column begin, among the ends.
    private var columnStarts: [Int: Int] = [:]
    /// For each row, where its values are, as its shape has them.
    private var slots: [Int] = []
    private var slotStarts: [Int] = []
    /// The types of the partition's columns.
    private let types: [ColumnType]

    private static let linksColumn = -1
    private static let restColumn = -2

    /// Bytes that can't be made smaller, and bytes that can.
    ///
    /// - Parameters:
    ///   - rows: The rows of a block, each of a shape.
    ///   - memory: The bytes of all spans.
    ///   - values: Where the values are.
    ///   - slots: What becomes of them, by shape.
    ///   - columns: The types of columns.
    /// - Returns: Both.
    static func write(
        _ rows: ArraySlice<SealWriter.Row>,
        in memory: [UInt8],
        values: [Range<Int>],
        slots: [[ShapeSlot]],
        columns: ColumnTable
    ) -> (raw: [UInt8], plain: [UInt8]) {
        var (raw, plain): ([UInt8], [UInt8]) = ([], [])
        for row in rows { raw.append(number: row.span.byteSwapped) }
        var last: Int32 = -1
        for row in rows {
            plain.append(varint: UInt64(row.shape))
            plain.append(row.traceNumber == last ? 0 : 1)
            if row.traceNumber != last {
                raw.append(number: row.trace.high.byteSwapped)
                raw.append(number: row.trace.low.byteSwapped)
            }
            last = row.traceNumber
        }
        writeParents(rows, to: &plain, raw: &raw)
        var found: [Int: [ArraySlice<UInt8>]] = [:]
        for row in rows {
            for (slot, place) in zip(slots[row.shape], row.values) {
                switch slot {
                case .constant: break
                case .column(let column): found[column, default: []].append(memory[values[place]])
                case .links: found[linksColumn, default: []].append(memory[values[place]])
                case .rest: found[restColumn, default: []].append(memory[values[place]])
                }
            }
        }
        plain.append(varint: UInt64(found.count))
        for (column, values) in found.sorted(by: { $0.key < $1.key }) {
            plain.append(varint: UInt64(column + 2))
            plain.append(varint: UInt64(values.count))
            if column >= 0 {
                ValueColumn.write(values, columns.types[column], to: &plain, raw: &raw)
            } else if column == linksColumn {
                LinkColumn.write(values, to: &plain, raw: &raw)
            } else {
                for value in values { plain.append(delimited: value) }
            }
        }
        return (raw, plain)
    }

    private static func writeParents(
        _ rows: ArraySlice<SealWriter.Row>,
        to plain: inout [UInt8],
        raw: inout [UInt8]
    ) {
        var places: [UInt64: Int] = [:]
        for (place, row) in rows.enumerated() { places[row.span] = place }
        for (place, row) in rows.enumerated() where row.parent != 0 {
            if let parent = places[row.parent] {
                // Mostly a few rows before.
                let distance = place - parent
                plain.append(varint: UInt64(distance >= 0 ? distance * 2 + 2 : -distance * 2 + 1))
            } else {
                plain.append(0)
                raw.append(number: row.parent.byteSwapped)
            }
        }
    }

    init(
        raw: [UInt8],
        plain: [UInt8],
        shapes all: [SpanShape],
        columns: BlockColumns,
        types: [ColumnType]
    ) throws {
        self.raw = raw
        self.types = types
        let count = columns.count
        columns.forEach { _, start, duration, _, _ in
            starts.append(start)
            ends.append(start &+ UInt64(bitPattern: duration))
        }
        try plain.withUnsafeBytes { plain in
            try raw.withUnsafeBytes { raw in
                var (reader, rawReader) = (ByteReader(plain), ByteReader(raw))
                _ = try rawReader.bytes(count * 8)
                traceBase = rawReader.offset
                try readShapes(&reader, &rawReader, count: count, shapes: all)
                try readParents(&reader, &rawReader, shapes: all)
                try readColumns(&reader, &rawReader)
            }
        }
        try place(all)
    }

    private mutating func readShapes(
        _ reader: inout ByteReader,
        _ raw: inout ByteReader,
        count: Int,
        shapes all: [SpanShape]
    ) throws(DamagedBytes) {
        var trace = -1
        for _ in 0..<count {
            let shape = try reader.count()
            guard shape < all.count else { throw DamagedBytes() }
            shapes.append(shape)
            if try reader.number(UInt8.self) != 0 {
                trace += 1
                _ = try raw.bytes(16)
            }
            guard trace >= 0 else { throw DamagedBytes() }
            traces.append(trace)
        }
    }

    private mutating func readParents(
        _ reader: inout ByteReader,
        _ raw: inout ByteReader,
        shapes all: [SpanShape]
    ) throws(DamagedBytes) {
        for (row, shape) in shapes.enumerated() {
            guard all[shape].hasParent else {
                parents.append((false, 0))
                continue
            }
            let code = try reader.count()
            if code == 0 {
                parents.append((true, raw.offset))
                _ = try raw.bytes(8)
            } else {
                let place = code % 2 == 0 ? row - (code - 2) / 2 : row + (code - 1) / 2
                guard place >= 0, place < shapes.count else { throw DamagedBytes() }
                parents.append((true, place * 8))
            }
        }
    }

    private mutating func readColumns(_ reader: inout ByteReader, _ raw: inout ByteReader) throws(DamagedBytes) {
        for _ in 0..<(try reader.count()) {
            let column = try reader.count() - 2
            let count = try reader.count()
            // The first end of a column is where its first value begins.
            columnStarts[column] = valueEnds.count
            valueEnds.append(text.count)
            if column >= 0 {
                try ValueColumn.read(&reader, raw: &raw, count: count, into: &text, ends: &valueEnds)
            } else if column == Self.linksColumn {
                try LinkColumn.read(&reader, raw: &raw, count: count, into: &text, ends: &valueEnds)
            } else {
                for _ in 0..<count {
                    text += try reader.delimited()
                    valueEnds.append(text.count)
                }
            }
        }
    }

    /// Finds each row's values.
    private mutating func place(_ all: [SpanShape]) throws(DamagedBytes) {
        var next = columnStarts
        for shape in shapes {
            slotStarts.append(slots.count)
            for piece in all[shape].pieces {
                let column: Int
                switch piece {
                case .attribute(_, let number): column = number
                case .links: column = Self.linksColumn
                case .rest: column = Self.restColumn
                default: continue
                }
                guard let place = next[column], place + 1 < valueEnds.count else { throw DamagedBytes() }
                slots.append(place)
                next[column] = place + 1
            }
        }
    }

    /// How many bytes it takes.
    var size: Int { raw.count + text.count + (valueEnds.count + slots.count + shapes.count * 6) * 8 }

    /// The shape of a row.
    func shape(_ row: Int) -> Int { shapes[row] }

    /// A row's OTLP bytes.
    func bytes(_ row: Int, _ shape: SpanShape) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512)
        var slot = slotStarts[row]
        for piece in shape.pieces {
            switch piece {
            case .literal(let literal): bytes += literal
            case .traceID:
                bytes.append(0x0a)
                bytes.append(16)
                let place = traceBase + traces[row] * 16
                bytes += raw[place..<(place + 16)]
            case .spanID:
                bytes.append(0x12)
                bytes.append(8)
                bytes += raw[(row * 8)..<(row * 8 + 8)]
            case .parentID:
                bytes.append(0x22)
                bytes.append(8)
                let place = parents[row].place
                bytes += raw[place..<(place + 8)]
            case .start:
                bytes.append(0x39)
                bytes.append(number: starts[row])
            case .end:
                bytes.append(0x41)
                bytes.append(number: ends[row])
            case .attribute(let key, let column):
                bytes.append(attribute: key, types[column], value(slots[slot]))
                slot += 1
            case .links, .rest:
                bytes += value(slots[slot])
                slot += 1
            }
        }
        return bytes
    }

    private func value(_ place: Int) -> ArraySlice<UInt8> { text[valueEnds[place]..<valueEnds[place + 1]] }
}

extension SpanShape {
    var hasParent: Bool { pieces.contains { if case .parentID = $0 { true } else { false } } }
}

/// The links of the spans of a block: what they lead to, and what is said of them, each saying once.
enum LinkColumn {
    private static let headSize = 28

    static func write(_ values: [ArraySlice<UInt8>], to bytes: inout [UInt8], raw: inout [UInt8]) {
        var tails: [ArraySlice<UInt8>: Int] = [:]
        for value in values {
            guard let links = split(value) else {
                // Told as they are.
                bytes.append(varint: 0)
                bytes.append(delimited: value)
                continue
            }
            bytes.append(varint: UInt64(links.count))
            for link in links {
                raw += link[(link.startIndex + 2)..<(link.startIndex + 18)]
                raw += link[(link.startIndex + 20)..<(link.startIndex + headSize)]
                let tail = link.dropFirst(headSize)
                if let known = tails[tail] {
                    bytes.append(varint: UInt64(known + 1))
                } else {
                    if tails.count < 4_096 { tails[tail] = tails.count }
                    bytes.append(0)
                    bytes.append(delimited: tail)
                }
            }
        }
    }

    /// The messages of a run of links; `nil` if they don't begin with their ids.
    private static func split(_ run: ArraySlice<UInt8>) -> [ArraySlice<UInt8>]? {
        var links: [ArraySlice<UInt8>] = []
        var place = run.startIndex
        while place < run.endIndex {
            var size = 0
            var shift = 0
            place += 1
            while place < run.endIndex, shift < 28 {
                let byte = run[place]
                size |= Int(byte & 0x7f) << shift
                shift += 7
                place += 1
                if byte < 0x80 { break }
            }
            guard size >= headSize, run.endIndex - place >= size else { return nil }
            let link = run[place..<(place + size)]
            guard link[place] == 0x0a, link[place + 1] == 16, link[place + 18] == 0x12, link[place + 19] == 8 else {
                return nil
            }
            links.append(link)
            place += size
        }
        return links
    }

    static func read(
        _ reader: inout ByteReader,
        raw: inout ByteReader,
        count: Int,
        into text: inout [UInt8],
        ends: inout [Int]
    ) throws(DamagedBytes) {
        var tails: [UnsafeRawBufferPointer] = []
        for _ in 0..<count {
            let links = try reader.count()
            if links == 0 { text += try reader.delimited() }
            for _ in 0..<links {
                let target = try raw.bytes(24)
                let code = try reader.count()
                let tail: UnsafeRawBufferPointer
                if code == 0 {
                    tail = try reader.delimited()
                    tails.append(tail)
                } else {
                    guard code <= tails.count else { throw DamagedBytes() }
                    tail = tails[code - 1]
                }
                text.append(0x6a)
                text.append(varint: UInt64(headSize + tail.count))
                text.append(0x0a)
                text.append(16)
                text += target[0..<16]
                text.append(0x12)
                text.append(8)
                text += target[16..<24]
                text += tail
            }
            ends.append(text.count)
        }
    }
}
