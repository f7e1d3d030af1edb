// SPDX-License-Identifier: Apache-2.0

/// A table of text: columns as wide as what is in them, the first of them cut where there is no room.
struct TextTable {
    /// One column.
    struct Column {
        let title: String
        var isNumber = false
        /// Whether it may be left out where there is no room, or nothing in it.
        var isOptional = false
        /// Wider ones are cut.
        var longest = 40

        init(_ title: String, isNumber: Bool = false, isOptional: Bool = false, longest: Int = 40) {
            self.title = title
            self.isNumber = isNumber
            self.isOptional = isOptional
            self.longest = longest
        }
    }

    private var columns: [Column]
    private var rows: [[String]]

    /// Texts are not made narrower than this while there is a column that may be left out.
    private static let comfortable = 20
    private static let narrowest = 8

    init(columns: [Column], rows: [[String]]) {
        self.columns = columns
        self.rows = rows
        for column in columns.indices.reversed() where columns[column].isOptional {
            if rows.allSatisfy({ $0[column] == "–" || $0[column].isEmpty }) { leaveOut(column) }
        }
    }

    private mutating func leaveOut(_ column: Int) {
        columns.remove(at: column)
        for row in rows.indices { rows[row].remove(at: column) }
    }

    private func width(of column: Int) -> Int {
        let content = rows.map { $0[column].columnCount }.max() ?? 0
        return min(columns[column].longest, max(columns[column].title.count, content))
    }

    func text(_ console: Console) -> String {
        var table = self
        while let column = table.columns.lastIndex(where: \.isOptional) {
            let widths = table.columns.indices.map { index in
                table.columns[index].isNumber
                    ? table.width(of: index) : min(Self.comfortable, table.width(of: index))
            }
            let least = widths.reduce(0, +) + 2 * (widths.count - 1)
            if least <= console.terminal.width { break }
            table.leaveOut(column)
        }
        return table.fittedText(console)
    }

    private func fittedText(_ console: Console) -> String {
        var widths = columns.indices.map { width(of: $0) }
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
