// SPDX-License-Identifier: Apache-2.0

/// Finds the shapes of spans.
struct SpanShaper {
    private struct Draft {
        var source: UInt32
        var signature: [UInt8]
        /// The first span's values, as long as all others have the same; never of links and the rest.
        var constants: [Range<Int>?]
    }

    private var drafts: [Draft] = []
    private var numbers: [UInt64: [Int]] = [:]
    private var signatureSize = 0
    private var signature: [UInt8] = []
    private var found: [(range: Range<Int>, canBeConstant: Bool)] = []
    /// Where the values of all spans are in the memory: of attributes, of links, of the rest, as the shape has them.
    private(set) var values: [Range<Int>] = []

    /// Shapes beyond this are not told apart from each other.
    private static let maximumSize = 8 << 20

    init() {}

    /// The shape of a span and where its values are noted.
    ///
    /// - Parameters:
    ///   - range: Where the span's bytes are.
    ///   - memory: The bytes of all spans.
    ///   - source: The source's number.
    /// - Returns: The shape; `nil` for a span whose bytes are not in the order of OTLP's, or of one shape too many.
    mutating func add(
        _ range: Range<Int>,
        in memory: UnsafeRawBufferPointer,
        source: UInt32
    ) -> (shape: Int, values: Range<Int>)? {
        signature.removeAll(keepingCapacity: true)
        found.removeAll(keepingCapacity: true)
        let bytes = UnsafeRawBufferPointer(rebasing: memory[range])
        guard sign(bytes), let shape = number(source, at: range.lowerBound) else { return nil }
        let first = values.count
        for (slot, item) in found.enumerated() {
            let value = (range.lowerBound + item.range.lowerBound)..<(range.lowerBound + item.range.upperBound)
            values.append(value)
            if let constant = drafts[shape].constants[slot], !Self.areEqual(memory, constant, value) {
                drafts[shape].constants[slot] = nil
            }
        }
        return (shape, first..<values.count)
    }

    private static func areEqual(_ memory: UnsafeRawBufferPointer, _ a: Range<Int>, _ b: Range<Int>) -> Bool {
        areEqual(UnsafeRawBufferPointer(rebasing: memory[a]), UnsafeRawBufferPointer(rebasing: memory[b]))
    }

    private static func areEqual(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
        guard a.count == b.count else { return false }
        var offset = 0
        while offset &+ 8 <= a.count {
            let word = a.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            guard word == b.loadUnaligned(fromByteOffset: offset, as: UInt64.self) else { return false }
            offset &+= 8
        }
        while offset < a.count {
            guard a[offset] == b[offset] else { return false }
            offset &+= 1
        }
        return true
    }

    private func isDraft(_ number: Int, _ source: UInt32) -> Bool {
        guard drafts[number].source == source else { return false }
        return drafts[number].signature.withUnsafeBytes { draft in
            signature.withUnsafeBytes { Self.areEqual(draft, $0) }
        }
    }

    private mutating func number(_ source: UInt32, at base: Int) -> Int? {
        let hash = signature.withUnsafeBytes { Self.hash($0, UInt64(source)) }
        if let known = numbers[hash] {
            for number in known where isDraft(number, source) { return number }
        }
        guard signatureSize + signature.count <= Self.maximumSize else { return nil }
        signatureSize += signature.count
        numbers[hash, default: []].append(drafts.count)
        let constants = found.map { item in
            item.canBeConstant ? (base + item.range.lowerBound)..<(base + item.range.upperBound) : nil
        }
        drafts.append(Draft(source: source, signature: signature, constants: constants))
        return drafts.count - 1
    }

