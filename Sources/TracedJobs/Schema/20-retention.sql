-- SPDX-License-Identifier: Apache-2.0
--
-- Retiring segments, and forgetting what is old.

-- Takes the next step with a segment that can be retired, and says which: 'indexed', for people who look things up,
-- then 'kept', among the past ones. NULL if none could be taken now.
--
-- Detaching needs all statements of the queue to hold still for a moment, and gives up after a tenth of a second, for
-- the next time. The owner can do without that, outside of any transaction, before the second step:
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
        EXECUTE format('ALTER TABLE job DETACH PARTITION job_%s', s.k);
    END IF;
    EXECUTE format('ALTER TABLE past_job ATTACH PARTITION job_%s FOR VALUES FROM (%s) TO (%s)', s.k, s.lo, s.hi);
    UPDATE segment AS x SET retired_at = now() WHERE x.k = s.k;
    RETURN 'kept';
EXCEPTION WHEN lock_not_available THEN RETURN NULL;
END $$;

-- Drops the oldest past segment if it is older than the retention, with the receipts, notes and completions of its
-- time. Returns its number, or NULL.
CREATE FUNCTION drop_segment() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET lock_timeout = '1s' AS $$
DECLARE s segment; following bigint;
BEGIN
    SELECT x.* INTO s FROM segment AS x, setting
    WHERE x.retired_at < (SELECT now()) - setting.retention ORDER BY x.k LIMIT 1 FOR UPDATE OF x;
    IF NOT FOUND THEN RETURN NULL; END IF;
    -- Receipts from before the next segment was made hold no ticket of it.
    SELECT x.begun_no INTO following FROM segment AS x WHERE x.k > s.k ORDER BY x.k LIMIT 1;
    EXECUTE format('DROP TABLE job_%s', s.k);
    DELETE FROM claim_log AS c WHERE c.no <= following
        AND NOT EXISTS (SELECT FROM lease AS l WHERE l.worker = c.worker AND l.c = c.c AND l.no = c.no)
        AND c.no <> (SELECT max(n.no) FROM claim_log AS n WHERE n.lane = c.lane);
    DELETE FROM done_log AS d WHERE d.no <= following;
    DELETE FROM note AS n WHERE n.seq < s.hi;
    DELETE FROM past_worker AS w WHERE w.ended_at < s.passed_at - (SELECT retention FROM setting);
    DELETE FROM segment AS x WHERE x.k = s.k;
    RETURN s.k;
EXCEPTION WHEN lock_not_available THEN RETURN NULL;
END $$;

-- Forgets jobs that were set aside, keys and orders that nobody asks for any more. Returns how many.
CREATE FUNCTION forget() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE s setting; t timestamptz := now(); number bigint; more bigint;
BEGIN
    SELECT * INTO s FROM setting;
    DELETE FROM parked AS p WHERE p.state = 4 AND p.due < t - s.retention OR p.state = 3 AND p.due < t - s.dead_retention;
    GET DIAGNOSTICS number = ROW_COUNT;
    -- A row may be locked for as long as a transaction takes that has the key next.
    DELETE FROM uniq AS d WHERE d.key = ANY (ARRAY(
        SELECT u.key FROM uniq AS u WHERE u.until <= t OR u.until = 'infinity' AND NOT EXISTS (
            SELECT FROM parked AS p WHERE p.id = u.id) AND u.id < (SELECT coalesce(min(x.lo), 0) FROM segment AS x)
        FOR UPDATE SKIP LOCKED
    ));
    GET DIAGNOSTICS more = ROW_COUNT;
    number := number + more;
    DELETE FROM cancel AS c WHERE c.at < t - s.retention
        AND coalesce((SELECT o.state FROM state_of(c.id) AS o), '') NOT IN ('ready', 'running');
    GET DIAGNOSTICS more = ROW_COUNT;
    RETURN number + more;
END $$;

-- Moves what a queue that is paused, or that nobody works on, still has in a sealed segment to a new one, so that the
-- old one can go. At most so many; returns how many. Their places in the lane are behind what came later.
CREATE FUNCTION move_old_tickets(at_most integer DEFAULT 10000) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE s segment; l integer; number bigint := 0; move bigint; r claim_log; t job;
BEGIN
    PERFORM require_read_committed('move_old_tickets()');
    SELECT x.* INTO s FROM segment AS x WHERE x.sealed_at IS NOT NULL AND x.passed_at IS NULL ORDER BY x.k LIMIT 1;
    IF NOT FOUND THEN RETURN 0; END IF;
    FOR l IN SELECT q.id * 8 + p FROM queue AS q, generate_series(0, 7) AS p
        WHERE q.paused OR NOT EXISTS (SELECT FROM worker AS w WHERE q.id = ANY (w.queues)) ORDER BY 1
    LOOP
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
