// SPDX-License-Identifier: Apache-2.0

import TraceFlow

/// What a span's bytes are made of, as shapes see them, noted while they are read.
struct SpanOutline {
    /// A link that begins with its ids.
    struct Link {
        /// Where in the span's bytes the trace id is; the span id is 18 bytes behind it.
        var ids: Int
        /// What follows the ids.
        var pieces: Range<Int>
        var hash: UInt64
    }

    /// The pieces of the whole; of a run of links, the value says which of ``links`` they are.
    private(set) var whole = PieceList()
    /// The pieces of links, those of one behind those of the other.
    private(set) var tails = PieceList()
    private(set) var links: [Link] = []

    private(set) var isWanted = false
    private var base: UnsafeRawPointer?
    private var count = 0
    private var isExact = false
    private var seen: UInt32 = 0

    mutating func begin(_ bytes: UnsafeRawBufferPointer, isWanted: Bool) {
        self.isWanted = isWanted
        guard isWanted else { return }
        (base, count, isExact, seen) = (bytes.baseAddress, bytes.count, true, 0)
        whole.removeAll()
        tails.removeAll()
        links.removeAll(keepingCapacity: true)
    }

    /// Ends the span: where the pieces would not give back the bytes as they are, they become one.
    mutating func finish() { if isWanted, !isExact { makeOne() } }

    /// Makes all bytes one piece.
    mutating func makeOne() {
        whole.removeAll()
        links.removeAll(keepingCapacity: true)
        whole.addRun(.rest, PieceList.Slice(start: 0, count: Int32(truncatingIfNeeded: count)))
    }

    /// Adds a field that takes so many bytes if it is as our own writer makes it.
    @inline(__always)
    mutating func addFixed(
        _ kind: PieceList.Kind,
        _ start: UnsafeRawPointer,
        _ end: UnsafeRawPointer,
        size: Int,
        isKnown: Bool
    ) {
        guard isWanted else { return }
        let bit = UInt32(1) << UInt32(kind.rawValue)
        // Of two ids, or times, the second is the span's.
        if !isKnown || end - start != size || seen & bit != 0 { isExact = false }
        seen |= bit
        whole.add(kind)
    }

    /// Adds a field that spans of a shape have in common, unless it is longer than the limit.
    @inline(__always)
    mutating func addLiteral(_ start: UnsafeRawPointer, _ end: UnsafeRawPointer, limit: Int) {
        guard isWanted else { return }
        if end - start <= limit {
            whole.addLiteral(UnsafeRawBufferPointer(start: start, count: end - start), slice(start, end))
        } else {
            whole.addRun(.rest, slice(start, end))
        }
    }

    /// Adds an attribute.
    @inline(__always)
    mutating func addAttribute(
        _ attribute: PlainAttribute,
        _ start: UnsafeRawPointer,
        _ end: UnsafeRawPointer
    ) {
        guard isWanted else { return }
        if end - start == attribute.fieldSize {
            whole.add(attribute, slice(attribute.key), slice(attribute.value))
        } else {
            whole.addRun(.rest, slice(start, end))
        }
    }

    /// Adds a field of which nothing more is known.
    @inline(__always)
    mutating func addRest(_ start: UnsafeRawPointer, _ end: UnsafeRawPointer) {
        guard isWanted else { return }
        whole.addRun(.rest, slice(start, end))
    }

    /// Adds a link.
    mutating func addLink(_ message: UnsafeRawBufferPointer, _ start: UnsafeRawPointer, _ end: UnsafeRawPointer) {
        guard isWanted else { return }
        let first = tails.pieces.count
        tails.begin()
        let head = 1 + [UInt8].width(message.count)
        guard end - start == head + message.count, message.count >= 28, let ids = message.baseAddress,
            ids.loadUnaligned(as: UInt16.self) == UInt16(littleEndian: 0x100a),
            ids.loadUnaligned(fromByteOffset: 18, as: UInt16.self) == UInt16(littleEndian: 0x0812),
            (try? addTail(FieldReader(from: ids + 28, to: end))) != nil
        else { return whole.addRun(.rest, slice(start, end)) }
        whole.addRun(.links, PieceList.Slice(start: Int32(truncatingIfNeeded: links.count), count: 1))
        let offset = base.map { ids + 2 - $0 } ?? 0
        links.append(Link(ids: offset, pieces: first..<tails.pieces.count, hash: tails.hash))
    }

