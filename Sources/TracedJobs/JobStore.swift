// SPDX-License-Identifier: Apache-2.0

import Foundation
import MessageTracing
import StitchPostgres
import TelemetryData
import TraceContext

/// What a worker says to the database, one statement each.
///
/// Nothing here is cut short when the worker's task is cancelled: a claim or a completion whose answer nobody heard
/// would cost a lease.
struct JobStore: Sendable {
    let database: PostgresPool
    let names: JobSchema

    /// Takes leases for jobs that are due, at most as many as are wished for.
    func claim(
        _ wishes: [ClaimPlan.Wish],
        kinds: [String],
        worker: String,
        lease: Duration
    ) async throws(JobError) -> [ClaimedJob] {
        let sql = """
            WITH picked AS (
                SELECT due.id FROM unnest($1::text[], $2::bigint[]) AS wish (queue, count)
                CROSS JOIN LATERAL (
                    SELECT id FROM \(names.jobs) AS job
                    WHERE state = 'ready' AND job.queue = wish.queue AND kind = ANY ($3::text[])
                        AND run_at <= (SELECT \(names.now))
                    ORDER BY run_at, id LIMIT wish.count FOR UPDATE SKIP LOCKED
                ) AS due
            ), instant AS MATERIALIZED (SELECT \(names.now) AS now)
            UPDATE \(names.jobs) AS job
            SET state = 'running', worker = $4, claimed_at = now, lease = nextval($5::regclass),
                lease_expires_at = now + $6::float8 * interval '1 second'
            FROM picked, instant WHERE job.id = picked.id
            RETURNING job.id, queue, kind, payload, attempt, maximum_attempts, losses, created_at, scheduled_at, lease,
                trace_id, span_id, trace_flags, tracestate, baggage, carrier, last_trace_id, last_span_id,
                last_trace_flags, waiting_for,
                extract(epoch FROM claimed_at - created_at)::float8 AS age,
                extract(epoch FROM claimed_at - waiting_since)::float8 AS wait_total,
                extract(epoch FROM greatest(run_at - waiting_since, interval '0'))::float8 AS wait_until_due
            """
        return try await answered("Claiming jobs") { [self] () async throws(PostgresError) in
            let rows = try await database.query(
                sql,
                wishes.map(\.queue),
                wishes.map { Int64($0.count) },
                kinds,
                worker,
                names.leases,
                lease.inSeconds
            )
            return try rows.map { row throws(PostgresError) in try ClaimedJob(row) }
        }
    }

    /// Says what became of an attempt, if this worker still holds the lease.
    ///
    /// - Returns: Whether it did. If not, nothing was changed: another worker has the job, or had it.
    func settle(
        _ job: ClaimedJob,
        _ verdict: AttemptVerdict,
        span: SpanContext,
        worker: String
    ) async throws(JobError) -> Bool {
        let sql = """
            WITH instant AS MATERIALIZED (SELECT \(names.now) AS now),
            ended AS (
                UPDATE \(names.jobs)
                SET state = $3, attempt = attempt + $4::integer, reason = $5,
                    run_at = CASE WHEN $6::float8 IS NULL THEN run_at ELSE now + $6::float8 * interval '1 second' END,
                    waiting_since = now, waiting_for = $7,
                    finished_at = CASE WHEN $3 = 'ready' THEN NULL ELSE now END,
                    last_trace_id = $8, last_span_id = $9, last_trace_flags = $10::smallint,
                    worker = NULL, lease = NULL, lease_expires_at = NULL
                FROM instant
                WHERE id = $1 AND lease = $2 AND state = 'running'
                RETURNING id, queue, claimed_at, now
            ), recorded AS (
                INSERT INTO \(names.attempts)
                    (job_id, number, trace_id, span_id, started_at, ended_at, outcome, error, worker)
                SELECT id, $11::integer, $8, $9, claimed_at, now, $12, $5, $13 FROM ended
            )
            SELECT CASE WHEN $3 = 'ready' THEN pg_notify($14, queue)::text END FROM ended
            """
        return try await answered("Completing a job") { [self] () async throws(PostgresError) in
            let rows = try await database.query(
                sql,
                job.attempt.jobID.rawValue,
                job.lease,
                verdict.state.rawValue,
                verdict.counts ? 1 : 0,
                verdict.reason,
                verdict.delay?.inSeconds,
                verdict.waitingFor,
                span.isValid ? span.traceID.bytes : nil,
                span.isValid ? span.spanID.bytes : nil,
                Int16(span.flags.rawValue),
                job.attempt.number,
                verdict.outcome,
                worker,
                names.channel
            )
            return !rows.isEmpty
        }
    }

    /// Prolongs leases.
    ///
    /// - Returns: The leases that are still held.
    func prolong(_ leases: [JobID: Int64], by lease: Duration) async throws(JobError) -> Set<Int64> {
        let held = Array(leases)
        let sql = """
            UPDATE \(names.jobs) AS job
            SET lease_expires_at = (SELECT \(names.now)) + $3::float8 * interval '1 second'
            FROM unnest($1::bigint[], $2::bigint[]) AS held (id, lease)
            WHERE job.id = held.id AND job.lease = held.lease AND state = 'running'
            RETURNING job.lease
            """
        return try await answered("Prolonging leases") { [self] () async throws(PostgresError) in
            let rows = try await database.query(sql, held.map(\.key.rawValue), held.map(\.value), lease.inSeconds)
            return Set(try rows.map { row throws(PostgresError) in try row.decode("lease", as: Int64.self) })
        }
    }

