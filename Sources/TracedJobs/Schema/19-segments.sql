-- SPDX-License-Identifier: Apache-2.0
--
-- Segments: tickets are thrown away by the million, never one by one.
--
-- A segment is added ahead of time, *sealed* when nobody can write into it any more, *passed* when the cursors of all
-- lanes are behind it, *retired* when no lease refers to it: then it is detached and kept among the past ones, and at
-- last dropped. Each step is proven before the next, however long one takes.

-- Makes segments until two empty ones lie ahead. Enqueueing goes on meanwhile: attaching takes a lock that allows it.
CREATE FUNCTION add_segments() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE number integer; added integer := 0; size bigint := (SELECT segment_size FROM setting); lo bigint; reached bigint;
BEGIN
    -- One at a time; the next finds what is there already.
    PERFORM pg_advisory_xact_lock('segment'::regclass::oid::integer, 1);
    SELECT last_value INTO reached FROM job_seq;
    LOOP
        SELECT coalesce(max(s.k) + 1, 0), coalesce(max(s.hi), 0) INTO number, lo FROM segment AS s;
        EXIT WHEN number > 1 AND (SELECT count(*) FROM segment AS s WHERE s.lo > reached) >= 2;
        EXECUTE format('CREATE TABLE job_%s (LIKE job INCLUDING DEFAULTS INCLUDING STORAGE, CHECK (seq >= %s AND seq < %s))
            WITH (autovacuum_enabled = false)', number, lo, lo + size);
        EXECUTE format('CREATE INDEX ON job_%s (lane, xid, seq)', number);
        -- Tickets are deleted by rebase() only.
        EXECUTE format('ALTER TABLE job_%s REPLICA IDENTITY FULL', number);
        EXECUTE format('ALTER TABLE job ATTACH PARTITION job_%s FOR VALUES FROM (%s) TO (%s)', number, lo, lo + size);
        INSERT INTO segment (k, lo, hi, begun_no)
        SELECT number, lo, lo + size, CASE WHEN is_called THEN last_value ELSE 0 END FROM claim_seq;
        added := added + 1;
    END LOOP;
    RETURN added;
END $$;

-- Transactions, but for this one, that may write tickets. They hold this lock from before they draw a number.
CREATE FUNCTION writers() RETURNS text[] LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT coalesce(array_agg(DISTINCT l.virtualtransaction), '{}') FROM pg_locks AS l
    WHERE l.locktype = 'relation' AND l.relation = 'job'::regclass AND l.mode = 'RowExclusiveLock'
        AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
        AND l.pid IS DISTINCT FROM pg_backend_pid()
$$;

-- The newest number that was given out.
CREATE FUNCTION newest_number() RETURNS bigint LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM job_seq
$$;

-- Fills a segment that has been filled for a seventh of the retention, so that jobs go in time where there are few: draws
-- what is left of its numbers, at most so many in a round, and throws them away. Numbers can't be set forward otherwise
-- without a lock against all who draw one. Returns how many it drew.
CREATE FUNCTION fill_segment(at_most bigint DEFAULT 1000000) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE t timestamptz := now(); newest bigint := newest_number(); s segment; number bigint;
BEGIN
    -- The first segment begins with 0, which is no ticket's.
    UPDATE segment AS x SET begun_at = t WHERE x.begun_at IS NULL AND x.sealed_at IS NULL AND greatest(x.lo, 1) <= newest;
    SELECT x.* INTO s FROM segment AS x, setting
    WHERE x.lo <= newest AND x.hi > newest + 1 AND x.begun_at < t - setting.retention / 7;
    IF NOT FOUND THEN RETURN 0; END IF;
    SELECT count(nextval('job_seq')) INTO number FROM generate_series(1, least(s.hi - 1 - newest, at_most));
    RETURN number;
END $$;

-- Seals the oldest segment that is full, in two steps: who writes now, and later, that they have all ended.
CREATE FUNCTION seal_segment() RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE s segment; others text[];
BEGIN
    SELECT * INTO s FROM segment AS x
    WHERE x.sealed_at IS NULL AND x.hi <= newest_number() + 1 ORDER BY x.k LIMIT 1 FOR UPDATE;
    IF NOT FOUND THEN RETURN false; END IF;
    others := writers();
    IF s.waiting IS NULL AND others <> '{}' THEN UPDATE segment AS x SET waiting = others WHERE x.k = s.k;
    ELSIF s.waiting IS NULL OR NOT s.waiting && others THEN
        UPDATE segment AS x SET sealed_at = now(), waiting = NULL WHERE x.k = s.k;
        RETURN true;
    END IF;
    RETURN false;
END $$;

-- Whether a lane has tickets of a segment ahead of its cursor.
CREATE FUNCTION holds_up(lane integer, s segment) RETURNS boolean LANGUAGE plpgsql SET search_path FROM CURRENT
SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE at claim_log := cursor_of(holds_up.lane); found_one boolean;
BEGIN
    IF at.low >= s.hi THEN RETURN false; END IF;
    EXECUTE format('SELECT EXISTS (SELECT FROM job_%s AS t
        WHERE t.lane = $1 AND t.xid >= pg_snapshot_xmin($2) AND NOT is_claimed(t.xid, t.seq, $3))', s.k)
    INTO found_one USING holds_up.lane, at.sp, at;
    RETURN found_one;
END $$;

-- Puts the cursors of lanes behind the oldest sealed segment, for up to so many lanes that have no ticket of it left, and
-- passes it when all are: then no lane need look there again. `more` says that lanes are left that could have been taken.
--
-- One lane is waited for, and no other held meanwhile: of the rest those are taken that nobody has just now. So a claim
-- waits for this as it does for another claim, and however many lanes there are, few locks are held at once.
CREATE FUNCTION pass_segment(at_most integer DEFAULT 100, OUT passed boolean, OUT more boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET jit = off
SET enable_seqscan = off SET enable_bitmapscan = off SET lock_timeout = '1s' AS $$
DECLARE s segment; l integer; at claim_log; behind integer[]; unclaimed integer[]; number integer := 0; is_held_up boolean := false;
BEGIN
    passed := false;
    more := false;
    SELECT * INTO s FROM segment AS x WHERE x.sealed_at IS NOT NULL AND x.passed_at IS NULL ORDER BY x.k LIMIT 1 FOR UPDATE;
    IF NOT FOUND THEN RETURN; END IF;
    SELECT array_agg(x.lane ORDER BY x.lane) FILTER (WHERE x.low < s.hi), array_agg(x.lane) FILTER (WHERE x.low IS NULL)
    INTO behind, unclaimed
    FROM (
        SELECT q.id * 8 + p AS lane,
            (SELECT k.low FROM claim_log AS k WHERE k.lane = q.id * 8 + p ORDER BY k.no DESC LIMIT 1) AS low
        FROM queue AS q, generate_series(0, 7) AS p
    ) AS x;
    FOREACH l IN ARRAY coalesce(behind, '{}') LOOP
        -- Without a lock: what is ahead of a cursor only gets less in a sealed segment.
        IF holds_up(l, s) THEN
            is_held_up := true;
            CONTINUE;
        END IF;
        IF number >= at_most THEN
            more := true;
            RETURN;
        END IF;
        IF number = 0 THEN PERFORM pg_advisory_xact_lock('job'::regclass::oid::integer, l);
        ELSIF NOT pg_try_advisory_xact_lock('job'::regclass::oid::integer, l) THEN
            more := true;
            CONTINUE;
        END IF;
        at := cursor_of(l);
        IF at.low < s.hi THEN
            INSERT INTO claim_log (worker, c, lane, n, low, fx, fs, tx, ts, sp, sc, mode)
            VALUES (0, 0, l, 0, s.hi, at.tx, at.ts, at.tx, at.ts, at.sp, at.sc, 3);
        END IF;
        number := number + 1;
    END LOOP;
    IF more OR is_held_up THEN RETURN; END IF;
    -- A lane that nothing was claimed from has no cursor, and needs none.
    FOREACH l IN ARRAY coalesce(unclaimed, '{}') LOOP
        IF holds_up(l, s) THEN RETURN; END IF;
    END LOOP;
    UPDATE segment AS x SET passed_at = now(), passed_no = (SELECT last_value FROM claim_seq) WHERE x.k = s.k;
    passed := true;
EXCEPTION WHEN lock_not_available THEN more := false;
END $$;

-- The oldest segment that nobody needs but people: no lease is left of the time before it was passed.
CREATE FUNCTION retirable_segment() RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT s.k FROM segment AS s
    WHERE s.passed_at IS NOT NULL AND s.retired_at IS NULL
        AND NOT EXISTS (SELECT FROM lease AS l WHERE l.no <= s.passed_no)
    ORDER BY s.k LIMIT 1
$$;
