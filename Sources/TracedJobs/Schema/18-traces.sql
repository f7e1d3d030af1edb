-- SPDX-License-Identifier: Apache-2.0
--
-- From traces to jobs and back, in plain SQL.

-- The attempts at a job with the trace and the span of each, and the context that created the job: what to look for
-- in the store of the traces.
CREATE FUNCTION traces_of_job(job_id bigint) RETURNS TABLE (
    what text, number smallint, state text, at timestamptz, trace_id text, span_id text, worker text
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT 'created', NULL::smallint, NULL, c.created_at, replace(c.trace_id::text, '-', ''),
        lpad(to_hex(c.span_id), 16, '0'), NULL
    FROM (
        SELECT t.created_at, t.trace_id, t.span_id FROM ticket AS t WHERE coalesce(t.origin, t.seq) = job_id
        UNION SELECT p.created_at, p.trace_id, p.span_id FROM parked AS p WHERE p.id = job_id
    ) AS c
    UNION ALL
    SELECT * FROM (
        SELECT 'attempt', t.attempt, a.state, a.started_at, replace(a.trace_id::text, '-', ''),
            lpad(to_hex(a.span_id), 16, '0'), a.worker
        FROM (SELECT t FROM ticket AS t WHERE coalesce(t.origin, t.seq) = job_id ORDER BY t.seq OFFSET 0) AS x (v)
        CROSS JOIN LATERAL (SELECT (x.v).*) AS t
        CROSS JOIN LATERAL attempt_of(ROW(t.*)::job) AS a
        WHERE a.state NOT IN ('ready', 'moved', 'left', 'unstarted')
        ORDER BY t.seq
    ) AS attempt
$$;

-- The tickets of a receipt, also those in past segments.
CREATE FUNCTION past_tickets_of(r claim_log) RETURNS SETOF job LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
SET jit = off SET enable_seqscan = off AS $$
BEGIN
    RETURN QUERY SELECT t.* FROM ticket AS t
        WHERE t.lane = r.lane AND t.seq >= r.low AND (t.xid, t.seq) > (r.fx, r.fs) AND (t.xid, t.seq) <= (r.tx, r.ts)
            AND pg_visible_in_snapshot(t.xid, r.sc) AND NOT pg_visible_in_snapshot(t.xid, r.sp)
        ORDER BY t.xid, t.seq;
END $$;

-- Jobs that a trace created, and those at which an attempt was made in it.
CREATE FUNCTION jobs_of_trace(trace text) RETURNS TABLE (
    id bigint, queue text, kind text, state text, attempt integer, created_at timestamptz, reason text
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE wanted uuid; ids bigint[];
BEGIN
    IF jobs_of_trace.trace !~ '^[0-9a-f]{32}$' THEN
        RAISE EXCEPTION 'A trace id is 32 lower-case hexadecimal digits, and not "%"', left(jobs_of_trace.trace, 100)
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    wanted := jobs_of_trace.trace::uuid;
    ids := ARRAY(
        SELECT coalesce(t.origin, t.seq) FROM ticket AS t WHERE t.trace_id = wanted
        UNION SELECT p.id FROM parked AS p WHERE p.trace_id = wanted
        -- Attempts that started a trace: it begins with the bytes of their claim.
        UNION SELECT coalesce(t.origin, t.seq) FROM claim_log AS k
            CROSS JOIN LATERAL past_tickets_of(k) WITH ORDINALITY AS t
            WHERE k.root = ('x' || left(jobs_of_trace.trace, 16))::bit(64)::bigint
                AND new_trace(k.root, reserved_span(k, t.ordinality::integer)) = wanted
        UNION SELECT x.id FROM note AS x WHERE x.trace_id = wanted
    );
    RETURN QUERY SELECT j.id, j.queue, j.kind, j.state, j.attempt, j.created_at, j.reason
        FROM unnest(ids) AS i (id) CROSS JOIN LATERAL (SELECT * FROM jobs WHERE jobs.id = i.id) AS j ORDER BY j.id;
END $$;

-- How long jobs waited that were claimed in the last time, by queue, in seconds: from a sample of the newest
-- receipts of each.
CREATE FUNCTION waits(within interval DEFAULT interval '1 hour', receipts integer DEFAULT 200) RETURNS TABLE (
    queue text, claimed bigint, p50 double precision, p95 double precision, p99 double precision, longest double precision
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
    SELECT q.name, count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY x.ready),
        percentile_cont(0.95) WITHIN GROUP (ORDER BY x.ready),
        percentile_cont(0.99) WITHIN GROUP (ORDER BY x.ready), max(x.ready)
    FROM queue AS q
    CROSS JOIN LATERAL (
        SELECT newest.k FROM generate_series(0, 7) AS p CROSS JOIN LATERAL (
            SELECT k FROM claim_log AS k
            WHERE k.lane = q.id * 8 + p AND k.n > 0 AND k.worker > 0 ORDER BY k.no DESC LIMIT receipts
        ) AS newest
        WHERE (newest.k).at > (SELECT now()) - within
        ORDER BY (newest.k).no DESC LIMIT receipts
    ) AS r
    CROSS JOIN LATERAL (
        SELECT extract(epoch FROM (r.k).at - greatest(t.run_at, coalesce(t.waiting_since, t.created_at)))::double precision
        FROM tickets_of(r.k) AS t
    ) AS x (ready)
    GROUP BY q.name
$$;
