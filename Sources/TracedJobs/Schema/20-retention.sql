-- SPDX-License-Identifier: Apache-2.0
--
-- Retiring segments, and forgetting what is old.

-- Whether a transaction has to do with tickets that will hardly end while detaching waits: one that has been open for longer
-- than that already, or is prepared.
CREATE FUNCTION are_tickets_held() RETURNS boolean LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT EXISTS (
        SELECT FROM pg_locks AS l LEFT JOIN pg_stat_activity AS a ON a.pid = l.pid
        WHERE l.locktype = 'relation' AND l.relation = 'job'::regclass AND l.granted
            AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
            AND l.pid IS DISTINCT FROM pg_backend_pid()
            AND (l.pid IS NULL OR a.xact_start < pg_catalog.clock_timestamp() - interval '100 milliseconds')
    )
$$;

-- Takes the next step with a segment that can be retired, and says which: 'indexed', for people who look things up,
-- then 'kept', among the past ones. NULL if none could be taken now.
--
-- Detaching needs all statements of the queue to hold still for a moment. It is not begun while a transaction is open that
-- it would wait for, and gives up after a tenth of a second, for a time that gets longer: ten seconds to an hour. The owner
-- can do without that, outside of any transaction, before the second step:
--
--     ALTER TABLE stitch.job DETACH PARTITION stitch.job_17 CONCURRENTLY;
--
-- but nobody sees the jobs of the segment then until it is kept.
CREATE FUNCTION retire_segment(number integer) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET lock_timeout = '100ms' AS $$
DECLARE s segment;
BEGIN
    SELECT * INTO s FROM segment AS x
    WHERE x.k = retire_segment.number AND x.k = retirable_segment() FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN RETURN NULL; END IF;
    IF NOT s.indexed THEN
        EXECUTE format('CREATE INDEX ON job_%s (trace_id) WHERE trace_id IS NOT NULL', s.k);
        EXECUTE format('CREATE INDEX ON job_%s ((coalesce(origin, seq)))', s.k);
        UPDATE segment AS x SET indexed = true WHERE x.k = s.k;
        RETURN 'indexed';
    END IF;
    IF EXISTS (
        SELECT FROM pg_inherits AS i WHERE i.inhparent = 'job'::regclass AND i.inhrelid = to_regclass('job_' || s.k)
    ) THEN
        IF s.detach_after > now() OR are_tickets_held() THEN RETURN NULL; END IF;
        EXECUTE format('ALTER TABLE job DETACH PARTITION job_%s', s.k);
    END IF;
    EXECUTE format('ALTER TABLE past_job ATTACH PARTITION job_%s FOR VALUES FROM (%s) TO (%s)', s.k, s.lo, s.hi);
    UPDATE segment AS x SET retired_at = now() WHERE x.k = s.k;
    RETURN 'kept';
EXCEPTION WHEN lock_not_available THEN
    UPDATE segment AS x SET detach_tries = least(x.detach_tries + 1, 10),
        detach_after = now() + least(interval '10 seconds' * 2 ^ x.detach_tries, interval '1 hour')
    WHERE x.k = retire_segment.number;
    RETURN NULL;
END $$;

-- Drops the oldest past segment if it is older than the retention. Returns its number, or NULL. What belongs to its jobs is
-- cleared away afterwards, so that nobody sees jobs without it, and no lock is held for as long as that takes.
CREATE FUNCTION drop_segment() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET lock_timeout = '1s' AS $$
DECLARE s segment;
BEGIN
    SELECT x.* INTO s FROM segment AS x, setting
    WHERE x.retired_at < (SELECT now()) - setting.retention AND x.dropped_at IS NULL ORDER BY x.k LIMIT 1 FOR UPDATE OF x;
    IF NOT FOUND THEN RETURN NULL; END IF;
    EXECUTE format('DROP TABLE job_%s', s.k);
    UPDATE segment AS x SET dropped_at = now() WHERE x.k = s.k;
    RETURN s.k;
EXCEPTION WHEN lock_not_available THEN RETURN NULL;
END $$;

