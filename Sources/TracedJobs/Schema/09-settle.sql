-- SPDX-License-Identifier: Apache-2.0
--
-- Saying of single jobs how their attempts ended.

-- Settles jobs that did not simply succeed, or that have a key or a span of their own. The arrays run in parallel, an
-- entry for each job; `outcomes` are outcome_name()'s (2 is for rescue alone), `delays` are seconds, for failed and
-- snoozed ones. Where a trace is NULL the span is the one that the receipt reserved. Returns the jobs on which it had
-- an effect.
CREATE FUNCTION settle(
    worker bigint, cs bigint[], nos bigint[], ords integer[], outcomes integer[], delays double precision[],
    reasons text[], traces uuid[], spans bigint[], span_flags smallint[]
) RETURNS TABLE (no bigint, ord integer, id bigint, became text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE w worker; e record; j job; r claim_log; queues integer[];
BEGIN
    PERFORM require_read_committed('settle()');
    IF 2 = ANY (outcomes) OR EXISTS (SELECT FROM unnest(outcomes) AS o WHERE o IS NULL OR o NOT BETWEEN 0 AND 8) THEN
        RAISE EXCEPTION 'settle() knows no such outcome: %', outcomes USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT * INTO w FROM worker AS x WHERE x.id = settle.worker FOR KEY SHARE;
    IF NOT FOUND THEN RETURN; END IF;
    FOR e IN
        WITH entry AS (
            SELECT * FROM unnest(cs, nos, ords, outcomes, delays, reasons, traces, spans, span_flags)
                AS x (c, no, ord, outcome, delay, reason, trace, span, flags)
        ), receipt AS (
            SELECT x.c, x.no, l.n, set_bits(l.n, array_agg(x.ord)) AS mask FROM entry AS x
            JOIN lease AS l ON l.worker = settle.worker AND l.c = x.c AND l.no = x.no
            WHERE x.ord BETWEEN 1 AND l.n
                -- One that was settled before takes none of its neighbours along.
                AND get_bit(coalesce(l.open, all_open(l.n)), x.ord - 1) = 1
            GROUP BY x.c, x.no, l.n
        ), argument AS MATERIALIZED (
            SELECT array_agg(c) AS cs, array_agg(receipt.no) AS nos, array_agg(mask) AS masks FROM receipt
        ), taken AS MATERIALIZED (
            SELECT t.* FROM argument AS a, take_from_leases(settle.worker, a.cs, a.nos, a.masks) AS t
        )
        SELECT x.*, receipt.n FROM taken AS t JOIN receipt ON receipt.no = t.no JOIN entry AS x ON x.no = t.no
        WHERE x.ord BETWEEN 1 AND receipt.n AND get_bit(receipt.mask, x.ord - 1) = 1 ORDER BY x.no, x.ord
    LOOP
        SELECT * INTO r FROM claim_log AS k WHERE k.worker = settle.worker AND k.c = e.c AND k.no = e.no;
        j := ticket_at(r, e.ord);
        no := e.no;
        ord := e.ord;
        id := coalesce(j.origin, j.seq);
        IF e.outcome = 0 THEN
            INSERT INTO done_log AS d (no, n, part) VALUES (e.no, 1, set_bits(e.n, ARRAY[e.ord]));
        END IF;
        became := conclude_attempt(j, r, e.ord, e.outcome, make_interval(secs => e.delay), e.reason, e.trace, e.span,
            e.flags, w.name, w.policy, 32767);
        IF became = 'ready' THEN queues := array_append(queues, j.lane / 8); END IF;
        RETURN NEXT;
    END LOOP;
    PERFORM wake(q.id) FROM (SELECT DISTINCT q FROM unnest(queues) AS q) AS q (id);
END $$;

-- n bits, of which those named, from 1 on, are set.
CREATE FUNCTION set_bits(n integer, ords integer[]) RETURNS varbit
LANGUAGE sql IMMUTABLE SET search_path FROM CURRENT AS $$
    SELECT string_agg(CASE WHEN i = ANY (ords) THEN '1' ELSE '0' END, '' ORDER BY i)::varbit
    FROM generate_series(1, n) AS i
$$;

-- One ticket of a receipt.
CREATE FUNCTION ticket_at(r claim_log, ord integer) RETURNS job
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE j job;
BEGIN
    SELECT t.* INTO j FROM tickets_of(r) AS t OFFSET ord - 1 LIMIT 1;
    RETURN j;
END $$;

-- conclude(), with the ids that the receipt reserved where the attempt has no others.
CREATE FUNCTION conclude_attempt(
    j job, r claim_log, ord integer, outcome integer, delay interval, reason text, trace uuid, span bigint,
    span_flags smallint, worker_name text, policy jsonb, max_losses integer
) RETURNS text LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    -- A success needs no note where the receipt says all.
    IF outcome BETWEEN 1 AND 6 AND trace IS NULL AND r.spans IS NOT NULL THEN
        span := reserved_span(r, ord);
        trace := CASE WHEN continues_trace(j, r.at, policy) THEN j.trace_id ELSE new_trace(r.root, span) END;
        -- Without a creation: a sampled trace whose id is random.
        span_flags := coalesce(span_flags, CASE WHEN j.trace_id IS NULL THEN 3 ELSE j.flags & 255 END);
    END IF;
    RETURN conclude(j, r, outcome, delay, reason, trace, span, span_flags, worker_name, max_losses);
END $$;

-- How attempts of a worker ended, for one that never heard what came of its word: the outcome of each whose end is written
-- down, whoever said it. The arrays run in parallel.
CREATE FUNCTION ends_of(worker bigint, cs bigint[], nos bigint[], ords integer[])
RETURNS TABLE (no bigint, ord integer, outcome integer)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT SET jit = off SET enable_seqscan = off AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT e.no, e.ord, coalesce(
        (SELECT n.outcome::integer FROM note AS n WHERE n.id = coalesce(t.origin, t.seq) AND n.seq = t.seq
            ORDER BY n.at DESC LIMIT 1),
        (SELECT 0 FROM done_log AS d
            WHERE d.no = e.no AND (d.part IS NULL OR get_bit(d.part, e.ord - 1) = 1) LIMIT 1))
    FROM unnest(cs, nos, ords) AS e (c, no, ord)
    JOIN claim_log AS r ON r.worker = ends_of.worker AND r.c = e.c AND r.no = e.no
    CROSS JOIN LATERAL (SELECT x.origin, x.seq FROM past_tickets_of(r) AS x OFFSET e.ord - 1 LIMIT 1) AS t;
END $$;
