// SPDX-License-Identifier: Apache-2.0

/// Rows of an open partition, those first that start last; of many that are found few are looked at, so that they are not
/// all put in order.
struct NewestRows {
    struct Row {
        var start: UInt64
        var row: Int
        var place: OpenIndex.Place

        fileprivate func precedes(_ other: Row) -> Bool { (start, row) > (other.start, other.row) }
    }

    /// A heap: none of the two at `2 n + 1` and `2 n + 2` precedes the one at `n`.
    private var rows: [Row]

    init(_ rows: [Row]) {
        self.rows = rows
        for place in stride(from: rows.count / 2 - 1, through: 0, by: -1) { sink(place) }
    }

    /// The next row, which is taken out.
    mutating func popFirst() -> Row? {
        guard let last = rows.popLast() else { return nil }
        guard let first = rows.first else { return last }
        rows[0] = last
        sink(0)
        return first
    }

    private mutating func sink(_ start: Int) {
        var place = start
        while true {
            var first = place
            for child in [2 * place + 1, 2 * place + 2] where child < rows.count && rows[child].precedes(rows[first]) {
                first = child
            }
            if first == place { return }
            rows.swapAt(first, place)
            place = first
        }
    }
}
