// SPDX-License-Identifier: Apache-2.0

/// The spans of a block taken apart by their shapes: a span's bytes are put together when somebody asks for them.
///
/// ``BlockWriter`` says what stands where. Links that lead to rows of the file stay rows until then.
struct SpanBlock: Sendable {
    private let identities: BlockIdentities
    private let spanShapes: [SpanShape]
    private let linkShapes: [SpanShape]
    private(set) var shapes: [Int32] = []
    /// The place of a row's parent in the block, or one less than minus its place in the raw bytes.
    private var parents: [Int] = []
    private var starts: [UInt64] = []
    private var ends: [UInt64] = []
    private var raw: [UInt8] = []
    private(set) var text: [UInt8] = []
    private(set) var values = ColumnValues()
    /// The rows that links lead to, or one less than minus the places of their ids in the raw bytes.
    private var targets: [Int] = []
    private var shapesOfLinks: [Int32] = []
    private var linkValues = ColumnValues()

    /// Takes a body apart.
    ///
    /// - Parameters:
    ///   - body: What stands behind the ids.
    ///   - identities: The ids.
    ///   - scan: The columns that searches look through.
    ///   - firstRow: The number of its first row.
    ///   - directory: That of the file.
    /// - Throws: ``DamagedBytes``.
    init(
        _ body: UnsafeRawBufferPointer,
        _ identities: BlockIdentities,
        _ scan: BlockColumns,
        firstRow: Int,
        _ directory: SealedDirectory
    ) throws {
        self.identities = identities
        (spanShapes, linkShapes) = (directory.shapes, directory.linkShapes)
        scan.forEach { _, start, duration, _, _ in
            starts.append(start)
            ends.append(start &+ UInt64(bitPattern: duration))
        }
        var reader = ByteReader(body)
        let (rawSize, plainSize) = (try reader.count(), try reader.count())
        raw = [UInt8](try reader.bytes(rawSize))
        let plain = try Zlib.decompress(reader.bytes(reader.remainingCount), count: plainSize)
        text = plain
        try plain.withUnsafeBytes { plain in
            try raw.withUnsafeBytes { raw in
                var (reader, rawReader) = (ByteReader(plain), ByteReader(raw))
                try readShapes(&reader, scan.count)
                try readParents(&reader, &rawReader)
                let runs = try readLinks(&reader, &rawReader, firstRow, directory)
                values = try ColumnValues(
                    shapes,
                    spanShapes,
                    directory.columns.types,
                    runs: runs,
                    &reader,
                    raw: &rawReader,
                    text: &text
                )
            }
        }
    }

    private mutating func readShapes(_ reader: inout ByteReader, _ count: Int) throws(DamagedBytes) {
        shapes.reserveCapacity(count)
        for _ in 0..<count {
            let shape = try reader.count()
            guard shape < spanShapes.count else { throw DamagedBytes() }
            shapes.append(Int32(truncatingIfNeeded: shape))
        }
    }

    private mutating func readParents(_ reader: inout ByteReader, _ raw: inout ByteReader) throws(DamagedBytes) {
        parents.reserveCapacity(shapes.count)
        for (row, shape) in shapes.enumerated() {
            guard spanShapes[Int(shape)].hasParent else {
                parents.append(row)
                continue
            }
            let code = try reader.count()
            if code == 0 {
                parents.append(-1 - raw.offset)
                _ = try raw.bytes(8)
            } else {
                let place = code % 2 == 0 ? row - (code - 2) / 2 : row + (code - 1) / 2
                guard place >= 0, place < shapes.count else { throw DamagedBytes() }
                parents.append(place)
            }
        }
    }

    /// Reads links; gives which of them are each run.
    private mutating func readLinks(
        _ reader: inout ByteReader,
        _ raw: inout ByteReader,
        _ firstRow: Int,
        _ directory: SealedDirectory
    ) throws(DamagedBytes) -> [ByteRange] {
        var runs: [ByteRange] = []
        var rows: [Int] = []
        for (row, shape) in shapes.enumerated() {
            for column in spanShapes[Int(shape)].columns where column == SpanShape.links {
                let count = try reader.count()
                // Each takes some bytes.
                guard count <= reader.remainingCount - rows.count else { throw DamagedBytes() }
                runs.append(ByteRange(start: rows.count, count: count))
                rows += repeatElement(firstRow + row, count: count)
            }
        }
        for row in rows {
            let code = try reader.count()
            if code == 0 {
                targets.append(-1 - raw.offset)
                _ = try raw.bytes(24)
                continue
            }
            guard code <= 1 << 32 else { throw DamagedBytes() }
            let zigzag = (code - 1) << 8 | Int(try raw.number(UInt8.self))
            let target = row - (zigzag & 1 == 0 ? zigzag / 2 : -(zigzag + 1) / 2)
            guard target >= 0, target < directory.rowCount else { throw DamagedBytes() }
            targets.append(target)
        }
        for _ in rows {
            let shape = try reader.count()
            guard shape < linkShapes.count else { throw DamagedBytes() }
            shapesOfLinks.append(Int32(truncatingIfNeeded: shape))
        }
        linkValues = try ColumnValues(
            shapesOfLinks,
            linkShapes,
            directory.linkColumns.types,
            runs: [],
            &reader,
            raw: &raw,
            text: &text
        )
        return runs
    }

