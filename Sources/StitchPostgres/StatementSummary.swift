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
        var previous: Unicode.Scalar?
        for scalar in sql.unicodeScalars {
            let startsLiteral = scalar == "'" || (scalar == "$" && previous == "$")
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
            previous = scalar
        }
        return String(summary)
    }
}
