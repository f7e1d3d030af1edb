-- SPDX-License-Identifier: Apache-2.0
--
-- Claiming: moves the cursors of a queue's lanes, and writes for each a receipt and a lease.

-- Moves the cursor of one lane by up to `want` tickets, with a receipt and a lease for each tick that it gets some
-- of, and returns how many it got. Mode 3 leases nothing: maintenance moves what it gets. Path and planner settings
-- are the caller's: this is called for every lane.
CREATE FUNCTION take_from_lane(
    worker bigint, c bigint, l integer, want integer, mode integer, root bigint, spans bytea, OUT got integer
)
LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
    n integer; k integer; low bigint; receipt bigint;
    sp pg_snapshot; sc pg_snapshot; fx xid8; fs bigint; tx xid8; ts bigint; last_xid xid8; last_seq bigint; sp_end xid8;
BEGIN
    got := 0;
    -- A statement of its own: the snapshot of the next one is taken under the lock.
    PERFORM pg_advisory_xact_lock('job'::regclass::oid::integer, l);
    SELECT a.sp, a.sc, a.tx, a.ts, a.low INTO sp, sc, fx, fs, low
    FROM claim_log AS a WHERE a.lane = l ORDER BY a.no DESC LIMIT 1;
    IF NOT FOUND THEN sp := '3:3:'; sc := '3:3:'; fx := '0'; fs := 0; low := 0; END IF;
    -- The rest of the tick that the cursor is in, then a new one.
    FOR turn IN 1..2 LOOP
        n := 0;
        tx := fx;
        ts := fs;
        sp_end := pg_snapshot_xmax(sp);
        -- Stragglers: transactions that were open at sp and have ended by sc.
        IF fx < sp_end AND pg_snapshot_xmin(sp) < sp_end THEN
            SELECT count(*), (array_agg(t.xid))[count(*)], (array_agg(t.seq))[count(*)] INTO k, last_xid, last_seq
            FROM (
                SELECT j.xid, j.seq FROM pg_snapshot_xip(sp) AS x CROSS JOIN LATERAL (
                    SELECT i.xid, i.seq FROM job AS i
                    WHERE i.lane = l AND i.seq >= low AND i.xid = x AND i.seq > CASE WHEN x = fx THEN fs ELSE 0 END
                    ORDER BY i.seq LIMIT want - got
                ) AS j
                WHERE x >= fx AND pg_visible_in_snapshot(x, sc)
                ORDER BY j.xid, j.seq LIMIT want - got
            ) AS t;
            IF k > 0 THEN n := k; tx := last_xid; ts := last_seq; END IF;
        END IF;
        -- The main range: transactions that began after sp, but for those that are open at sc.
        IF got + n < want THEN
            IF tx < sp_end THEN tx := sp_end; ts := 0; END IF;
            k := 0;
            IF tx >= pg_snapshot_xmax(sc) THEN NULL;
            ELSIF NOT EXISTS (SELECT FROM pg_snapshot_xip(sc) AS x WHERE x >= tx) THEN
                SELECT count(*), (array_agg(t.xid))[count(*)], (array_agg(t.seq))[count(*)] INTO k, last_xid, last_seq
                FROM (
                    SELECT i.xid, i.seq FROM job AS i
                    WHERE i.lane = l AND i.seq >= low AND (i.xid, i.seq) > (tx, ts) AND i.xid < pg_snapshot_xmax(sc)
                    ORDER BY i.xid, i.seq LIMIT want - got - n
                ) AS t;
            ELSE
                SELECT count(*), (array_agg(t.xid))[count(*)], (array_agg(t.seq))[count(*)] INTO k, last_xid, last_seq
                FROM (
                    SELECT j.xid, j.seq FROM ranges(sp, sc, tx, ts) AS r CROSS JOIN LATERAL (
                        SELECT i.xid, i.seq FROM job AS i
                        WHERE i.lane = l AND i.seq >= low AND (i.xid, i.seq) > (r.lo, r.ls) AND i.xid < r.hi
                        ORDER BY i.xid, i.seq LIMIT want - got - n
                    ) AS j
                    LIMIT want - got - n
                ) AS t;
            END IF;
            IF k > 0 THEN n := n + k; tx := last_xid; ts := last_seq; END IF;
        END IF;
        IF n > 0 THEN
            INSERT INTO claim_log (worker, c, lane, n, low, fx, fs, tx, ts, sp, sc, mode, root, spans)
            VALUES (worker, c, l, n, low, fx, fs, tx, ts, sp, sc, mode, root, substr(spans, 8 * got + 1, 8 * n))
            RETURNING no INTO receipt;
            IF mode <> 3 THEN INSERT INTO lease VALUES (worker, c, receipt, n, NULL); END IF;
            got := got + n;
        END IF;
        EXIT WHEN got >= want OR turn = 2;
        sp := sc;
        sc := pg_current_snapshot();
        fx := '0';
        fs := 0;
    END LOOP;
END $$;

-- Claims up to `want` jobs of a queue and returns how many it got: the tickets come from fetch_jobs().
--
-- Lanes are taken in the order of their priorities. `mode` 1 is for a worker that has filled several claims without
-- getting to the end: it begins at the lane `first`, so that low priorities don't starve, and the receipts say so.
-- `mode` 2 takes one job, of those that are claimed alone. `spans` are 8 bytes for each job that is wanted.
--
-- Lock order, of all functions: the worker's row, lanes in ascending order, leases. The claim commits without waiting
-- for the disk unless `durable`: what a crash takes of it are the newest receipts, and with them go their
-- completions, which come later; the cursor is then back where it was. A lane is held for a claim, never for a disk
-- or a slow client.
CREATE FUNCTION claim(
    worker bigint, c bigint, queue integer, want integer, root bigint, spans bytea,
    mode integer DEFAULT 0, first integer DEFAULT 0, durable boolean DEFAULT false
) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_variable
DECLARE got integer := 0; l integer;
BEGIN
    PERFORM require_read_committed('claim()') WHERE current_setting('transaction_isolation') <> 'read committed';
    IF mode = 2 THEN want := 1; END IF;
    IF want < 1 OR length(spans) < 8 * want OR first NOT BETWEEN 0 AND 3 THEN
        RAISE EXCEPTION 'claim() was asked for % jobs from priority % on, with % bytes of span ids',
                want, first, length(spans)
            USING ERRCODE = 'invalid_parameter_value',
                HINT = 'At least 1 job, a priority from 0 to 3, 8 bytes for each job.';
    END IF;
    IF NOT durable THEN PERFORM set_config('synchronous_commit', 'off', true); END IF;
    PERFORM FROM worker AS w WHERE w.id = worker FOR KEY SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'Worker % is not registered, or was given up', worker
            USING ERRCODE = 'SJ001', HINT = 'Its jobs have gone to others; register anew.';
    END IF;
    IF (SELECT q.paused FROM queue AS q WHERE q.id = queue) THEN RETURN 0; END IF;

    FOR l IN lane(queue, first, mode = 2) .. lane(queue, 3, mode = 2) LOOP
        got := got + take_from_lane(worker, c, l, want - got, mode, root, substr(spans, 8 * got + 1));
        EXIT WHEN got >= want;
    END LOOP;
    RETURN got;
END $$;
