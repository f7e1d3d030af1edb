// SPDX-License-Identifier: Apache-2.0

/// A table of text: columns as wide as what is in them, the first of them cut where there is no room.
struct TextTable {
    /// One column.
    struct Column {
        let title: String
        var isNumber = false
        /// Wider ones are cut.
        var longest = 40

        init(_ title: String, isNumber: Bool = false, longest: Int = 40) {
            self.title = title
            self.isNumber = isNumber
            self.longest = longest
        }
    }

    let columns: [Column]
    let rows: [[String]]

    private static let narrowest = 8

    func text(_ console: Console) -> String {
        var widths = columns.indices.map { column in
            let content = rows.map { $0[column].columnCount }.max() ?? 0
            return min(columns[column].longest, max(columns[column].title.count, content))
        }
        var excess = widths.reduce(0, +) + 2 * max(0, widths.count - 1) - console.terminal.width
        // Numbers stay whole; the widest text gives way first.
        while excess > 0 {
            let texts = widths.indices.filter { !columns[$0].isNumber && widths[$0] > Self.narrowest }
            guard let widest = texts.max(by: { widths[$0] < widths[$1] }) else { break }
            widths[widest] -= 1
            excess -= 1
        }
        func line(_ cells: [String]) -> String {
            let cells = zip(cells, columns.indices).map { cell, column in
                columns[column].isNumber ? cell.rightAligned(in: widths[column]) : cell.fitted(to: widths[column])
            }
            return cells.joined(separator: "  ").cut(to: console.terminal.width) + "\n"
        }
        let heading = String(line(columns.map(\.title)).dropLast())
        return console.paint(heading, .dim) + "\n" + rows.map { line($0) }.joined()
    }
}
