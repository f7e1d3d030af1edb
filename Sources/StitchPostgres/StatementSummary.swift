// SPDX-License-Identifier: Apache-2.0

/// The beginning of a statement for error messages: one line, short, and ending before the first literal, which may be
/// a secret.
///
/// It is made when it is printed, because nobody asks for most.
struct StatementSummary: Sendable, CustomStringConvertible {
    private let sql: String
    private let limit: Int

    init(_ sql: String, limit: Int = 80) {
        self.sql = sql
        self.limit = limit
    }

    var description: String {
        var summary = String.UnicodeScalarView()
        var pendingSpace = false
        /// Whether a dollar sign and nothing but a tag have come, so that the next one begins a literal.
        var isInTag = false
        var previous: Unicode.Scalar?
        for scalar in sql.unicodeScalars {
            let startsLiteral = scalar == "'" || (scalar == "$" && isInTag)
            if startsLiteral || summary.count >= limit {
                summary.append(contentsOf: pendingSpace ? " …".unicodeScalars : "…".unicodeScalars)
                break
            }
            if scalar.properties.isWhitespace {
                pendingSpace = !summary.isEmpty
            } else {
                if pendingSpace { summary.append(" ") }
                pendingSpace = false
                summary.append(scalar)
            }
            // A parameter is no tag: that does not begin with a digit.
            let isLetter = scalar == "_" || scalar.properties.isAlphabetic
            isInTag = scalar == "$" || isInTag && (isLetter || scalar.properties.numericType != nil && previous != "$")
            previous = scalar
        }
        return String(summary)
    }
}
