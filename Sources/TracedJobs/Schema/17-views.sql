-- SPDX-License-Identifier: Apache-2.0
--
-- What support people read.

-- JSON, or NULL for what is none.
CREATE FUNCTION json_of(payload bytea) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE SET search_path FROM CURRENT AS $$
BEGIN
    RETURN convert_from(payload, 'UTF8')::jsonb;
EXCEPTION WHEN data_exception OR untranslatable_character OR character_not_in_repertoire THEN RETURN NULL;
END $$;

CREATE FUNCTION cause_name(cause integer) RETURNS text LANGUAGE sql IMMUTABLE
RETURN coalesce((ARRAY['schedule', 'retry', 'snooze', 'shutdown', 'rescue', 'redrive'])[cause], 'schedule');

-- Jobs, one row each. To look one up, ask for its id; all of them can be many.
CREATE VIEW jobs AS
SELECT coalesce(t.origin, t.seq) AS id, q.name AS queue, t.lane % 4 AS priority, k.name AS kind, json_of(t.payload) AS payload,
    CASE t.parked WHEN 0 THEN 'ready' WHEN 1 THEN 'ready' WHEN 2 THEN 'ready' WHEN 3 THEN 'dead' WHEN 4 THEN 'cancelled'
        ELSE a.state END AS state,
    coalesce(t.reason, a.reason) AS reason,
    -- Attempts that have ended; a rescue, a snooze or a shutdown ends none.
    CASE WHEN t.parked IS NULL AND a.state IN ('succeeded', 'cancelled', 'discarded') THEN t.attempt ELSE t.attempt - 1 END
        AS attempt,
    t.max_attempts AS maximum_attempts, t.losses, t.created_at, coalesce(t.scheduled_at, t.created_at) AS scheduled_at,
    coalesce(t.run_at, t.created_at) AS run_at, coalesce(t.waiting_since, t.created_at) AS waiting_since,
    cause_name(t.cause) AS waiting_for, a.started_at AS claimed_at,
    CASE WHEN t.parked IN (3, 4) THEN t.due ELSE a.ended_at END AS finished_at,
    a.worker, a.lease_expires AS lease_expires_at,
    uuid_send(t.trace_id) AS trace_id, int8send(t.span_id) AS span_id,
    CASE WHEN t.trace_id IS NOT NULL THEN (t.flags & 255)::smallint END AS trace_flags, t.tracestate, t.baggage, t.carrier,
    uuid_send(t.prev_trace) AS last_trace_id, int8send(t.prev_span) AS last_span_id, t.prev_flags AS last_trace_flags
FROM (
    SELECT DISTINCT ON (coalesce(origin, seq)) * FROM (
        SELECT t.*, NULL::smallint AS parked, NULL::timestamptz AS due, NULL::text AS reason FROM ticket AS t
        UNION ALL SELECT (ticket_of(p)).*, p.state, p.due, p.reason FROM parked AS p
    ) AS every
    ORDER BY coalesce(origin, seq), seq DESC
) AS t
JOIN queue AS q ON q.id = t.lane / 8
JOIN kind AS k ON k.id = t.kind
LEFT JOIN LATERAL attempt_of(ROW(t.xid, t.seq, t.created_at, t.span_id, t.lane, t.kind, t.attempt, t.max_attempts, t.flags,
    t.losses, t.trace_id, t.payload, t.origin, t.scheduled_at, t.waiting_since, t.run_at, t.cause, t.tracestate, t.baggage,
    t.carrier, t.unique_key, t.unique_kept, t.unique_end, t.first_attempts, t.prev_trace, t.prev_span, t.prev_flags,
    t.prev_worker)::job) AS a ON t.parked IS NULL;

-- Attempts at jobs, those that run too.
CREATE VIEW attempts AS
SELECT t.seq AS id, coalesce(t.origin, t.seq) AS job_id, t.attempt AS number, a.state AS outcome, a.reason AS error,
    uuid_send(a.trace_id) AS trace_id, int8send(a.span_id) AS span_id, a.started_at, a.ended_at, a.worker
FROM ticket AS t CROSS JOIN LATERAL attempt_of(ROW(t.*)::job) AS a
WHERE a.state NOT IN ('ready', 'moved', 'left', 'unstarted');

-- Queues: what waits (counted up to a million), since when, what runs, and what is set aside.
CREATE VIEW queue_stats AS
SELECT q.name AS queue, q.paused,
    (SELECT sum(waiting_in(q.id * 8 + p, 1000000)) FROM generate_series(0, 7) AS p)::bigint AS ready,
    (SELECT min(coalesce(f.run_at, f.waiting_since, f.created_at))
        FROM generate_series(0, 7) AS p, first_waiting(q.id * 8 + p) AS f) AS oldest_ready,
    coalesce(l.running, 0) AS running, coalesce(s.scheduled, 0) AS scheduled, coalesce(s.unknown_kind, 0) AS unknown_kind,
    coalesce(s.dead, 0) AS dead,
    (SELECT count(*) FROM worker AS w WHERE q.id = ANY (w.queues) AND w.expires > (SELECT now())) AS workers
FROM queue AS q
LEFT JOIN (
    SELECT k.lane / 8 AS queue, sum(coalesce(bit_count(e.open), e.n))::bigint AS running
    FROM lease AS e JOIN claim_log AS k ON k.worker = e.worker AND k.c = e.c AND k.no = e.no GROUP BY 1
) AS l ON l.queue = q.id
LEFT JOIN (
    SELECT lane / 8 AS queue, count(*) FILTER (WHERE state IN (0, 1)) AS scheduled,
        count(*) FILTER (WHERE state = 2) AS unknown_kind, count(*) FILTER (WHERE state = 3) AS dead
    FROM parked GROUP BY 1
) AS s ON s.queue = q.id;
