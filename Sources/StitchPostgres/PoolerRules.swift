// SPDX-License-Identifier: Apache-2.0

/// What a connection pooler in transaction mode, such as PgBouncer, can't do: each transaction may be on another connection
/// of the server.
enum PoolerRules {
    /// What is wrong with a statement there, and what to do; `nil` if nothing is known to be.
    static func objection(to sql: String) -> String? {
        let words = sql.uppercased().split { !$0.isLetter && !$0.isNumber && $0 != "_" }
        switch words.first {
        case "LISTEN", "UNLISTEN":
            return
                "LISTEN needs a connection of its own to the server; give the listener an address that leads past the pooler"
        case "SET" where !["LOCAL", "TRANSACTION", "CONSTRAINTS"].contains(words.dropFirst().first):
            return "SET would change a connection that others use; write SET LOCAL inside a transaction"
        case "PREPARE" where words.dropFirst().first != "TRANSACTION":
            return "PREPARE would be known to one connection of several; send the statement as it is"
        case "DECLARE" where words.contains("HOLD"):
            return "a cursor WITH HOLD would stay with a connection that others use; keep it inside a transaction"
        default: break
        }
        let locks: Set<Substring> = [
            "PG_ADVISORY_LOCK", "PG_ADVISORY_LOCK_SHARED", "PG_TRY_ADVISORY_LOCK", "PG_TRY_ADVISORY_LOCK_SHARED",
        ]
        if words.contains(where: locks.contains) {
            return "an advisory lock of the session would stay with a connection that others use; "
                + "use pg_advisory_xact_lock, or an address that leads past the pooler"
        }
        return nil
    }
}
