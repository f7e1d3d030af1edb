// SPDX-License-Identifier: Apache-2.0

/// The spans of a block taken apart by their shapes: a span's bytes are put together when somebody asks for them.
///
/// ``BlockWriter`` says what stands where. Links that lead to rows of the file stay rows until then.
final class SpanBlock: Sendable {
    private let parts: BlockParts

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
        parts = try BlockParts(body, identities, scan, firstRow: firstRow, directory)
    }

    /// How many bytes it takes in memory, about.
    var size: Int { parts.size }

    /// The shape of each row.
    var shapes: [Int32] { parts.shapes }
    /// Where the values are of which the shapes say what they are.
    var values: ColumnValues { parts.values }
    /// What the values stand in.
    var text: [UInt8] { parts.text }

    /// A row's source.
    func source(_ row: Int) -> Int { parts.source(row) }

    /// A row's OTLP bytes, as they were received.
    ///
    /// - Parameters:
    ///   - row: Its place in the block.
    ///   - identity: Gives the ids of a row of the file.
    /// - Returns: The bytes.
    /// - Throws: ``DamagedBytes``, and what `identity` throws.
    func bytes(_ row: Int, _ identity: (Int) throws -> RowIdentity) throws -> [UInt8] {
        try parts.bytes(row, identity)
    }

    /// Lends a row's OTLP bytes, as they were received.
    ///
    /// - Parameters:
    ///   - row: Its place in the block.
    ///   - scratch: What they are written to.
    ///   - identity: Gives the ids of a row of the file.
    ///   - body: Gets them.
    /// - Throws: ``DamagedBytes``, and what `identity` throws.
    func withBytes(
        _ row: Int,
        _ scratch: inout Scratch,
        _ identity: (Int) throws -> RowIdentity,
        _ body: (UnsafeRawBufferPointer) -> Void
    ) throws {
        try parts.withBytes(row, &scratch, identity, body)
    }
}

