// SPDX-License-Identifier: Apache-2.0

import TraceFlow

/// Finds the shapes of spans, or of links, and notes where their values are.
struct SpanShaper {
    /// A shape, known by the first that has it.
    private struct Draft {
        var source: UInt32
        /// Where in the memory the first is, whole.
        var base: Int
        var pieces: Range<Int>
    }

    /// The shape of a span and where its values are noted.
    struct Shaped {
        var shape: Int32
        var values: Range<Int>
    }

    private var drafts: [Draft] = []
    private var pieces: [PieceList.Piece] = []
    /// Of each piece, whether the value is the same in all so far.
    private var isConstant: [Bool] = []
    private var index = HashIndex()
    private let seed = HashIndex.Seed()
    private var size = 0
    /// Where the values of all spans are in the memory, as their shapes have them; what is as the first has it is there.
    private(set) var values: [ByteRange] = []

    /// Shapes beyond this are not told apart from each other.
    private static let maximumSize = 8 << 20

    init() {}

    /// How many shapes there are.
    var count: Int { drafts.count }

    /// Makes room.
    mutating func reserve(values count: Int) { values.reserveCapacity(count) }

    /// Finds the shape of what has these pieces; `nil` for one shape too many.
    ///
    /// - Parameters:
    ///   - list: The pieces of a span among others.
    ///   - range: Which they are.
    ///   - hash: Their hash.
    ///   - bytes: The span.
    ///   - memory: Gets the span if it is the first of its shape, or else its values.
    ///   - links: The number of the span's first link.
    ///   - source: The source's number.
    /// - Returns: The shape, and where the values are.
    mutating func add(
        _ list: [PieceList.Piece],
        _ range: Range<Int>,
        _ hash: UInt64,
        of bytes: UnsafeRawBufferPointer,
        to memory: inout [UInt8],
        links: Int,
        source: UInt32
    ) -> Shaped? {
        let hash = seed.hash(hash, UInt64(source))
        let known = memory.withUnsafeBytes { memory in
            index.find(hash) { number in
                let draft = drafts[number]
                guard draft.source == source, draft.pieces.count == range.count else { return false }
                return isDraft(draft, list, range, bytes, memory)
            }
        }
        let first = values.count
        guard let known else { return makeDraft(list, range, hash, bytes, to: &memory, links, source) }
        let draft = drafts[known]
        var place = draft.pieces.lowerBound
        for offset in range {
            let piece = list[offset]
            switch piece.kind {
            case .attribute:
                let other = ByteRange(pieces[place].value, draft.base)
                let value = Self.slice(bytes, piece.value)
                if memory.withUnsafeBytes({ value.isEqual(to: Self.slice($0, other)) }) {
                    values.append(other)
                } else {
                    isConstant[place] = false
                    values.append(ByteRange(start: memory.count, count: value.count))
                    memory.append(contentsOf: value)
                }
            case .rest:
                values.append(ByteRange(start: memory.count, count: Int(piece.value.count)))
                memory.append(contentsOf: Self.slice(bytes, piece.value))
            case .links: values.append(ByteRange(piece.value, links))
            default: break
            }
            place &+= 1
        }
        return Shaped(shape: Int32(truncatingIfNeeded: known), values: first..<values.count)
    }

    private func isDraft(
        _ draft: Draft,
        _ list: [PieceList.Piece],
        _ range: Range<Int>,
        _ bytes: UnsafeRawBufferPointer,
        _ memory: UnsafeRawBufferPointer
    ) -> Bool {
        var place = draft.pieces.lowerBound
        for offset in range {
            let (piece, other) = (list[offset], pieces[place])
            guard piece.kind == other.kind, piece.type == other.type else { return false }
            if piece.fixed.count > 0 || other.fixed.count > 0 {
                let known = Self.slice(memory, ByteRange(other.fixed, draft.base))
                guard Self.slice(bytes, piece.fixed).isEqual(to: known) else { return false }
            }
            place &+= 1
        }
        return true
    }

    @inline(__always)
    private static func slice(_ bytes: UnsafeRawBufferPointer, _ slice: PieceList.Slice) -> UnsafeRawBufferPointer {
        self.slice(bytes, ByteRange(slice, 0))
    }

