// SPDX-License-Identifier: Apache-2.0

import CStitchLibpq

/// What the server says about a statement that it refused, without the values that the statement dealt with.
struct ServerReport {
    var sqlState: String
    var message: String
    var hint: String?
    var constraint: String?

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
    }

    init(sqlState: String, message: String, hint: String? = nil, constraint: String? = nil) {
        self.sqlState = sqlState
        self.message = message
        self.hint = hint
        self.constraint = constraint
    }

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

    /// Messages of class 22 (data exception) quote the value that could not be used.
    private var withoutValues: String {
        guard sqlState.hasPrefix("22"), let start = message.firstIndex(of: "\""), let end = message.lastIndex(of: "\"")
        else { return message }
        return message.replacingCharacters(in: start...end, with: "…")
    }
}

extension String {
    fileprivate func replacingCharacters(in range: ClosedRange<Index>, with text: String) -> String {
        var copy = self
        copy.replaceSubrange(range, with: text)
        return copy
    }
}
