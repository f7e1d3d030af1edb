-- SPDX-License-Identifier: Apache-2.0
--
-- Saying that jobs succeeded.

-- Takes jobs out of leases, if they are in them: each entry names a claim, a receipt of it and the jobs, NULL for all
-- that are open. An entry of which one job isn't open has no effect at all. A receipt may be named once. The caller
-- has locked the worker's row, which keeps rescue away.
CREATE FUNCTION take_from_leases(worker bigint, cs bigint[], nos bigint[], masks varbit[])
RETURNS TABLE (no bigint, n integer, part varbit)
LANGUAGE plpgsql SET search_path FROM CURRENT SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off
SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH entry AS MATERIALIZED (
        SELECT * FROM unnest(cs, nos, masks) AS e (c, no, mask)
    ), wholly AS (
        DELETE FROM lease AS l USING entry AS e
        WHERE l.worker = take_from_leases.worker AND l.c = e.c AND l.no = e.no
            AND (e.mask IS NULL OR coalesce(l.open, all_open(l.n)) = e.mask)
        RETURNING l.no, l.n, l.open
    ), partly AS (
        UPDATE lease AS l SET open = coalesce(l.open, all_open(l.n)) & ~e.mask FROM entry AS e
        WHERE l.worker = take_from_leases.worker AND l.c = e.c AND l.no = e.no AND bit_length(e.mask) = l.n
            AND coalesce(l.open, all_open(l.n)) <> e.mask
            AND (coalesce(l.open, all_open(l.n)) & e.mask) = e.mask AND bit_count(e.mask) > 0
        RETURNING l.no, bit_count(e.mask)::integer AS n, e.mask
    )
    SELECT wholly.no, coalesce(bit_count(wholly.open)::integer, wholly.n), wholly.open FROM wholly
    UNION ALL SELECT partly.no, partly.n, partly.mask FROM partly;
END $$;

-- Completes jobs, all of claims (masks NULL) or some. Returns for each receipt that it had an effect on how many; for
-- what a rescue has taken meanwhile, or was completed before, it has none. Jobs with flags from 256 on are for
-- settle().
CREATE FUNCTION ack(worker bigint, cs bigint[], nos bigint[], masks varbit[])
RETURNS TABLE (no bigint, n integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
    PERFORM require_read_committed('ack()') WHERE current_setting('transaction_isolation') <> 'read committed';
    PERFORM FROM worker AS w WHERE w.id = ack.worker FOR KEY SHARE;
    IF NOT FOUND THEN RETURN; END IF;
    RETURN QUERY INSERT INTO done_log AS d (no, n, part)
        SELECT t.no, t.n, t.part FROM take_from_leases(ack.worker, cs, nos, masks) AS t
        RETURNING d.no, d.n;
END $$;
