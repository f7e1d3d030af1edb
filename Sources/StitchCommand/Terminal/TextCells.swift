// SPDX-License-Identifier: Apache-2.0

extension String {
    /// The text in exactly so many columns: cut with `…` or filled with spaces.
    ///
    /// Control characters, which data from outside may hold, become spaces, so that they move no cursor.
    func fitted(to columns: Int) -> String {
        let clean = printable
        guard clean.count > columns else { return clean + String(repeating: " ", count: columns - clean.count) }
        return columns > 0 ? String(clean.prefix(columns - 1)) + "…" : ""
    }

    /// The text at the right end of so many columns.
    func rightAligned(in columns: Int) -> String {
        count >= columns ? fitted(to: columns) : String(repeating: " ", count: columns - count) + self
    }

    /// The text without spaces at its end.
    var trimmedRight: String { String(reversed().drop { $0 == " " }.reversed()) }

    /// The text without control characters.
    var printable: String {
        String(unicodeScalars.map { $0.properties.generalCategory == .control ? " " : Character($0) })
    }
}