    private static func hash(_ bytes: UnsafeRawBufferPointer, _ seed: UInt64) -> UInt64 {
        var hash = seed &+ 0x9e37_79b9_7f4a_7c15
        var offset = 0
        while offset &+ 8 <= bytes.count {
            hash = (hash ^ bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) &* 0x9fb2_1c65_1e98_df25
            hash ^= hash >> 32
            offset &+= 8
        }
        while offset < bytes.count {
            hash = (hash ^ UInt64(bytes[offset])) &* 0x9fb2_1c65_1e98_df25
            offset &+= 1
        }
        return hash ^ hash >> 29
    }

    /// Notes what kinds of fields a span has, and where its values are; whether it is made as spans are.
    private mutating func sign(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var reader = ByteReader(bytes)
        var last: UInt8 = 0
        while reader.remainingCount > 0 {
            let start = reader.offset
            guard let tag = try? reader.varint(), let size = Self.size(tag, &reader),
                let payload = try? reader.bytes(size)
            else { return false }
            let whole = start..<reader.offset
            switch (tag, size) {
            case (0x0a, 16): last = 1
            case (0x12, 8): last = 2
            case (0x22, 8): last = 4
            case (0x39, _): last = 7
            case (0x41, _): last = 8
            case (0x4a, _):
                guard let (key, type, value) = Self.attribute(payload) else {
                    addRun(11, whole, after: &last)
                    continue
                }
                signature.append(9)
                signature.append(type.rawValue)
                signature.append(lent: UnsafeRawBufferPointer(rebasing: payload[key]))
                let base = whole.upperBound - size
                found.append(((base + value.lowerBound)..<(base + value.upperBound), true))
                last = 0
                continue
            case (0x6a, _):
                addRun(13, whole, after: &last)
                continue
            case (0x2a, 0...200), (0x30, _), (0x7a, 0...80), (0x85, _):
                signature.append(0)
                signature.append(lent: UnsafeRawBufferPointer(rebasing: bytes[whole]))
                last = 0
                continue
            default:
                addRun(11, whole, after: &last)
                continue
            }
            signature.append(last)
        }
        return true
    }

    /// Adds a field to a run of fields of its kind.
    private mutating func addRun(_ kind: UInt8, _ range: Range<Int>, after last: inout UInt8) {
        if last == kind, let run = found.popLast() {
            found.append((run.range.lowerBound..<range.upperBound, false))
        } else {
            signature.append(kind)
            found.append((range, false))
        }
        last = kind
    }

    /// How many bytes the value of a field takes, its length read; `nil` for what OTLP has not.
    private static func size(_ tag: UInt64, _ reader: inout ByteReader) -> Int? {
        switch tag & 7 {
        case 0:
            var ahead = reader
            guard (try? ahead.varint()) != nil else { return nil }
            return ahead.offset - reader.offset
        case 1: return 8
        case 2: return try? reader.count()
        case 5: return 4
        default: return nil
        }
    }

    /// Where in a `KeyValue` its key and its plain value are; `nil` if the value is not plain.
    private static func attribute(
        _ message: UnsafeRawBufferPointer
    ) -> (key: Range<Int>, type: ColumnType, value: Range<Int>)? {
        var reader = ByteReader(message)
        guard (try? reader.number(UInt8.self)) == 0x0a, let key = try? reader.delimited() else { return nil }
        let keyRange = (reader.offset - key.count)..<reader.offset
        guard (try? reader.number(UInt8.self)) == 0x12, let value = try? reader.delimited(), reader.remainingCount == 0
        else { return nil }
        let base = reader.offset - value.count
        var inner = ByteReader(value)
        guard let tag = try? inner.number(UInt8.self), let type = ColumnType(rawValue: tag) else { return nil }
        switch type {
        case .string:
            guard let text = try? inner.delimited(), inner.remainingCount == 0 else { return nil }
            return (keyRange, type, (base + value.count - text.count)..<(base + value.count))
        case .bool, .int:
            guard (try? inner.varint()) != nil, inner.remainingCount == 0 else { return nil }
        case .double:
            guard inner.remainingCount == 8 else { return nil }
        }
        return (keyRange, type, (base + 1)..<(base + value.count))
    }

