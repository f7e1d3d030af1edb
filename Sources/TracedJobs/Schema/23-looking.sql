-- SPDX-License-Identifier: Apache-2.0
--
-- What programs read that look after the queue.

-- What queue_stats says of some queues, for workers, which may not read the view.
CREATE FUNCTION stats_of(queues text[]) RETURNS SETOF queue_stats
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT SET jit = off AS $$
    SELECT * FROM queue_stats WHERE queue = ANY (queues)
$$;

-- Jobs of a state, a queue and a kind, or of any, those first that something happened to last: for a look, not for all
-- of them. However many there are, it reads what is parked, what is leased, and `looks` of the newest tickets or
-- receipts of each lane.
CREATE FUNCTION list_jobs(
    in_state text DEFAULT NULL, in_queue text DEFAULT NULL, of_kind text DEFAULT NULL, at_most integer DEFAULT 50,
    looks integer DEFAULT 1000
) RETURNS TABLE (
    id bigint, queue text, kind text, priority integer, state text, reason text, attempt integer, maximum_attempts integer,
    losses integer, created_at timestamptz, run_at timestamptz, claimed_at timestamptz, finished_at timestamptz,
    worker text, trace_id text, span_id text
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT
SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
#variable_conflict use_column
DECLARE
    lanes integer[] := ARRAY(SELECT q.id * 8 + p FROM queue AS q, generate_series(0, 7) AS p
        WHERE in_queue IS NULL OR q.name = in_queue);
    wanted_kind integer := (SELECT k.id FROM kind AS k WHERE k.name = of_kind);
BEGIN
    IF of_kind IS NOT NULL AND wanted_kind IS NULL THEN RETURN; END IF;
    looks := greatest(looks, at_most);
    RETURN QUERY
    WITH found (t, parked, due, reason) AS (
        (SELECT ticket_of(p), p.state, p.due, p.reason FROM parked AS p
            WHERE p.lane = ANY (lanes) AND (wanted_kind IS NULL OR p.kind = wanted_kind)
                AND (in_state IS NULL OR in_state = (ARRAY['ready', 'ready', 'ready', 'dead', 'cancelled'])[p.state + 1])
            ORDER BY p.seq DESC LIMIT looks)
        UNION ALL
        SELECT x.t, NULL, NULL, NULL FROM unnest(lanes) AS l (lane) CROSS JOIN LATERAL (
            SELECT j AS t FROM job AS j
            WHERE in_state IS NULL AND j.lane = l.lane AND (wanted_kind IS NULL OR j.kind = wanted_kind)
            ORDER BY j.xid DESC, j.seq DESC LIMIT looks
        ) AS x
        UNION ALL
        SELECT x.t, NULL, NULL, NULL FROM unnest(lanes) AS l (lane) CROSS JOIN LATERAL cursor_of(l.lane) AS newest
        CROSS JOIN LATERAL (
            SELECT j AS t FROM job AS j
            WHERE in_state = 'ready' AND j.lane = l.lane AND (wanted_kind IS NULL OR j.kind = wanted_kind)
                AND j.seq >= newest.low AND j.xid >= pg_snapshot_xmin(newest.sp) AND NOT is_claimed(j.xid, j.seq, newest)
            ORDER BY j.xid DESC, j.seq DESC LIMIT looks
        ) AS x
        UNION ALL
        SELECT x.t, NULL, NULL, NULL FROM lease AS e JOIN claim_log AS k ON k.worker = e.worker AND k.c = e.c AND k.no = e.no
        CROSS JOIN LATERAL (SELECT j AS t, row_number() OVER () AS place FROM tickets_of(k) AS j) AS x
        WHERE in_state = 'running' AND k.lane = ANY (lanes) AND (wanted_kind IS NULL OR (x.t).kind = wanted_kind)
            AND (e.open IS NULL OR get_bit(e.open, x.place::integer - 1) = 1)
        UNION ALL
        SELECT x.t, NULL, NULL, NULL FROM unnest(lanes) AS l (lane) CROSS JOIN LATERAL (
            SELECT j AS t FROM (
                SELECT k FROM claim_log AS k
                WHERE k.lane = l.lane AND k.n > 0 AND k.worker > 0 ORDER BY k.no DESC LIMIT looks
            ) AS r (k) CROSS JOIN LATERAL tickets_of(r.k) AS j
            WHERE in_state IN ('succeeded', 'cancelled', 'discarded') AND (wanted_kind IS NULL OR j.kind = wanted_kind)
            LIMIT looks
        ) AS x
    ), distinct_job AS (
        SELECT * FROM (
            SELECT DISTINCT ON (coalesce((f.t).origin, (f.t).seq)) f.* FROM found AS f
            ORDER BY coalesce((f.t).origin, (f.t).seq), (f.t).seq DESC
        ) AS d ORDER BY (d.t).seq DESC LIMIT looks
    )
    SELECT coalesce((n.t).origin, (n.t).seq), q.name, k.name, (n.t).lane % 4, s.state, coalesce(n.reason, a.reason),
        CASE WHEN s.state IN ('succeeded', 'discarded') OR s.state = 'cancelled' AND n.parked IS NULL THEN (n.t).attempt
            ELSE (n.t).attempt - 1 END,
        (n.t).max_attempts::integer, (n.t).losses::integer, (n.t).created_at, coalesce((n.t).run_at, (n.t).created_at),
        a.started_at, CASE WHEN n.parked IN (3, 4) THEN n.due ELSE a.ended_at END, a.worker,
        replace((n.t).trace_id::text, '-', ''), lpad(to_hex((n.t).span_id), 16, '0')
    FROM distinct_job AS n
    LEFT JOIN LATERAL attempt_of(n.t) AS a ON n.parked IS NULL
    CROSS JOIN LATERAL (SELECT CASE WHEN n.parked < 3 THEN 'ready' WHEN n.parked = 3 THEN 'dead'
        WHEN n.parked = 4 THEN 'cancelled' ELSE a.state END) AS s (state)
    JOIN queue AS q ON q.id = (n.t).lane / 8 JOIN kind AS k ON k.id = (n.t).kind
    -- Otherwise the job has another ticket, which was not among those looked at.
    WHERE s.state IN ('ready', 'running', 'succeeded', 'cancelled', 'discarded', 'dead') AND s.state = coalesce(in_state, s.state)
    ORDER BY (n.t).seq DESC LIMIT at_most;
END $$;