/// What a block was taken apart into.
private struct BlockParts: Sendable {
    private let identities: BlockIdentities
    private let spanShapes: [SpanShape]
    private let linkShapes: [SpanShape]
    private(set) var shapes: [Int32] = []
    /// The place of a row's parent in the block, or one less than minus its place in the raw bytes.
    private var parents: [Int32] = []
    private var starts: [UInt64] = []
    private var ends: [UInt64] = []
    private var raw: [UInt8] = []
    private(set) var text: [UInt8] = []
    private(set) var values = ColumnValues()
    /// The rows that links lead to, or one less than minus the places of their ids in the raw bytes.
    private var targets: [Int32] = []
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
        guard rawSize < Int(Int32.max) else { throw DamagedBytes() }
        raw = [UInt8](try reader.bytes(rawSize))
        let plain = try Zlib.decompress(reader.bytes(reader.remainingCount), count: plainSize)
        // Values that stand nowhere as they are need about as much again.
        text.reserveCapacity(plain.count * 2)
        text += plain
        try plain.withUnsafeBytes { plain in
            try raw.withUnsafeBytes { raw in
                var (reader, rawReader) = (ByteReader(plain), ByteReader(raw))
                try readShapes(&reader, scan.count)
                try readParents(&reader, &rawReader, directory.shapeColumns)
                let runs = try readLinks(&reader, &rawReader, firstRow, directory)
                values = try ColumnValues(
                    shapes,
                    directory.shapeColumns,
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

    private mutating func readParents(
        _ reader: inout ByteReader,
        _ raw: inout ByteReader,
        _ columns: ShapeColumns
    ) throws(DamagedBytes) {
        parents.reserveCapacity(shapes.count)
        for (row, shape) in shapes.enumerated() {
            guard columns.hasParent(shape) else {
                parents.append(Int32(truncatingIfNeeded: row))
                continue
            }
            let code = try reader.count()
            if code == 0 {
                parents.append(Int32(truncatingIfNeeded: -1 - raw.offset))
                _ = try raw.bytes(8)
            } else {
                let place = code % 2 == 0 ? row - (code - 2) / 2 : row + (code - 1) / 2
                guard place >= 0, place < shapes.count else { throw DamagedBytes() }
                parents.append(Int32(truncatingIfNeeded: place))
            }
        }
    }

    /// Reads links; gives which of them are each run.
    private mutating func readLinks(
        _ reader: inout ByteReader,
        _ raw: inout ByteReader,
        _ firstRow: Int,
        _ directory: SealedDirectory
    ) throws -> [ByteRange] {
        var runs: [ByteRange] = []
        var rows: [Int32] = []
        var total = 0
        for (row, shape) in shapes.enumerated() {
            try directory.shapeColumns.forEach(of: shape) { column in
                guard column == SpanShape.links else { return }
                let count = try reader.count()
                // Each takes some bytes.
                guard count <= reader.remainingCount - total else { throw DamagedBytes() }
                runs.append(ByteRange(start: total, count: count))
                rows.append(Int32(truncatingIfNeeded: row))
                total += count
            }
        }
        targets.reserveCapacity(total)
        shapesOfLinks.reserveCapacity(total)
        let rowCount = directory.rowCount
        for (row, run) in zip(rows, runs) {
            let row = firstRow + Int(row)
            for _ in 0..<run.count {
                let code = try reader.count()
                if code == 0 {
                    targets.append(Int32(truncatingIfNeeded: -1 - raw.offset))
                    _ = try raw.bytes(24)
                    continue
                }
                guard code <= 1 << 32 else { throw DamagedBytes() }
                let zigzag = (code - 1) << 8 | Int(try raw.number(UInt8.self))
                let target = row - (zigzag & 1 == 0 ? zigzag / 2 : -(zigzag + 1) / 2)
                guard target >= 0, target < rowCount else { throw DamagedBytes() }
                // No file has more rows than that.
                targets.append(Int32(truncatingIfNeeded: target))
            }
        }
        for _ in 0..<total {
            let shape = try reader.count()
            guard shape < linkShapes.count else { throw DamagedBytes() }
            shapesOfLinks.append(Int32(truncatingIfNeeded: shape))
        }
        linkValues = try ColumnValues(
            shapesOfLinks,
            directory.linkShapeColumns,
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
        raw.count + text.capacity + identities.bytes.count + values.size + linkValues.size + shapes.count * 24
            + targets.count * 8
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
        var scratch = Scratch()
        var bytes: [UInt8] = []
        try withBytes(row, &scratch, identity) { bytes = [UInt8]($0) }
        return bytes
    }

    func withBytes(
        _ row: Int,
        _ scratch: inout Scratch,
        _ identity: (Int) throws -> RowIdentity,
        _ body: (UnsafeRawBufferPointer) -> Void
    ) throws {
        let shape = spanShapes[Int(shapes[row])]
        let start = scratch.memory(size(row, shape))
        var sink = ByteSink(start)
        try text.withUnsafeBytes { text in
            try raw.withUnsafeBytes { raw in
                try identities.bytes.withUnsafeBytes { ids in
                    try shape.text.withUnsafeBytes { letters in
                        try write(row, shape, letters, text, raw, ids, identity, to: &sink)
                    }
                }
            }
        }
        body(UnsafeRawBufferPointer(start: start, count: sink.count))
    }

    /// How many bytes a row has, at most.
    private func size(_ row: Int, _ shape: SpanShape) -> Int {
        var size = shape.largestFixedSize
        for (slot, column) in zip(values.slots(row), shape.columns) {
            let value = values.values[Int(slot)]
            size += value.count
            guard column == SpanShape.links else { continue }
            for link in value.start..<value.end { size += 11 + self.size(link) }
        }
        return size
    }

    /// How many bytes the message of a link has, at most.
    private func size(_ link: Int) -> Int {
        let shape = linkShapes[Int(shapesOfLinks[link])]
        return linkValues.slots(link).reduce(28 + shape.largestFixedSize) { $0 + linkValues.values[Int($1)].count }
    }

    private func write(
        _ row: Int,
        _ shape: SpanShape,
        _ letters: UnsafeRawBufferPointer,
        _ text: UnsafeRawBufferPointer,
        _ raw: UnsafeRawBufferPointer,
        _ ids: UnsafeRawBufferPointer,
        _ identity: (Int) throws -> RowIdentity,
        to sink: inout ByteSink
    ) throws {
        var slots = values.slots(row)
        for step in shape.steps {
            switch step.kind {
            case .literal: sink.add(letters, step.text.lowerBound, step.text.count)
            case .traceID:
                sink.add(0x0a, 16)
                sink.add(ids, identities.trace(row), 16)
            case .spanID:
                sink.add(0x12, 8)
                sink.add(ids, identities.span(row), 8)
            case .parentID:
                sink.add(0x22, 8)
                let place = Int(parents[row])
                if place < 0 { sink.add(raw, -1 - place, 8) } else { sink.add(ids, identities.span(place), 8) }
            case .start:
                sink.add(0x39)
                sink.add(unswapped: starts[row].littleEndian)
            case .end:
                sink.add(0x41)
                sink.add(unswapped: ends[row].littleEndian)
            case .attribute, .rest, .links:
                guard let slot = slots.popFirst() else { throw DamagedBytes() }
                let value = values.values[Int(slot)]
                if step.kind == .links {
                    for link in value.start..<value.end { try write(link, text, raw, identity, to: &sink) }
                } else {
                    Self.write(step, letters, text, value, tag: 0x4a, to: &sink)
                }
            }
        }
    }

    @inline(__always)
    private static func write(
        _ step: SpanShape.Step,
        _ letters: UnsafeRawBufferPointer,
        _ text: UnsafeRawBufferPointer,
        _ value: ByteRange,
        tag: UInt8,
        to sink: inout ByteSink
    ) {
        let bytes = UnsafeRawBufferPointer(rebasing: text[value.start..<value.end])
        guard step.kind == .attribute else { return sink.add(bytes) }
        sink.add(attribute: UnsafeRawBufferPointer(rebasing: letters[step.text]), step.type, bytes, tag: tag)
    }

    private func write(
        _ link: Int,
        _ text: UnsafeRawBufferPointer,
        _ raw: UnsafeRawBufferPointer,
        _ identity: (Int) throws -> RowIdentity,
        to sink: inout ByteSink
    ) throws {
        let shape = linkShapes[Int(shapesOfLinks[link])]
        sink.add(0x6a)
        sink.add(varint: 28 + tailSize(link, shape))
        sink.add(0x0a, 16)
        let target = Int(targets[link])
        if target < 0 {
            sink.add(raw, -1 - target, 16)
            sink.add(0x12, 8)
            sink.add(raw, 15 - target, 8)
        } else {
            let ids = try identity(target)
            sink.add(unswapped: ids.first)
            sink.add(unswapped: ids.second)
            sink.add(0x12, 8)
            sink.add(unswapped: ids.span)
        }
        var slots = linkValues.slots(link)
        shape.text.withUnsafeBytes { letters in
            for step in shape.steps {
                if step.kind == .literal {
                    sink.add(letters, step.text.lowerBound, step.text.count)
                } else if let slot = slots.popFirst() {
                    Self.write(step, letters, text, linkValues.values[Int(slot)], tag: 0x22, to: &sink)
                }
            }
        }
    }

    /// How many bytes follow a link's ids.
    private func tailSize(_ link: Int, _ shape: SpanShape) -> Int {
        var size = 0
        var slots = linkValues.slots(link)
        for step in shape.steps {
            if step.kind == .literal {
                size += step.text.count
            } else if let slot = slots.popFirst() {
                let count = linkValues.values[Int(slot)].count
                size +=
                    step.kind == .attribute
                    ? [UInt8].fieldSize(key: step.text.count, step.type, value: count) : count
            }
        }
        return size
    }
}
