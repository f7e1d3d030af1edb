// SPDX-License-Identifier: Apache-2.0

import StitchPostgres
import TracedJobs

/// A job queue whose clock runs like the real one, but can be moved forward.
enum MovableClock {
    /// Makes the queue's tables, and the clock in place of the real one.
    static func makeTables(of jobs: JobQueue) async throws {
        try await jobs.migrate()
        try await jobs.database.withTransaction { try await $0.executeScript(definition(schema: jobs.schema)) }
    }

    static func definition(schema: String) -> String {
        let schema = PostgresIdentifier(schema)
        return """
            CREATE TABLE \(schema).test_clock (advance interval NOT NULL);
            ALTER TABLE \(schema).test_clock REPLICA IDENTITY FULL;
            INSERT INTO \(schema).test_clock VALUES (interval '0');
            CREATE OR REPLACE FUNCTION \(schema).now() RETURNS timestamptz LANGUAGE sql STABLE
                SET search_path = pg_catalog
                AS $$ SELECT clock_timestamp() + advance FROM \(schema).test_clock $$;
            CREATE FUNCTION \(schema).advance_clock(target timestamptz) RETURNS void LANGUAGE sql VOLATILE
                SET search_path = pg_catalog
                AS $$ UPDATE \(schema).test_clock
                      SET advance = advance + greatest(target - \(schema).now(), interval '0') $$;
            """
    }
}

extension DatabaseTemplate {
    /// A queue in the schema that it has by default, with a movable clock.
    static let jobs = DatabaseTemplate(
        "jobs",
        version: ((try? JobQueue.migrationScript()) ?? "")
            + MovableClock.definition(schema: JobQueue.defaultSchema)
    ) { database in
        try await MovableClock.makeTables(of: JobQueue(database))
    }
}