    @inline(__always)
    private static func slice(_ bytes: UnsafeRawBufferPointer, _ range: ByteRange) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[range.start..<range.end])
    }

    private mutating func makeDraft(
        _ list: [PieceList.Piece],
        _ range: Range<Int>,
        _ hash: UInt64,
        _ bytes: UnsafeRawBufferPointer,
        to memory: inout [UInt8],
        _ links: Int,
        _ source: UInt32
    ) -> Shaped? {
        let cost = range.reduce(64) { $0 + 32 + Int(list[$1].fixed.count) }
        // One that is a single piece, of which nothing is known, is what the others become.
        let isLast = range.count == 1 && list[range.lowerBound].kind == .rest
        guard size + cost <= Self.maximumSize || isLast else { return nil }
        size += cost
        let base = memory.count
        memory.append(contentsOf: bytes)
        let first = (piece: pieces.count, value: values.count)
        for piece in list[range] {
            pieces.append(piece)
            isConstant.append(piece.kind == .attribute)
            if piece.hasValue { values.append(ByteRange(piece.value, piece.kind == .links ? links : base)) }
        }
        index.insert(hash, drafts.count)
        drafts.append(Draft(source: source, base: base, pieces: first.piece..<pieces.count))
        return Shaped(shape: Int32(truncatingIfNeeded: drafts.count - 1), values: first.value..<values.count)
    }

    /// A shape, and which of a span's values are in which columns.
    ///
    /// - Parameters:
    ///   - number: The shape's number.
    ///   - source: The source's number in the file.
    ///   - tag: That of fields that hold attributes.
    ///   - memory: The bytes of all spans.
    ///   - columns: Gives a column's number by its type and key.
    /// - Returns: Both.
    func shape(
        _ number: Int,
        source: UInt32,
        tag: UInt8,
        in memory: UnsafeRawBufferPointer,
        _ columns: inout ColumnTable
    ) -> (shape: SpanShape, slots: [Int]) {
        let draft = drafts[number]
        var shape = SpanShape(source: source)
        var slots: [Int] = []
        func bytes(_ slice: PieceList.Slice) -> UnsafeRawBufferPointer {
            let start = draft.base + Int(slice.start)
            return UnsafeRawBufferPointer(rebasing: memory[start..<start + Int(slice.count)])
        }
        for place in draft.pieces {
            let piece = pieces[place]
            switch piece.kind {
            case .literal: shape.add(literal: bytes(piece.fixed))
            case .attribute where isConstant[place]:
                var field: [UInt8] = []
                field.append(attribute: bytes(piece.fixed), piece.type, bytes(piece.value), tag: tag)
                shape.add(literal: field)
                slots.append(SpanShape.constant)
            case .attribute:
                let key = bytes(piece.fixed)
                let column = columns.number(piece.type, key)
                shape.add(key: key, piece.type, column: column)
                slots.append(column)
            default:
                shape.add(piece.kind)
                if piece.hasValue { slots.append(piece.kind == .links ? SpanShape.links : SpanShape.rest) }
            }
        }
        return (shape, slots)
    }
}

/// A place in memory, or in a list: 34 bits of where it begins, up to 16 GB, and 30 of how many there are.
struct ByteRange: Sendable {
    static let maximumStart = 1 << 34
    static let maximumCount = 1 << 30 - 1

    private var bits: UInt64

    @inline(__always)
    var start: Int { Int(truncatingIfNeeded: bits >> 30) }

    @inline(__always)
    var count: Int { Int(truncatingIfNeeded: bits & 0x3fff_ffff) }

    @inline(__always)
    var end: Int { start &+ count }

    @inline(__always)
    init(start: Int, count: Int) {
        bits = UInt64(truncatingIfNeeded: start) << 30 | UInt64(truncatingIfNeeded: count) & 0x3fff_ffff
    }

    @inline(__always)
    init(_ slice: PieceList.Slice, _ base: Int) {
        self.init(start: base &+ Int(slice.start), count: Int(slice.count))
    }
}

extension [UInt8] {
    /// Adds a field of an attribute with a plain value.
    mutating func append(
        attribute key: UnsafeRawBufferPointer,
        _ type: ColumnType,
        _ value: UnsafeRawBufferPointer,
        tag: UInt8
    ) {
        append(tag)
        append(varint: UInt64(Self.attributeSize(key: key.count, type, value: value.count)))
        append(0x0a)
        append(lent: key)
        append(0x12)
        append(varint: UInt64(Self.valueSize(type, value.count)))
        append(type.rawValue)
        if type == .string { append(varint: UInt64(value.count)) }
        append(contentsOf: value)
    }
}
