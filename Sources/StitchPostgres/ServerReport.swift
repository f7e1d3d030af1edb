// SPDX-License-Identifier: Apache-2.0

import CStitchLibpq

/// What the server says about a statement that it refused, without the values that the statement dealt with.
struct ServerReport {
    var sqlState: String
    var message: String
    var hint: String?
    var constraint: String?
    /// The function of the server that refused, which no language changes.
    var function: String?

    /// Reads the report of a failed result; the result stays with its owner.
    init(_ result: OpaquePointer) {
        func field(_ code: Int32) -> String? {
            // The text belongs to the result.
            PQresultErrorField(result, code).map { String(cString: $0) }
        }
        sqlState = field(Int32(UInt8(ascii: "C"))) ?? "XX000"
        message = field(Int32(UInt8(ascii: "M"))) ?? "no reason given"
        hint = field(Int32(UInt8(ascii: "H")))
        constraint = field(Int32(UInt8(ascii: "n")))
        function = field(Int32(UInt8(ascii: "R")))
    }

    init(
        sqlState: String,
        message: String,
        hint: String? = nil,
        constraint: String? = nil,
        function: String? = nil
    ) {
        self.sqlState = sqlState
        self.message = message
        self.hint = hint
        self.constraint = constraint
        self.function = function
    }

    /// Whether a prepared statement does not fit its tables any more.
    var isStalePlan: Bool { sqlState == "0A000" && function == "RevalidateCachedQuery" }

    func error(running statement: StatementSummary) -> PostgresError {
        var text = "\(statement): \(withoutValues)"
        if let constraint { text += " (constraint \(constraint))" }
        if let hint {
            text += "; \(hint)"
        } else if let advice = PostgresError.Code.server(sqlState).advice {
            text += "; \(advice)"
        }
        return PostgresError(.server(sqlState), text)
    }

    /// Messages of class 22 (data exception) quote the value that could not be used, each language in its own way; what is
    /// between the first quote and the last one is left out.
    private var withoutValues: String {
        guard sqlState.hasPrefix("22") else { return message }
        let scalars = message.unicodeScalars
        let quotes = scalars.indices.filter { index in
            guard Self.quotes.contains(scalars[index]) else { return false }
            // Not an apostrophe.
            let next = scalars.index(after: index)
            guard index > scalars.startIndex, next < scalars.endIndex else { return true }
            let neighbours = [scalars[scalars.index(before: index)], scalars[next]]
            return !neighbours.allSatisfy { $0.properties.isAlphabetic }
        }
        guard let first = quotes.first, let last = quotes.last else { return message }
        let end = first == last ? scalars.endIndex : scalars.index(after: last)
        return String(scalars[..<first]) + "…" + String(scalars[end...])
    }

    private static let quotes = Set("\"'`´«»‹›„“”‟‚‘’‛「」『』＂＇".unicodeScalars)
}
