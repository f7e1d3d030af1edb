// SPDX-License-Identifier: Apache-2.0

extension String {
    /// The text in exactly so many columns: cut with `…` or filled with spaces.
    ///
    /// Data from outside may hold anything: what moves a cursor or turns the direction of writing doesn't come through.
    func fitted(to columns: Int) -> String {
        guard columns > 0 else { return "" }
        let (text, width, isWhole) = TextCells.cut(self, to: columns)
        guard !isWhole else { return text + String(repeating: " ", count: columns - width) }
        let (head, headWidth, _) = TextCells.cut(self, to: columns - 1)
        return head + "…" + String(repeating: " ", count: columns - 1 - headWidth)
    }

    /// The text, cut with `…` if it takes more columns.
    func cut(to columns: Int) -> String { fitted(to: columns).trimmedRight }

    /// The text at the right end of so many columns.
    func rightAligned(in columns: Int) -> String {
        let width = columnCount
        return width >= columns ? fitted(to: columns) : String(repeating: " ", count: columns - width) + printable
    }

    /// How many columns the text takes; of a long one, so many at least.
    var columnCount: Int { TextCells.cut(self, to: TextCells.longest).width }

    /// The text in lines of at most so many columns, broken at spaces where there are any.
    func wrapped(to columns: Int) -> [String] {
        var lines: [String] = []
        for word in printable.split(separator: " ") {
            let word = String(word)
            if let last = lines.last, last.columnCount + word.columnCount < columns {
                lines[lines.count - 1] = "\(last) \(word)"
            } else {
                lines.append(word.cut(to: columns))
            }
        }
        return lines
    }

    /// The text without spaces at its end.
    var trimmedRight: String {
        guard let last = lastIndex(where: { $0 != " " }) else { return "" }
        return String(self[...last])
    }

    /// The text without control characters, marks of direction and the like, and no longer than anybody reads.
    var printable: String {
        let (text, _, isWhole) = TextCells.cut(self, to: TextCells.longest)
        return isWhole ? text : text + "…"
    }
}

/// Puts text into columns of a terminal.
enum TextCells {
    /// More columns of one text are never shown.
    static let longest = 4000

    /// How many marks on one letter are kept; some texts pile up thousands.
    private static let marksPerLetter = 3

    /// As much of a text as goes into so many columns, how many it takes, and whether it is the whole.
    static func cut(_ text: String, to columns: Int) -> (text: String, width: Int, isWhole: Bool) {
        var result = String.UnicodeScalarView()
        var width = 0
        var marks = 0
        for scalar in text.unicodeScalars {
            // Nearly all text is this.
            if scalar.value >= 0x20, scalar.value < 0x7f {
                guard width < columns else { return (String(result), width, false) }
                result.append(scalar)
                width += 1
                marks = 0
                continue
            }
            let shown = shown(scalar)
            let cells = self.columns(of: shown)
            if cells == 0 {
                marks += 1
                if marks <= marksPerLetter { result.append(shown) }
                if marks > longest { return (String(result), width, false) }
                continue
            }
            guard width + cells <= columns else { return (String(result), width, false) }
            result.append(shown)
            width += cells
            marks = 0
        }
        return (String(result), width, true)
    }

    /// What is shown for a scalar: itself, or a stand-in where it would do something rather than show something.
    static func shown(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: " "
        case .format, .surrogate, .privateUse, .unassigned: "\u{FFFD}"
        default: scalar
        }
    }

    private static func columns(of scalar: Unicode.Scalar) -> Int {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark: 0
        default: isWide(scalar) ? 2 : 1
        }
    }

    /// East Asian width and emoji, by block.
    private static func isWide(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case ..<0x1100: false
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF: true
        case 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF: true
        case 0x1F1E6...0x1F1FF: false
        case 0x20000...0x3FFFD: true
        default: scalar.properties.isEmojiPresentation
        }
    }
}
