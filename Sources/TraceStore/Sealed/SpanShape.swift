// SPDX-License-Identifier: Apache-2.0

/// What the bytes of many spans, or links, have in common: everything but ids, times and the values of some attributes.
struct SpanShape: Sendable {
    /// What stands next.
    struct Step: Sendable {
        var kind: PieceList.Kind
        /// Of an attribute's values.
        var type = ColumnType.string
        /// The column of the value, if it has one.
        var column = SpanShape.rest
        /// Where in ``text`` a literal or an attribute's key is.
        var text = 0..<0
    }

    /// Stand for columns: a value that is the same in all of the shape, links, whatever else there is.
    static let constant = -3
    static let rest = -2
    static let links = -1

    /// Of a span.
    var source: UInt32
    private(set) var steps: [Step] = []
    private(set) var text: [UInt8] = []
    /// The columns of its values, in their order.
    private(set) var columns: [Int] = []
    private(set) var hasParent = false
    /// How many bytes there are without the values, at most.
    private(set) var largestFixedSize = 0

    init(source: UInt32) {
        self.source = source
    }

    /// Adds what all have; it becomes one with a literal before it.
    mutating func add(literal: some Collection<UInt8>) {
        let start = text.count
        text += literal
        largestFixedSize += text.count - start
        if let last = steps.last, last.kind == .literal {
            steps[steps.count - 1].text = last.text.lowerBound..<text.count
        } else {
            steps.append(Step(kind: .literal, text: start..<text.count))
        }
    }

    /// Adds an attribute with a value of a column.
    mutating func add(key: some Collection<UInt8>, _ type: ColumnType, column: Int) {
        let start = text.count
        text += key
        // Tags, a type, and four lengths.
        largestFixedSize += text.count - start + 4 + 4 * 10
        steps.append(Step(kind: .attribute, type: type, column: column, text: start..<text.count))
        columns.append(column)
    }

    /// Adds an id, a time, links or the rest.
    mutating func add(_ kind: PieceList.Kind) {
        switch kind {
        case .links, .rest:
            let column = kind == .links ? Self.links : Self.rest
            steps.append(Step(kind: kind, column: column))
            columns.append(column)
        default:
            if kind == .parentID { hasParent = true }
            largestFixedSize += 18
            steps.append(Step(kind: kind))
        }
    }

    func write(to bytes: inout [UInt8]) {
        bytes.append(varint: UInt64(source))
        bytes.append(varint: UInt64(steps.count))
        for step in steps {
            bytes.append(step.kind.rawValue)
            switch step.kind {
            case .literal: bytes.append(delimited: text[step.text])
            case .attribute:
                bytes.append(varint: UInt64(step.column))
                bytes.append(delimited: text[step.text])
            default: break
            }
        }
    }

    init(_ reader: inout ByteReader, types: [ColumnType], sourceCount: Int) throws(DamagedBytes) {
        let number = try reader.count()
        guard number < sourceCount else { throw DamagedBytes() }
        self.init(source: UInt32(number))
        for _ in 0..<(try reader.count()) {
            guard let kind = PieceList.Kind(rawValue: try reader.number()) else { throw DamagedBytes() }
            switch kind {
            case .literal: add(literal: try reader.delimited())
            case .attribute:
                let column = try reader.count()
                guard column < types.count else { throw DamagedBytes() }
                add(key: try reader.delimited(), types[column], column: column)
            default: add(kind)
            }
        }
    }
}

/// How the values of a column are told in OTLP's `AnyValue`.
enum ColumnType: UInt8, Sendable {
    case string = 0x0a
    case bool = 0x10
    case int = 0x18
    case double = 0x21
}

/// The columns of a partition, by number.
struct ColumnTable {
    private(set) var types: [ColumnType] = []
    private var numbers: [[UInt8]: Int] = [:]

    init() {}

    /// The columns of a file.
    init(_ reader: inout ByteReader) throws(DamagedBytes) {
        for byte in try reader.delimited() {
            guard let type = ColumnType(rawValue: byte) else { throw DamagedBytes() }
            types.append(type)
        }
    }

    mutating func number(_ type: ColumnType, _ key: some Collection<UInt8>) -> Int {
        let name = [type.rawValue] + key
        if let number = numbers[name] { return number }
        numbers[name] = types.count
        types.append(type)
        return types.count - 1
    }
}

extension [UInt8] {
    /// How many bytes a number takes, seven bits each.
    @inline(__always)
    static func width(_ count: Int) -> Int {
        count < 0x80 ? 1 : (70 &- UInt64(truncatingIfNeeded: count).leadingZeroBitCount) / 7
    }

    /// How many bytes OTLP's `AnyValue` has.
    @inline(__always)
    static func valueSize(_ type: ColumnType, _ count: Int) -> Int {
        1 &+ count &+ (type == .string ? width(count) : 0)
    }

    /// How many bytes OTLP's `KeyValue` has.
    @inline(__always)
    static func attributeSize(key: Int, _ type: ColumnType, value: Int) -> Int {
        let size = valueSize(type, value)
        return 2 &+ width(key) &+ key &+ width(size) &+ size
    }

    /// How many bytes a field has that holds it, with a tag of one byte.
    @inline(__always)
    static func fieldSize(key: Int, _ type: ColumnType, value: Int) -> Int {
        let size = attributeSize(key: key, type, value: value)
        return 1 &+ width(size) &+ size
    }
}
