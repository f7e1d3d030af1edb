// SPDX-License-Identifier: Apache-2.0

/// The names of a queue's tables and functions, and the SQL that makes them.
struct JobSchema: Sendable, Hashable {
    let name: String
    /// The channel on which workers hear of new jobs.
    let channel: String
    private let quoted: PostgresIdentifier

    /// Postgres cuts names at 63 bytes; the channel's has the schema's in it.
    private static let maximumLength = 48

    init(_ name: String) throws(JobError) {
        guard (1...Self.maximumLength).contains(name.utf8.count), !name.utf8.contains(0) else {
            throw JobError(
                .invalidConfiguration,
                "The schema's name \"\(name)\" can't be used; it needs 1 to \(Self.maximumLength) bytes and no NUL"
            )
        }
        self.name = name
        channel = "stitch_jobs_\(name)"
        quoted = PostgresIdentifier(name)
    }

    var jobs: String { "\(quoted).jobs" }
    var attempts: String { "\(quoted).attempts" }
    var leases: String { "\(quoted).leases" }
    /// The one source of time.
    ///
    /// The test kit replaces the function in its own databases.
    var now: String { "\(quoted).now()" }
    /// Exists in databases of the test kit only.
    var advanceClock: String { "\(quoted).advance_clock" }

    /// Makes everything that does not exist yet.
    var definition: String {
        """
        CREATE SCHEMA IF NOT EXISTS \(quoted);

        DO $migration$ BEGIN
            IF to_regprocedure($name$\(now)$name$) IS NULL THEN
                CREATE FUNCTION \(now) RETURNS timestamptz LANGUAGE sql STABLE
                    SET search_path = pg_catalog AS 'SELECT clock_timestamp()';
            END IF;
        END $migration$;

        CREATE SEQUENCE IF NOT EXISTS \(leases);

        CREATE TABLE IF NOT EXISTS \(jobs) (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            queue text NOT NULL,
            kind text NOT NULL,
            payload jsonb NOT NULL,
            state text NOT NULL DEFAULT 'ready'
                CHECK (state IN ('ready', 'running', 'succeeded', 'cancelled', 'discarded', 'dead')),
            reason text,
            -- Attempts that have ended; a rescue, a snooze or a shutdown ends none.
            attempt integer NOT NULL DEFAULT 0,
            maximum_attempts integer NOT NULL,
            losses integer NOT NULL DEFAULT 0,
            created_at timestamptz NOT NULL,
            scheduled_at timestamptz NOT NULL,
            run_at timestamptz NOT NULL,
            waiting_since timestamptz NOT NULL,
            waiting_for text NOT NULL DEFAULT 'schedule',
            claimed_at timestamptz,
            finished_at timestamptz,
            -- The lease: who works on the job, until when, and the number without which nothing may be said about it.
            worker text,
            lease bigint,
            lease_expires_at timestamptz,
            -- The context of the span that enqueued the job. Written once.
            trace_id bytea CHECK (octet_length(trace_id) = 16),
            span_id bytea CHECK (octet_length(span_id) = 8),
            trace_flags smallint,
            tracestate text,
            baggage text,
            carrier jsonb,
            -- The span of the last attempt, for the link of the next one.
            last_trace_id bytea CHECK (octet_length(last_trace_id) = 16),
            last_span_id bytea CHECK (octet_length(last_span_id) = 8),
            last_trace_flags smallint
        );
        CREATE INDEX IF NOT EXISTS jobs_ready ON \(jobs) (queue, run_at, id) WHERE state = 'ready';
        CREATE INDEX IF NOT EXISTS jobs_running ON \(jobs) (lease_expires_at) WHERE state = 'running';

        CREATE TABLE IF NOT EXISTS \(attempts) (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            job_id bigint NOT NULL REFERENCES \(jobs) (id) ON DELETE CASCADE,
            number integer NOT NULL,
            trace_id bytea CHECK (octet_length(trace_id) = 16),
            span_id bytea CHECK (octet_length(span_id) = 8),
            started_at timestamptz,
            ended_at timestamptz NOT NULL,
            outcome text NOT NULL,
            error text,
            worker text
        );
        CREATE INDEX IF NOT EXISTS attempts_job ON \(attempts) (job_id, id);
        """
    }
}
