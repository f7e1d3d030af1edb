// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TraceStore

@Suite("The newest rows of an open partition")
struct NewestRowsTests {
    @Test("come as a sort would have them come, however many there are", arguments: [0, 1, 2, 3, 7, 8, 1_000])
    func order(_ count: Int) {
        var random = SystemRandomNumberGenerator()
        let rows = (0..<count).map { row in
            // Some start together: the later row comes first.
            let start = UInt64.random(in: 0..<UInt64(max(1, count / 2)), using: &random)
            return NewestRows.Row(
                start: start,
                row: row,
                place: OpenIndex.Place(batch: Int64(row), offset: 0, count: 0, source: 0)
            )
        }
        var newest = NewestRows(rows.shuffled(using: &random))
        var popped: [Int] = []
        while let row = newest.popFirst() {
            #expect(row.place.batch == Int64(row.row))
            popped.append(row.row)
        }
        #expect(popped == rows.sorted { ($0.start, $0.row) > ($1.start, $1.row) }.map(\.row))
    }
}
