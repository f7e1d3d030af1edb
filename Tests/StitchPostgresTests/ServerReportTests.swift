// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import StitchPostgres

@Suite("What the server says of a failure")
struct ServerReportTests {
    private func text(_ sqlState: String, _ message: String) -> String {
        ServerReport(sqlState: sqlState, message: message).error(running: StatementSummary("SELECT $1")).message
    }

    @Test(
        "A value that could not be used is left out, in whatever quotes a language puts it",
        arguments: [
            #"invalid input syntax for type integer: "hunter2""#, #"value "hunter2" is out of range for type "oid""#,
            "ungültige Eingabesyntax für Typ integer: »hunter2«",
            "syntaxe en entrée invalide pour le type integer : « hunter2 »",
            "неверный синтаксис для типа integer: \u{201e}hunter2\u{201c}", "sintassi non valida: 'hunter2'",
            "型integerの入力構文が不正です: 「hunter2」", "l'argument ‹hunter2› n'est pas valable",
            #"a quote without its end: "hunter2"#,
        ]
    )
    func quotes(_ message: String) {
        let text = text("22P02", message)
        #expect(!text.contains("hunter2"), "\(text)")
        #expect(text.contains("…"))
        #expect(text.contains(message.prefix(5)), "\(text)")
    }

    @Test("An apostrophe is no quote, and other classes tell names, which are kept")
    func kept() {
        #expect(text("22023", "A job can't wait so long").contains("A job can't wait so long"))
        #expect(text("42P01", #"relation "orders" does not exist"#).contains(#""orders""#))
    }

    @Test("That a prepared statement is stale is known by code and function, in every language")
    func stale() {
        func isStale(_ sqlState: String, _ function: String?) -> Bool {
            ServerReport(sqlState: sqlState, message: "Plan im Cache", function: function).isStalePlan
        }
        #expect(isStale("0A000", "RevalidateCachedQuery"))
        #expect(!isStale("0A000", "transformOnConflict"))
        #expect(!isStale("0A000", nil))
        #expect(!isStale("42P01", "RevalidateCachedQuery"))
    }
}
