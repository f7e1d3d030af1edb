-- SPDX-License-Identifier: Apache-2.0
--
-- What programs read that look after the queue.

-- What queue_stats says of some queues, for workers, which may not read the view.
CREATE FUNCTION stats_of(queues text[]) RETURNS SETOF queue_stats
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT SET jit = off AS $$
    SELECT * FROM queue_stats WHERE queue = ANY (queues)
$$;

-- What was said of queues last, so that of all workers one counts. Nobody misses it after a crash.
CREATE UNLOGGED TABLE depth (
    queue integer PRIMARY KEY,
    at timestamptz NOT NULL,
    ready bigint,
    oldest_ready timestamptz,
    running bigint,
    scheduled bigint,
    unknown_kind bigint,
    dead bigint,
    workers bigint
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);

-- What stats_of() said of these queues within the last time: asked again where it is older, by one caller at a time. What
-- another is counting just now is told as it was before, and not at all if it is counted for the first time.
CREATE FUNCTION measured(queues text[], within interval) RETURNS SETOF queue_stats
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE q record; t timestamptz := now(); stale text[] := '{}';
BEGIN
    FOR q IN SELECT x.id, x.name FROM queue AS x LEFT JOIN depth AS d ON d.queue = x.id
        WHERE x.name = ANY (queues) AND (d.at > t - within AND d.at <= t) IS NOT TRUE ORDER BY x.id
    LOOP
        IF pg_try_advisory_xact_lock('depth'::regclass::oid::integer, q.id) THEN stale := array_append(stale, q.name); END IF;
    END LOOP;
    IF stale <> '{}' THEN
        INSERT INTO depth AS d
            SELECT x.id, t, s.ready, s.oldest_ready, s.running, s.scheduled, s.unknown_kind, s.dead, s.workers
            FROM stats_of(stale) AS s JOIN queue AS x ON x.name = s.queue
        ON CONFLICT (queue) DO UPDATE SET (at, ready, oldest_ready, running, scheduled, unknown_kind, dead, workers)
            = (excluded.at, excluded.ready, excluded.oldest_ready, excluded.running, excluded.scheduled,
                excluded.unknown_kind, excluded.dead, excluded.workers);
    END IF;
    RETURN QUERY SELECT x.name, x.paused, d.ready, d.oldest_ready, d.running, d.scheduled, d.unknown_kind, d.dead, d.workers
        FROM depth AS d JOIN queue AS x ON x.id = d.queue WHERE x.name = ANY (queues);
END $$;

-- Jobs of a state, a queue and a kind, or of any, those first that something happened to last: for a look, not for all
-- of them. However many there are, it reads what is parked, what is leased, and `looks` of the newest tickets or
-- receipts of each lane; what became of them it asks for no more than are told.
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
    f record; a record; told integer := 0;
BEGIN
    IF of_kind IS NOT NULL AND wanted_kind IS NULL THEN RETURN; END IF;
    looks := greatest(looks, at_most);
    FOR f IN WITH found (t, parked, due, reason) AS (
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
    )
    SELECT d.* FROM (
        SELECT DISTINCT ON (coalesce((x.t).origin, (x.t).seq)) x.* FROM found AS x
        ORDER BY coalesce((x.t).origin, (x.t).seq), (x.t).seq DESC
    ) AS d ORDER BY (d.t).seq DESC LIMIT looks
    LOOP
        EXIT WHEN told >= at_most;
        IF f.parked IS NULL THEN
            SELECT * INTO a FROM attempt_of(f.t);
            state := a.state;
            -- Otherwise the job has another ticket, which was not among those looked at.
            CONTINUE WHEN state NOT IN ('ready', 'running', 'succeeded', 'cancelled', 'discarded', 'dead');
        ELSE
            SELECT NULL::text AS reason, NULL::timestamptz AS started_at, NULL::timestamptz AS ended_at, NULL::text AS worker INTO a;
            state := CASE f.parked WHEN 3 THEN 'dead' WHEN 4 THEN 'cancelled' ELSE 'ready' END;
        END IF;
        CONTINUE WHEN state <> in_state;
        id := coalesce((f.t).origin, (f.t).seq);
        SELECT q.name INTO queue FROM queue AS q WHERE q.id = (f.t).lane / 8;
        SELECT k.name INTO kind FROM kind AS k WHERE k.id = (f.t).kind;
        priority := (f.t).lane % 4;
        reason := coalesce(f.reason, a.reason);
        attempt := CASE WHEN state IN ('succeeded', 'discarded') OR state = 'cancelled' AND f.parked IS NULL THEN (f.t).attempt
            ELSE (f.t).attempt - 1 END;
        maximum_attempts := (f.t).max_attempts;
        losses := (f.t).losses;
        created_at := (f.t).created_at;
        run_at := coalesce((f.t).run_at, (f.t).created_at);
        claimed_at := a.started_at;
        finished_at := CASE WHEN f.parked IN (3, 4) THEN f.due ELSE a.ended_at END;
        worker := a.worker;
        trace_id := replace((f.t).trace_id::text, '-', '');
        span_id := lpad(to_hex((f.t).span_id), 16, '0');
        told := told + 1;
        RETURN NEXT;
    END LOOP;
END $$;
