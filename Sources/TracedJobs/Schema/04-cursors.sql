-- SPDX-License-Identifier: Apache-2.0
--
-- Reading the tickets of a tick in their order, without touching those of transactions that are still open.
--
-- Here and elsewhere, where plans are fixed by `enable_seqscan = off`, a table that has to be read in full seems so dear that
-- the server would compile the statement, which takes longer than to run it: hence `jit = off` in the functions called first.

-- The cursor of a lane: its newest receipt, or where every lane begins.
CREATE FUNCTION cursor_of(lane integer) RETURNS claim_log
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT SET enable_seqscan = off SET enable_bitmapscan = off AS $$
#variable_conflict use_column
DECLARE found_row claim_log;
BEGIN
    SELECT * INTO found_row FROM claim_log WHERE lane = cursor_of.lane ORDER BY no DESC LIMIT 1;
    IF found_row.no IS NULL THEN
        found_row := ROW(0, 0, 0, NULL, cursor_of.lane, 0, 0, '0', 0, '0', 0, '3:3:', '3:3:', 3, NULL, NULL);
    END IF;
    RETURN found_row;
END $$;

-- Whether the cursor of its lane is past a ticket.
CREATE FUNCTION is_claimed(xid xid8, seq bigint, at claim_log) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN seq < (at).low OR pg_visible_in_snapshot(xid, (at).sp)
    OR pg_visible_in_snapshot(xid, (at).sc) AND (xid, seq) <= ((at).tx, (at).ts);

-- The pieces of the transactions that began after `sp`, up to `sc`, after a position: between those that are open at
-- `sc`.
CREATE FUNCTION ranges(sp pg_snapshot, sc pg_snapshot, px xid8, ps bigint)
RETURNS TABLE (lo xid8, ls bigint, hi xid8) LANGUAGE sql STABLE ROWS 5 SET search_path FROM CURRENT AS $$
    SELECT CASE WHEN piece.lo > px THEN piece.lo ELSE px END,
        CASE WHEN piece.lo > px THEN piece.ls WHEN piece.lo = px THEN greatest(piece.ls, ps) ELSE ps END,
        piece.hi
    FROM (
        -- An open transaction ends a piece, and the next one begins after all of its tickets.
        SELECT bound AS lo, CASE WHEN number = 1 THEN 0 ELSE 9223372036854775807 END AS ls,
            lead(bound, 1, pg_snapshot_xmax(sc)) OVER (ORDER BY number) AS hi
        FROM unnest(array_prepend(pg_snapshot_xmax(sp),
            ARRAY(SELECT x FROM pg_snapshot_xip(sc) AS x WHERE x >= pg_snapshot_xmax(sp) ORDER BY x)
        )) WITH ORDINALITY AS bounds (bound, number)
    ) AS piece
    WHERE piece.hi > px ORDER BY piece.lo
$$;

-- The tickets of a receipt, in their order.
--
-- First the stragglers: those of transactions that were open at `sp` and have ended by `sc`, a look each. Then the
-- main range, the transactions that began after `sp`. It ends by the number of tickets, not by the receipt's last
-- position: an index scan can use one comparison of rows, and with two it reads its tick to the end, again and again.
-- The plans are fixed: there is one index, and statistics of empty tables would suggest something else.
CREATE FUNCTION tickets_of(receipt claim_log) RETURNS SETOF job
LANGUAGE plpgsql STABLE ROWS 200 SET search_path FROM CURRENT
SET enable_seqscan = off SET enable_bitmapscan = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_variable
DECLARE
    lane_ integer := receipt.lane; low bigint := receipt.low; sp pg_snapshot := receipt.sp; sc pg_snapshot := receipt.sc;
    fx xid8 := receipt.fx; fs bigint := receipt.fs; remaining bigint := receipt.n; found_some bigint;
BEGIN
    IF fx < pg_snapshot_xmax(sp) THEN
        IF pg_snapshot_xmin(sp) < pg_snapshot_xmax(sp) THEN
            RETURN QUERY SELECT j.* FROM pg_snapshot_xip(sp) AS x CROSS JOIN LATERAL (
                SELECT t.* FROM job AS t
                WHERE t.lane = lane_ AND t.seq >= low AND t.xid = x AND t.seq > CASE WHEN x = fx THEN fs ELSE 0 END
                ORDER BY t.seq LIMIT remaining
            ) AS j
            WHERE x >= fx AND pg_visible_in_snapshot(x, sc)
            ORDER BY j.xid, j.seq LIMIT remaining;
            GET DIAGNOSTICS found_some = ROW_COUNT;
            remaining := remaining - found_some;
        END IF;
        fx := pg_snapshot_xmax(sp);
        fs := 0;
    END IF;
    IF remaining = 0 THEN RETURN; END IF;
    IF NOT EXISTS (SELECT FROM pg_snapshot_xip(sc) AS x WHERE x >= fx) THEN
        RETURN QUERY SELECT t.* FROM job AS t
        WHERE t.lane = lane_ AND t.seq >= low AND (t.xid, t.seq) > (fx, fs) AND t.xid < pg_snapshot_xmax(sc)
        ORDER BY t.xid, t.seq LIMIT remaining;
    ELSE
        RETURN QUERY SELECT j.* FROM ranges(sp, sc, fx, fs) AS r CROSS JOIN LATERAL (
            SELECT t.* FROM job AS t
            WHERE t.lane = lane_ AND t.seq >= low AND (t.xid, t.seq) > (r.lo, r.ls) AND t.xid < r.hi
            ORDER BY t.xid, t.seq LIMIT remaining
        ) AS j
        LIMIT remaining;
    END IF;
END $$;

-- How many tickets of a lane wait for a claim, counted up to a limit.
CREATE FUNCTION waiting_in(lane integer, up_to bigint) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE at claim_log := cursor_of(waiting_in.lane); number bigint;
BEGIN
    SELECT count(*) INTO number FROM (
        SELECT FROM job AS t
        WHERE t.lane = waiting_in.lane AND t.seq >= at.low AND t.xid >= pg_snapshot_xmin(at.sp)
            AND NOT is_claimed(t.xid, t.seq, at)
        LIMIT up_to
    ) AS t;
    RETURN number;
END $$;

-- The ticket that comes first in a lane.
CREATE FUNCTION first_waiting(lane integer) RETURNS SETOF job
LANGUAGE plpgsql STABLE ROWS 1 SECURITY DEFINER SET search_path FROM CURRENT
SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE at claim_log := cursor_of(first_waiting.lane);
BEGIN
    RETURN QUERY SELECT t.* FROM job AS t
        WHERE t.lane = first_waiting.lane AND t.seq >= at.low AND t.xid >= pg_snapshot_xmin(at.sp)
            AND NOT is_claimed(t.xid, t.seq, at)
        ORDER BY t.xid, t.seq LIMIT 1;
END $$;
