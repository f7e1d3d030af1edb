// SPDX-License-Identifier: Apache-2.0

/// What the bytes of many spans have in common: everything but ids, times and the values of some attributes.
struct SpanShape {
    /// A run of a span's bytes.
    enum Piece {
        /// The same in all spans of the shape.
        case literal([UInt8])
        case traceID, spanID, parentID, start, end
        /// An attribute with a value of a column.
        case attribute(key: [UInt8], column: Int)
        /// All that it links to.
        case links
        /// Whatever else there is: events and the like.
        case rest
    }

    var source: UInt32
    var pieces: [Piece]

    /// The columns of its attributes, in their order.
    var columns: [Int] {
        pieces.compactMap { if case .attribute(_, let column) = $0 { column } else { nil } }
    }

    func write(to bytes: inout [UInt8]) {
        bytes.append(varint: UInt64(source))
        bytes.append(varint: UInt64(pieces.count))
        for piece in pieces {
            switch piece {
            case .literal(let literal):
                bytes.append(0)
                bytes.append(delimited: literal)
            case .traceID: bytes.append(1)
            case .spanID: bytes.append(2)
            case .parentID: bytes.append(4)
            case .start: bytes.append(7)
            case .end: bytes.append(8)
            case .attribute(let key, let column):
                bytes.append(9)
                bytes.append(varint: UInt64(column))
                bytes.append(delimited: key)
            case .links: bytes.append(13)
            case .rest: bytes.append(11)
            }
        }
    }

    init(source: UInt32, pieces: [Piece]) {
        (self.source, self.pieces) = (source, pieces)
    }

    init(_ reader: inout ByteReader, columnCount: Int, sourceCount: Int) throws(DamagedBytes) {
        let number = try reader.count()
        guard number < sourceCount else { throw DamagedBytes() }
        source = UInt32(number)
        pieces = []
        for _ in 0..<(try reader.count()) {
            switch try reader.number(UInt8.self) {
            case 0: pieces.append(.literal([UInt8](try reader.delimited())))
            case 1: pieces.append(.traceID)
            case 2: pieces.append(.spanID)
            case 4: pieces.append(.parentID)
            case 7: pieces.append(.start)
            case 8: pieces.append(.end)
            case 9:
                let column = try reader.count()
                guard column < columnCount else { throw DamagedBytes() }
                pieces.append(.attribute(key: [UInt8](try reader.delimited()), column: column))
            case 13: pieces.append(.links)
            case 11: pieces.append(.rest)
            default: throw DamagedBytes()
            }
        }
    }
}

/// How the values of a column are told in OTLP's `AnyValue`.
enum ColumnType: UInt8 {
    case string = 0x0a
    case bool = 0x10
    case int = 0x18
    case double = 0x21
}
