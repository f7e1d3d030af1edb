-- SPDX-License-Identifier: Apache-2.0
--
-- What became of tickets. Nothing says it in one place: it follows from cursors, leases, notes and completions.

CREATE VIEW ticket AS SELECT * FROM job UNION ALL SELECT * FROM past_job;

-- The receipt that a ticket is in, and its place there.
--
-- From one receipt of a lane to the next, tickets only ever get behind the cursor: so the receipt is the first that has this
-- one behind it, found in the index by halving, however many there are. rebase() begins that order anew.
CREATE FUNCTION receipt_of(j job, OUT receipt claim_log, OUT ord integer)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off AS $$
#variable_conflict use_column
DECLARE before bigint; found_no bigint; middle bigint; k claim_log;
BEGIN
    before := greatest(
        (SELECT s.begun_no FROM segment AS s WHERE s.hi > j.seq ORDER BY s.hi LIMIT 1),
        (SELECT max(b.no) FROM claim_log AS b WHERE b.worker = 0 AND b.c = -1 - j.lane AND b.low <= j.seq),
        0
    );
    SELECT * INTO k FROM claim_log AS x WHERE x.lane = j.lane ORDER BY x.no DESC LIMIT 1;
    IF k.no IS NULL OR k.no <= before OR NOT is_claimed(j.xid, j.seq, k) THEN RETURN; END IF;
    receipt := k;
    found_no := k.no;
    WHILE found_no - before > 1 LOOP
        middle := before + (found_no - before) / 2;
        SELECT * INTO k FROM claim_log AS x
        WHERE x.lane = j.lane AND x.no > before AND x.no <= middle ORDER BY x.no DESC LIMIT 1;
        IF k.no IS NOT NULL AND is_claimed(j.xid, j.seq, k) THEN
            receipt := k;
            found_no := k.no;
        ELSE before := middle;
        END IF;
    END LOOP;
    -- A ticket that is parked is in none, though its number lies between those of some.
    IF receipt.n = 0 OR (j.xid, j.seq) <= (receipt.fx, receipt.fs) OR (j.xid, j.seq) > (receipt.tx, receipt.ts)
        OR NOT pg_visible_in_snapshot(j.xid, receipt.sc) OR pg_visible_in_snapshot(j.xid, receipt.sp) THEN
        receipt := NULL;
        RETURN;
    END IF;
    IF receipt.worker > 0 THEN
        -- Also where the segment is a past one: counted, not read.
        SELECT count(*) INTO ord FROM ticket AS t
        WHERE t.lane = j.lane AND t.seq >= receipt.low AND (t.xid, t.seq) > (receipt.fx, receipt.fs)
            AND (t.xid, t.seq) <= (j.xid, j.seq)
            AND pg_visible_in_snapshot(t.xid, receipt.sc) AND NOT pg_visible_in_snapshot(t.xid, receipt.sp);
    END IF;
END $$;

-- The attempt that a ticket was for: `state` is ready, running, moved (its job has another ticket instead), or an
-- outcome_name().
CREATE FUNCTION attempt_of(
    j job, OUT state text, OUT reason text, OUT started_at timestamptz, OUT ended_at timestamptz, OUT worker text,
    OUT lease_expires timestamptz, OUT trace_id uuid, OUT span_id bigint, OUT flags smallint
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT SET jit = off SET enable_seqscan = off AS $$
#variable_conflict use_variable
DECLARE f record; r claim_log; place integer; said note; w record; l lease;
BEGIN
    IF NOT is_claimed(j.xid, j.seq, cursor_of(j.lane)) THEN
        state := 'ready';
        RETURN;
    END IF;
    SELECT x.receipt, x.ord INTO f FROM receipt_of(j) AS x;
    r := f.receipt;
    place := f.ord;
    started_at := r.at;
    SELECT * INTO said FROM note AS x WHERE x.id = coalesce(j.origin, j.seq) AND x.seq = j.seq ORDER BY x.at DESC LIMIT 1;
    -- None comes before a ticket that is parked, and so in no receipt, though it may lie between those of one.
    IF coalesce(place, 0) = 0 AND said.seq IS NULL THEN
        state := 'moved';
        RETURN;
    END IF;
    SELECT x.name, x.policy, x.reserves, x.expires INTO w FROM worker AS x WHERE x.id = r.worker;
    IF NOT FOUND THEN
        SELECT x.name, x.policy, x.reserves, NULL::timestamptz INTO w FROM past_worker AS x WHERE x.id = r.worker;
    END IF;
    worker := coalesce(said.worker, w.name);
    IF said.seq IS NOT NULL THEN
        state := outcome_name(said.outcome);
        reason := said.reason;
        ended_at := said.at;
        trace_id := said.trace_id;
        span_id := said.span_id;
        flags := said.flags;
        RETURN;
    END IF;
    IF w.reserves AND r.spans IS NOT NULL THEN
        span_id := reserved_span(r, place);
        trace_id := CASE WHEN continues_trace(j, r.at, w.policy) THEN j.trace_id ELSE new_trace(r.root, span_id) END;
        flags := CASE WHEN j.trace_id IS NULL THEN 3 ELSE j.flags & 255 END;
    END IF;
    SELECT * INTO l FROM lease AS x WHERE x.worker = r.worker AND x.c = r.c AND x.no = r.no;
    IF FOUND AND (l.open IS NULL OR get_bit(l.open, place - 1) = 1) THEN
        state := 'running';
        lease_expires := w.expires;
        RETURN;
    END IF;
    state := 'succeeded';
    SELECT x.at INTO ended_at FROM done_log AS x
    WHERE x.no = r.no AND (x.part IS NULL OR get_bit(x.part, place - 1) = 1) LIMIT 1;
END $$;

-- The newest ticket of a job, wherever it is.
CREATE FUNCTION last_ticket(job_id bigint) RETURNS job LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
DECLARE j job;
BEGIN
    SELECT t.* INTO j FROM ticket AS t WHERE coalesce(t.origin, t.seq) = job_id ORDER BY t.seq DESC LIMIT 1;
    RETURN j;
END $$;

-- What a job is: ready, running, succeeded, cancelled, discarded or dead; or nothing for one that isn't there.
CREATE FUNCTION state_of(job_id bigint) RETURNS TABLE (state text, reason text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE j job;
BEGIN
    RETURN QUERY SELECT CASE p.state WHEN 3 THEN 'dead' WHEN 4 THEN 'cancelled' ELSE 'ready' END, p.reason
        FROM parked AS p WHERE p.id = job_id;
    IF FOUND THEN RETURN; END IF;
    j := last_ticket(job_id);
    IF j.seq IS NULL THEN RETURN; END IF;
    RETURN QUERY SELECT a.state, a.reason FROM attempt_of(j) AS a;
END $$;
