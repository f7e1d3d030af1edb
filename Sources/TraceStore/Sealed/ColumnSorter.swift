// SPDX-License-Identifier: Apache-2.0

/// Brings values that come row by row together by column, in the order in which they came.
struct ColumnSorter {
    private var items: [(column: Int32, value: ByteRange)] = []
    /// How many values each column has; while they are put in order, where the next one goes.
    private var counts: [Int32]
    private var columns: [Int] = []
    private var sorted: [ByteRange] = []

    /// A sorter for columns below a number.
    init(columnCount: Int) {
        counts = [Int32](repeating: 0, count: columnCount)
    }

    @inline(__always)
    mutating func add(_ value: ByteRange, to column: Int) {
        if counts[column] == 0 { columns.append(column) }
        counts[column] &+= 1
        items.append((Int32(truncatingIfNeeded: column), value))
    }

    /// Hands over the values of each column, from the first, and forgets them.
    mutating func drain(_ body: (_ column: Int, _ values: UnsafeBufferPointer<ByteRange>) -> Void) {
        columns.sort()
        var ranges: [Range<Int>] = []
        ranges.reserveCapacity(columns.count)
        var start = 0
        for column in columns {
            let end = start + Int(counts[column])
            ranges.append(start..<end)
            counts[column] = Int32(truncatingIfNeeded: start)
            start = end
        }
        let missing = items.count - sorted.count
        if missing > 0 { sorted += repeatElement(ByteRange(start: 0, count: 0), count: missing) }
        for (column, value) in items {
            let place = counts[Int(column)]
            sorted[Int(place)] = value
            counts[Int(column)] = place &+ 1
        }
        sorted.withUnsafeBufferPointer { sorted in
            for (column, range) in zip(columns, ranges) {
                body(column, UnsafeBufferPointer(rebasing: sorted[range]))
                counts[column] = 0
            }
        }
        columns.removeAll(keepingCapacity: true)
        items.removeAll(keepingCapacity: true)
    }
}