    /// The shapes, and which of a span's values are in columns, by shape.
    ///
    /// - Parameters:
    ///   - order: The shapes by number in the order in which they get new ones.
    ///   - memory: The bytes of all spans.
    ///   - columns: Gives a column's number by its type and key.
    /// - Returns: The shapes.
    func shapes(_ order: [Int], in memory: [UInt8], _ columns: inout ColumnTable) -> [(SpanShape, slots: [ShapeSlot])] {
        order.map { number in
            let draft = drafts[number]
            var slots: [ShapeSlot] = []
            let pieces = draft.signature.withUnsafeBytes { bytes in
                Self.pieces(bytes) { kind, type, key in
                    guard let type, let key else {
                        slots.append(kind == 13 ? .links : .rest)
                        return nil
                    }
                    if let constant = draft.constants[slots.count] {
                        slots.append(.constant)
                        var bytes: [UInt8] = []
                        bytes.append(attribute: key, type, memory[constant])
                        return .literal(bytes)
                    }
                    let column = columns.number(type, key)
                    slots.append(.column(column))
                    return .attribute(key: key, column: column)
                }
            }
            return (SpanShape(source: draft.source, pieces: pieces), slots)
        }
    }

    /// The pieces of a signature; `slot` is asked for each that has a value.
    private static func pieces(
        _ signature: UnsafeRawBufferPointer,
        _ slot: (UInt8, ColumnType?, [UInt8]?) -> SpanShape.Piece?
    ) -> [SpanShape.Piece] {
        var reader = ByteReader(signature)
        var pieces: [SpanShape.Piece] = []
        while let kind = try? reader.number(UInt8.self) {
            switch kind {
            case 0: if let literal = try? reader.delimited() { pieces.append(.literal([UInt8](literal))) }
            case 1: pieces.append(.traceID)
            case 2: pieces.append(.spanID)
            case 4: pieces.append(.parentID)
            case 7: pieces.append(.start)
            case 8: pieces.append(.end)
            case 9:
                let type = (try? reader.number(UInt8.self)).flatMap { ColumnType(rawValue: $0) }
                let key = (try? reader.delimited()).map { [UInt8]($0) }
                if let piece = slot(kind, type, key) { pieces.append(piece) }
            case 13:
                _ = slot(kind, nil, nil)
                pieces.append(.links)
            default:
                _ = slot(kind, nil, nil)
                pieces.append(.rest)
            }
        }
        return pieces
    }
}

/// What becomes of a value of a span of some shape.
enum ShapeSlot {
    /// All spans of the shape have it.
    case constant
    case column(Int)
    case links, rest
}

/// The columns of a partition, by number.
struct ColumnTable {
    private(set) var types: [ColumnType] = []
    private var numbers: [[UInt8]: Int] = [:]

    init() {}

    init(types: [ColumnType]) {
        self.types = types
    }

    mutating func number(_ type: ColumnType, _ key: [UInt8]) -> Int {
        let name = [type.rawValue] + key
        if let number = numbers[name] { return number }
        numbers[name] = types.count
        types.append(type)
        return types.count - 1
    }
}

extension [UInt8] {
    /// Adds a field of an attribute with a plain value.
    mutating func append(attribute key: [UInt8], _ type: ColumnType, _ value: ArraySlice<UInt8>) {
        let valueSize = 1 + value.count + (type == .string ? Self.width(value.count) : 0)
        append(0x4a)
        append(varint: UInt64(2 + Self.width(key.count) + key.count + Self.width(valueSize) + valueSize))
        append(0x0a)
        append(delimited: key)
        append(0x12)
        append(varint: UInt64(valueSize))
        append(type.rawValue)
        if type == .string { append(varint: UInt64(value.count)) }
        append(contentsOf: value)
    }

    private static func width(_ count: Int) -> Int { count < 0x80 ? 1 : (70 - UInt64(count).leadingZeroBitCount) / 7 }
}