    /// Makes jobs whose lease has expired ready again; those that were lost too often are dead.
    func rescue(maximumLosses: Int) async throws(JobError) -> [RescuedJob] {
        let sql = """
            WITH instant AS MATERIALIZED (SELECT \(names.now) AS now),
            expired AS (
                SELECT id, worker, claimed_at FROM \(names.jobs)
                WHERE state = 'running' AND lease_expires_at <= (SELECT now FROM instant)
                ORDER BY lease_expires_at LIMIT 100 FOR UPDATE SKIP LOCKED
            ), rescued AS (
                UPDATE \(names.jobs) AS job
                SET losses = losses + 1, waiting_since = now, waiting_for = 'rescue',
                    state = CASE WHEN losses + 1 >= $1::integer THEN 'dead' ELSE 'ready' END,
                    finished_at = CASE WHEN losses + 1 >= $1::integer THEN now END,
                    reason = 'lost with worker ' || expired.worker,
                    worker = NULL, lease = NULL, lease_expires_at = NULL
                FROM expired, instant WHERE job.id = expired.id
                RETURNING job.id, queue, kind, attempt, state, expired.worker, expired.claimed_at, now
            ), recorded AS (
                INSERT INTO \(names.attempts) (job_id, number, started_at, ended_at, outcome, worker)
                SELECT id, attempt + 1, claimed_at, now, 'lost', worker FROM rescued
            )
            SELECT id, queue, kind, state = 'dead' AS is_dead, worker,
                CASE WHEN state = 'ready' THEN pg_notify($2, queue)::text END
            FROM rescued
            """
        return try await answered("Rescuing jobs") { [self] () async throws(PostgresError) in
            let rows = try await database.query(sql, maximumLosses, names.channel)
            return try rows.map { row throws(PostgresError) in try RescuedJob(row) }
        }
    }

    /// When the next job is due that isn't yet, or, if wanted, the next lease expires; and how far away that is.
    func nextDue(
        queues: [String],
        kinds: [String],
        includingLeases: Bool = false
    ) async throws(JobError) -> (time: Date, distance: Duration)? {
        let sql = """
            WITH instant AS MATERIALIZED (SELECT \(names.now) AS now), due AS (
                SELECT min(run_at) AS time FROM \(names.jobs), instant
                WHERE state = 'ready' AND queue = ANY ($1::text[]) AND kind = ANY ($2::text[]) AND run_at > now
                UNION ALL
                SELECT min(lease_expires_at) FROM \(names.jobs) WHERE $3::boolean AND state = 'running'
            )
            SELECT min(time) AS time, extract(epoch FROM min(time) - min(now))::float8 AS distance FROM due, instant
            """
        return try await answered("Looking for the next job") { [self] () async throws(PostgresError) in
            guard let row = try await database.query(sql, queues, kinds, includingLeases).first,
                let time: Date = try row.decode("time")
            else { return nil }
            return (time, .seconds(try row.decode("distance", as: Double.self)))
        }
    }

    /// Moves the clock of a test's database forward; returns `false` where the clock can't be moved.
    func advanceClock(to time: Date) async throws(JobError) {
        try await answered("Moving the test's clock") { [self] () async throws(PostgresError) in
            _ = try await database.query("SELECT \(names.advanceClock)($1::timestamptz)::text", time)
        }
    }

    /// Whether the database is a test's, with a clock that can be moved.
    func hasMovableClock() async throws(JobError) -> Bool {
        try await answered("Looking at the clock") { [self] () async throws(PostgresError) in
            let rows = try await database.query(
                "SELECT to_regprocedure($1) IS NOT NULL AS found",
                "\(names.advanceClock)(timestamptz)"
            )
            return try rows.first?.decode("found") ?? false
        }
    }

    /// Runs a statement in a task of its own, which the caller's cancellation does not reach.
    private func answered<Value: Sendable>(
        _ what: String,
        _ statement: @escaping @Sendable () async throws(PostgresError) -> Value
    ) async throws(JobError) -> Value {
        let task = Task { () async -> Result<Value, PostgresError> in
            do throws(PostgresError) { return .success(try await statement()) } catch { return .failure(error) }
        }
        switch await task.value {
        case .success(let value): return value
        case .failure(let error): throw JobError(.databaseFailed, "\(what) failed", cause: error)
        }
    }
}

/// A job that was taken from a worker that no longer gives a sign of life.
struct RescuedJob: Sendable {
    var id: JobID
    var target: MessageTarget
    var isDead: Bool
    var worker: String

    init(_ row: PostgresRow) throws(PostgresError) {
        id = JobID(rawValue: try row.decode("id"))
        target = .jobs(queue: try row.decode("queue"), kind: try row.decode("kind"))
        isDead = try row.decode("is_dead")
        worker = try row.decode("worker")
    }
}