    /// How many bytes it takes in memory, about.
    var size: Int {
        raw.count + text.count + identities.bytes.count + values.size + linkValues.size + shapes.count * 28
            + targets.count * 12
    }

    /// A row's source.
    func source(_ row: Int) -> Int { Int(spanShapes[Int(shapes[row])].source) }

    /// A row's OTLP bytes, as they were received.
    ///
    /// - Parameters:
    ///   - row: Its place in the block.
    ///   - identity: Gives the ids of a row of the file.
    /// - Returns: The bytes.
    /// - Throws: ``DamagedBytes``, and what `identity` throws.
    func bytes(_ row: Int, _ identity: (Int) throws -> RowIdentity) throws -> [UInt8] {
        let shape = spanShapes[Int(shapes[row])]
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512)
        var slots = values.slots(row)[...]
        for step in shape.steps {
            switch step.kind {
            case .literal: bytes += shape.text[step.text]
            case .traceID:
                bytes.append(number: UInt16(0x100a))
                bytes += identities.bytes[identities.trace(row)..<identities.trace(row) + 16]
            case .spanID:
                bytes.append(number: UInt16(0x0812))
                bytes += identities.bytes[identities.span(row)..<identities.span(row) + 8]
            case .parentID:
                bytes.append(number: UInt16(0x0822))
                let place = parents[row]
                if place < 0 {
                    bytes += raw[(-1 - place)..<(7 - place)]
                } else {
                    bytes += identities.bytes[identities.span(place)..<identities.span(place) + 8]
                }
            case .start:
                bytes.append(0x39)
                bytes.append(number: starts[row])
            case .end:
                bytes.append(0x41)
                bytes.append(number: ends[row])
            case .attribute, .rest, .links:
                guard let slot = slots.popFirst() else { throw DamagedBytes() }
                let value = values.values[Int(slot)]
                if step.kind == .links {
                    for link in value.start..<value.end { try append(link, to: &bytes, identity) }
                } else {
                    append(step, shape, value, tag: 0x4a, to: &bytes)
                }
            }
        }
        return bytes
    }

    private func append(
        _ step: SpanShape.Step,
        _ shape: SpanShape,
        _ value: ByteRange,
        tag: UInt8,
        to bytes: inout [UInt8]
    ) {
        text.withUnsafeBytes { text in
            let value = UnsafeRawBufferPointer(rebasing: text[value.start..<value.end])
            guard step.kind == .attribute else { return bytes.append(contentsOf: value) }
            shape.text.withUnsafeBytes { letters in
                let key = UnsafeRawBufferPointer(rebasing: letters[step.text])
                bytes.append(attribute: key, step.type, value, tag: tag)
            }
        }
    }

    private func append(
        _ link: Int,
        to bytes: inout [UInt8],
        _ identity: (Int) throws -> RowIdentity
    ) throws {
        let shape = linkShapes[Int(shapesOfLinks[link])]
        var size = 28
        var slots = linkValues.slots(link)[...]
        for step in shape.steps {
            size += step.text.count
            guard step.kind != .literal, let slot = slots.popFirst() else { continue }
            let value = linkValues.values[Int(slot)]
            size +=
                step.kind == .attribute
                ? [UInt8].fieldSize(key: step.text.count, step.type, value: value.count) - step.text.count : value.count
        }
        bytes.append(0x6a)
        bytes.append(varint: UInt64(size))
        bytes.append(number: UInt16(0x100a))
        let target = targets[link]
        if target < 0 {
            bytes += raw[(-1 - target)..<(15 - target)]
            bytes.append(number: UInt16(0x0812))
            bytes += raw[(15 - target)..<(23 - target)]
        } else {
            let ids = try identity(target)
            bytes.append(unswapped: ids.first)
            bytes.append(unswapped: ids.second)
            bytes.append(number: UInt16(0x0812))
            bytes.append(unswapped: ids.span)
        }
        slots = linkValues.slots(link)[...]
        for step in shape.steps {
            if step.kind == .literal {
                bytes += shape.text[step.text]
            } else if let slot = slots.popFirst() {
                append(step, shape, linkValues.values[Int(slot)], tag: 0x22, to: &bytes)
            }
        }
    }
}

extension [UInt8] {
    /// Adds a number's bytes as they are in memory.
    @inline(__always)
    fileprivate mutating func append(unswapped number: UInt64) {
        Swift.withUnsafeBytes(of: number) { append(contentsOf: $0) }
    }
}
