// SPDX-License-Identifier: Apache-2.0

import StitchPostgres
import TracedJobs

/// Replaces the clock of a job queue by one that runs like the real one, but can be moved forward.
struct MovableClock: Sendable {
    private let jobs: JobQueue

    init(_ jobs: JobQueue) { self.jobs = jobs }

    func install() async throws {
        let schema = PostgresIdentifier(jobs.schema)
        try await jobs.database.withTransaction { transaction in
            try await transaction.executeScript(
                """
                CREATE TABLE \(schema).test_clock (advance interval NOT NULL);
                INSERT INTO \(schema).test_clock VALUES (interval '0');
                CREATE OR REPLACE FUNCTION \(schema).now() RETURNS timestamptz LANGUAGE sql STABLE
                    SET search_path = pg_catalog
                    AS $$ SELECT clock_timestamp() + advance FROM \(schema).test_clock $$;
                CREATE FUNCTION \(schema).advance_clock(target timestamptz) RETURNS void LANGUAGE sql VOLATILE
                    SET search_path = pg_catalog
                    AS $$ UPDATE \(schema).test_clock
                          SET advance = advance + greatest(target - \(schema).now(), interval '0') $$;
                """
            )
        }
    }
}
