// SPDX-License-Identifier: Apache-2.0

/// Puts text into pages.
enum HTMLText {
    /// More of one text is never shown.
    private static let longest = 4000

    /// The text as it stands in an element or in an attribute in double quotes.
    ///
    /// Data from outside may hold anything: none of it is markup, turns the direction of writing or hides. Line breaks and
    /// tabs stay.
    static func escape(_ text: String) -> String {
        var result = ""
        var count = 0
        for scalar in text.unicodeScalars {
            guard count < longest else { return result + "…" }
            count += 1
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            case "\n", "\t": result.unicodeScalars.append(scalar)
            default: result.unicodeScalars.append(TextCells.shown(scalar))
            }
        }
        return result
    }

    /// A share of a whole as a percentage that CSS reads.
    static func percent(_ share: Double) -> String {
        let bounded = share.isFinite ? min(max(share, 0), 1) : 0
        return "\((bounded * 100_000).rounded() / 1000)%"
    }
}
