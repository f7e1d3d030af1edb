-- SPDX-License-Identifier: Apache-2.0
--
-- The tickets of a claim, as a worker needs them.

-- In a transaction of its own, so that no lane is held while rows go to a client that is slow. May be asked again:
-- after a connection broke it tells whether the claim was committed. Only what is still open comes.
CREATE FUNCTION fetch_jobs(worker bigint, c bigint) RETURNS TABLE (
    no bigint, ord integer, n integer, id bigint, seq bigint, queue integer, kind integer,
    attempt smallint, max_attempts smallint, losses smallint, flags smallint, payload bytea, is_cancelled boolean,
    root bigint, span bytea, trace_id uuid, span_id bigint, tracestate text, baggage text, carrier jsonb,
    prev_trace uuid, prev_span bigint, prev_flags smallint, prev_worker text, cause smallint,
    created_at timestamptz, scheduled_at timestamptz, waiting_since timestamptz, run_at timestamptz, claimed_at timestamptz
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT
SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE e record; r claim_log; has_orders boolean := EXISTS (SELECT FROM cancel);
BEGIN
    FOR e IN
        SELECT k AS receipt, l.open FROM claim_log AS k
        JOIN lease AS l ON l.worker = k.worker AND l.c = k.c AND l.no = k.no
        WHERE k.worker = fetch_jobs.worker AND k.c = fetch_jobs.c ORDER BY k.no
    LOOP
        r := e.receipt;
        RETURN QUERY SELECT r.no, t.ordinality::integer, r.n, coalesce(t.origin, t.seq), t.seq, t.lane / 8, t.kind,
            t.attempt, t.max_attempts, t.losses, t.flags, t.payload,
            has_orders AND EXISTS (SELECT FROM cancel WHERE id = coalesce(t.origin, t.seq)),
            r.root, substr(r.spans, 8 * t.ordinality::integer - 7, 8), t.trace_id, t.span_id, t.tracestate, t.baggage,
            t.carrier, t.prev_trace, t.prev_span, t.prev_flags, t.prev_worker, coalesce(t.cause, 1::smallint),
            -- All by the clock of the database; how long it waited, the worker works out.
            t.created_at, coalesce(t.scheduled_at, t.created_at), coalesce(t.waiting_since, t.created_at), t.run_at, r.at
        FROM tickets_of(r) WITH ORDINALITY AS t
        WHERE e.open IS NULL OR get_bit(e.open, t.ordinality::integer - 1) = 1;
    END LOOP;
END $$;
