// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import StitchPostgres

@Suite("What a pooler in transaction mode can't do")
struct PoolerRulesTests {
    @Test(
        "What needs a session is objected to",
        arguments: [
            "LISTEN jobs", "listen jobs", " UNLISTEN *", "SET statement_timeout = 5", "SET SESSION x = 1",
            "PREPARE a AS SELECT 1", "DECLARE c CURSOR WITH HOLD FOR SELECT 1", "SELECT pg_advisory_lock(1)",
            "SELECT pg_try_advisory_lock(1, 2)", "select PG_ADVISORY_LOCK_SHARED($1)",
        ]
    )
    func refused(_ sql: String) {
        #expect(PoolerRules.objection(to: sql) != nil)
    }

    @Test(
        "What belongs to a transaction is not",
        arguments: [
            "SET LOCAL statement_timeout = 5", "SET TRANSACTION READ ONLY", "SET CONSTRAINTS ALL DEFERRED",
            "PREPARE TRANSACTION 'a'", "DECLARE c CURSOR FOR SELECT 1", "SELECT pg_advisory_xact_lock(1)", "",
            "SELECT pg_try_advisory_xact_lock(1)", "UPDATE a SET b = 1", "NOTIFY jobs", "SELECT my_pg_advisory_lock(1)",
        ]
    )
    func accepted(_ sql: String) {
        #expect(PoolerRules.objection(to: sql) == nil)
    }
}
