// SPDX-License-Identifier: Apache-2.0

/// Where the values are that the spans of a block, or the links of these, don't have in common.
struct ColumnValues: Sendable {
    /// In the block's text; of links, which of these.
    private(set) var values: [ByteRange] = []
    /// The values of each span, in the order in which its shape has them.
    private var slots: [Int32] = []
    private var starts: [Int32] = []

    /// What stands before the columns of values: the rest, links.
    private static let reserved = 2

    /// Of nothing.
    init() {}

    /// Reads columns.
    ///
    /// - Parameters:
    ///   - numbers: The shape of each span.
    ///   - shapes: The columns of these.
    ///   - types: The types of columns.
    ///   - runs: Runs of links, one for each value that is one.
    ///   - reader: Reads the block's text.
    ///   - raw: Reads the bytes that could not be made smaller.
    ///   - text: The block's text, to which values are added that stand nowhere.
    /// - Throws: ``DamagedBytes``.
    init(
        _ numbers: [Int32],
        _ shapes: ShapeColumns,
        _ types: [ColumnType],
        runs: [ByteRange],
        _ reader: inout ByteReader,
        raw: inout ByteReader,
        text: inout [UInt8]
    ) throws(DamagedBytes) {
        // How many values a column has; then, where the next one is.
        var places = [Int32](repeating: 0, count: types.count + Self.reserved)
        var total = 0
        for number in numbers {
            shapes.forEach(of: number) { column in
                places[column + Self.reserved] += 1
                total += 1
            }
        }
        values.reserveCapacity(total)
        slots.reserveCapacity(total)
        for column in places.indices where places[column] > 0 {
            let count = Int(places[column])
            places[column] = Int32(truncatingIfNeeded: values.count)
            switch column - Self.reserved {
            case SpanShape.rest:
                for _ in 0..<count {
                    let size = try reader.count()
                    values.append(ByteRange(start: reader.offset, count: size))
                    _ = try reader.bytes(size)
                }
            case SpanShape.links:
                guard runs.count == count else { throw DamagedBytes() }
                values += runs
            default: try ValueColumn.read(&reader, raw: &raw, count: count, into: &text, values: &values)
            }
        }
        starts.reserveCapacity(numbers.count + 1)
        for number in numbers {
            starts.append(Int32(truncatingIfNeeded: slots.count))
            shapes.forEach(of: number) { column in
                slots.append(places[column + Self.reserved])
                places[column + Self.reserved] += 1
            }
        }
        starts.append(Int32(truncatingIfNeeded: slots.count))
    }

    /// The values of a span, by their places.
    func slots(_ row: Int) -> ArraySlice<Int32> { slots[Int(starts[row])..<Int(starts[row + 1])] }

    /// How many bytes it takes.
    var size: Int { values.count * MemoryLayout<ByteRange>.stride + (slots.count + starts.count) * 4 }
}