    private mutating func addTail(_ fields: FieldReader) throws(DamagedBytes) {
        var reader = fields
        while !reader.isAtEnd {
            let start = reader.cursor
            let tag = try reader.tag()
            if tag == 0x22 {
                let message = try reader.delimited()
                if let attribute = PlainAttribute(message), reader.cursor - start == attribute.fieldSize {
                    tails.add(attribute, slice(attribute.key), slice(attribute.value))
                    continue
                }
            } else {
                // Ids that come again say what the link leads to, as it is read.
                try reader.skip(tag)
            }
            let field = slice(start, reader.cursor)
            // Flags and counts are few.
            if tag == 0x35 || tag == 0x28 {
                tails.addLiteral(UnsafeRawBufferPointer(start: start, count: reader.cursor - start), field)
            } else {
                tails.addRun(.rest, field)
            }
        }
    }

    @inline(__always)
    private func slice(_ bytes: UnsafeRawBufferPointer) -> PieceList.Slice {
        // Of nothing it doesn't matter where it is.
        guard let start = bytes.baseAddress else { return PieceList.Slice() }
        return slice(start, start + bytes.count)
    }

    @inline(__always)
    private func slice(_ start: UnsafeRawPointer, _ end: UnsafeRawPointer) -> PieceList.Slice {
        guard let base else { return PieceList.Slice() }
        return PieceList.Slice(
            start: Int32(truncatingIfNeeded: start - base),
            count: Int32(truncatingIfNeeded: end - start)
        )
    }
}

/// Runs of bytes, in the order in which they stand.
struct PieceList {
    enum Kind: UInt8 {
        /// The same in all that is of one shape.
        case literal = 0
        case traceID = 1
        case spanID = 2
        case parentID = 4
        case start = 7
        case end = 8
        /// An attribute with a plain value.
        case attribute = 9
        /// Whatever else there is: events and the like.
        case rest = 11
        /// Links that begin with their ids.
        case links = 13
    }

    /// A place among the bytes.
    struct Slice {
        var start: Int32 = 0
        var count: Int32 = 0
    }

    struct Piece {
        var kind: Kind
        /// Of an attribute.
        var type = ColumnType.string
        /// Where that is which is the same in all of one shape: a literal, or an attribute's key.
        var fixed = Slice()
        /// Where the value is.
        var value = Slice()

        /// Whether each of a shape has a value of its own there.
        @inline(__always)
        var hasValue: Bool { kind.rawValue >= Kind.attribute.rawValue }
    }

    private(set) var pieces: [Piece] = []
    /// Of what all of one shape have in common.
    private(set) var hash: UInt64 = 0
    private let seed = HashIndex.Seed()
    private var first = 0

    mutating func removeAll() {
        pieces.removeAll(keepingCapacity: true)
        begin()
    }

    /// Begins something else behind what is there.
    mutating func begin() {
        hash = 0
        first = pieces.count
    }

    @inline(__always)
    mutating func add(_ kind: Kind) {
        hash = seed.hash(hash, UInt64(kind.rawValue))
        pieces.append(Piece(kind: kind))
    }

    @inline(__always)
    mutating func addLiteral(_ bytes: UnsafeRawBufferPointer, _ place: Slice) {
        hash = seed.hash(bytes, after: hash)
        pieces.append(Piece(kind: .literal, fixed: place))
    }

    @inline(__always)
    mutating func add(_ attribute: PlainAttribute, _ place: Slice, _ value: Slice) {
        hash = seed.hash(attribute.key, after: hash ^ UInt64(attribute.type.rawValue))
        pieces.append(Piece(kind: .attribute, type: attribute.type, fixed: place, value: value))
    }

    /// Adds to a run of what is of one kind.
    @inline(__always)
    mutating func addRun(_ kind: Kind, _ value: Slice) {
        if pieces.count > first, pieces[pieces.count - 1].kind == kind {
            pieces[pieces.count - 1].value.count &+= value.count
        } else {
            hash = seed.hash(hash, UInt64(kind.rawValue))
            pieces.append(Piece(kind: kind, value: value))
        }
    }
}

extension PlainAttribute {
    /// How many bytes a field has that holds it, with a tag of one byte.
    @inline(__always)
    var fieldSize: Int { [UInt8].fieldSize(key: key.count, type, value: value.count) }
}