-- Deletes receipts, completions, notes and kept keys of the oldest segment that was dropped, and at last what is said of it;
-- at most so many rows of one kind. Returns how many; 0 if nothing is left.
CREATE FUNCTION clear_segment(at_most integer DEFAULT 10000) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE s segment; following bigint; number bigint;
BEGIN
    SELECT * INTO s FROM segment AS x WHERE x.dropped_at IS NOT NULL ORDER BY x.k LIMIT 1 FOR UPDATE;
    IF NOT FOUND THEN RETURN 0; END IF;
    -- Receipts from before the next segment was made hold no ticket of it.
    SELECT x.begun_no INTO following FROM segment AS x WHERE x.k > s.k ORDER BY x.k LIMIT 1;
    DELETE FROM claim_log AS d USING (
        SELECT old.lane, old.no FROM queue AS q CROSS JOIN generate_series(0, 7) AS p
        -- The newest is the cursor.
        CROSS JOIN LATERAL (SELECT max(c.no) AS no FROM claim_log AS c WHERE c.lane = q.id * 8 + p) AS newest
        CROSS JOIN LATERAL (
            SELECT c.lane, c.no FROM claim_log AS c
            WHERE c.lane = q.id * 8 + p AND c.no <= following AND c.no < newest.no
                AND NOT EXISTS (SELECT FROM lease AS l WHERE l.worker = c.worker AND l.c = c.c AND l.no = c.no)
            ORDER BY c.no LIMIT at_most
        ) AS old
        LIMIT at_most
    ) AS o WHERE d.lane = o.lane AND d.no = o.no;
    GET DIAGNOSTICS number = ROW_COUNT;
    IF number > 0 THEN RETURN number; END IF;
    DELETE FROM done_log WHERE ctid = ANY (ARRAY(SELECT d.ctid FROM done_log AS d WHERE d.no <= following LIMIT at_most));
    GET DIAGNOSTICS number = ROW_COUNT;
    IF number > 0 THEN RETURN number; END IF;
    DELETE FROM note WHERE ctid = ANY (ARRAY(SELECT n.ctid FROM note AS n WHERE n.seq < s.hi LIMIT at_most));
    GET DIAGNOSTICS number = ROW_COUNT;
    IF number > 0 THEN RETURN number; END IF;
    -- Keys that were to be kept for as long as their jobs can be looked up. A row may be locked for as long as a transaction
    -- takes that has the key next.
    DELETE FROM uniq AS d WHERE d.key = ANY (ARRAY(
        SELECT u.key FROM uniq AS u
        WHERE u.until = 'infinity' AND u.id < s.hi AND NOT EXISTS (SELECT FROM parked AS p WHERE p.id = u.id)
        ORDER BY u.id LIMIT at_most FOR UPDATE SKIP LOCKED
    ));
    GET DIAGNOSTICS number = ROW_COUNT;
    IF number > 0 THEN RETURN number; END IF;
    DELETE FROM past_worker WHERE id = ANY (ARRAY(
        SELECT w.id FROM past_worker AS w WHERE w.ended_at < s.passed_at - (SELECT retention FROM setting) LIMIT at_most
    ));
    GET DIAGNOSTICS number = ROW_COUNT;
    IF number > 0 THEN RETURN number; END IF;
    DELETE FROM segment AS x WHERE x.k = s.k;
    RETURN 1;
END $$;

-- Forgets jobs that were set aside and keys that nobody asks for any more, at most so many of each. Returns how many.
CREATE FUNCTION forget(at_most integer DEFAULT 10000) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET jit = off SET enable_seqscan = off AS $$
DECLARE s setting; t timestamptz := now(); number bigint; more bigint;
BEGIN
    SELECT * INTO s FROM setting;
    DELETE FROM parked WHERE id = ANY (ARRAY(
        SELECT p.id FROM parked AS p WHERE p.state = 4 AND p.due < t - s.retention
        ORDER BY p.due LIMIT at_most FOR UPDATE SKIP LOCKED
    ));
    GET DIAGNOSTICS number = ROW_COUNT;
    DELETE FROM parked WHERE id = ANY (ARRAY(
        SELECT p.id FROM parked AS p WHERE p.state = 3 AND p.due < t - s.dead_retention
        ORDER BY p.due LIMIT at_most FOR UPDATE SKIP LOCKED
    ));
    GET DIAGNOSTICS more = ROW_COUNT;
    number := number + more;
    DELETE FROM uniq AS d WHERE d.key = ANY (ARRAY(
        SELECT u.key FROM uniq AS u WHERE u.until <= t ORDER BY u.until LIMIT at_most FOR UPDATE SKIP LOCKED
    ));
    GET DIAGNOSTICS more = ROW_COUNT;
    RETURN number + more;
END $$;

-- Forgets orders to stop for jobs that have ended otherwise. Now and then only: it looks each of these jobs up. Returns how
-- many.
CREATE FUNCTION forget_orders() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE t timestamptz := now(); number bigint;
BEGIN
    DELETE FROM cancel AS c WHERE c.at < t - (SELECT s.retention FROM setting AS s)
        AND coalesce((SELECT o.state FROM state_of(c.id) AS o), '') NOT IN ('ready', 'running');
    GET DIAGNOSTICS number = ROW_COUNT;
    RETURN number;
END $$;

-- Moves what a queue that is paused, or that nobody works on, still has in a sealed segment to a new one, so that the
-- old one can go. At most so many, of few lanes; returns how many. Their places in the lane are behind what came later.
CREATE FUNCTION move_old_tickets(at_most integer DEFAULT 10000, lanes integer DEFAULT 64) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET jit = off
SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE s segment; l integer; number bigint := 0; move bigint; r claim_log; t job;
BEGIN
    PERFORM require_read_committed('move_old_tickets()');
    SELECT x.* INTO s FROM segment AS x WHERE x.sealed_at IS NOT NULL AND x.passed_at IS NULL ORDER BY x.k LIMIT 1;
    IF NOT FOUND THEN RETURN 0; END IF;
    FOR l IN SELECT q.id * 8 + p FROM queue AS q, generate_series(0, 7) AS p
        WHERE q.paused OR NOT EXISTS (SELECT FROM worker AS w WHERE q.id = ANY (w.queues)) ORDER BY 1
    LOOP
        CONTINUE WHEN NOT holds_up(l, s);
        EXIT WHEN number >= at_most OR lanes = 0;
        lanes := lanes - 1;
        WHILE number < at_most AND holds_up(l, s) LOOP
            move := nextval('worker_seq');
            EXIT WHEN take_from_lane(0, move, l, 1000, 3, NULL, NULL) = 0;
            FOR r IN SELECT k.* FROM claim_log AS k WHERE k.worker = 0 AND k.c = move ORDER BY k.no LOOP
                FOR t IN SELECT x.* FROM tickets_of(r) AS x LOOP
                    t.origin := coalesce(t.origin, t.seq);
                    PERFORM add_ticket(t);
                    number := number + 1;
                END LOOP;
            END LOOP;
        END LOOP;
    END LOOP;
    RETURN number;
END $$;
