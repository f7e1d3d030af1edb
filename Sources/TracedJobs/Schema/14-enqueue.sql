-- SPDX-License-Identifier: Apache-2.0
--
-- Enqueueing. A job exists when the transaction commits, and not at all otherwise.

-- The general form: all that a job can have. With `unique_key`, one job of that key: `is_new` tells whether this is
-- it, `id` is the one there is. `kept` are the ends that keep the key, as in `job`; `period_end` until when they do.
CREATE FUNCTION add(
    queue integer, kind integer, payload bytea, priority integer, delay interval, max_attempts integer,
    trace_id uuid, span_id bigint, flags integer, tracestate text, baggage text, carrier jsonb,
    unique_key bytea DEFAULT NULL, kept integer DEFAULT 0, period_end timestamptz DEFAULT NULL,
    OUT id bigint, OUT is_new boolean
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_variable
DECLARE t timestamptz := now(); j job;
BEGIN
    IF priority NOT BETWEEN 0 AND 3 OR max_attempts NOT BETWEEN 1 AND 32000
        OR delay NOT BETWEEN interval '0' AND interval '1000 years' THEN
        RAISE EXCEPTION 'A job can''t have priority %, % attempts and a delay of %', priority, max_attempts, delay
            USING ERRCODE = 'invalid_parameter_value',
                HINT = 'Priorities are 0 (first) to 3, attempts 1 to 32000, delays 0 to 1000 years.';
    END IF;
    flags := coalesce(flags, 0) & 255;
    IF unique_key IS NOT NULL THEN
        -- Drawn here, and not by the INSERT of the ticket, because the key comes first; so the ticket gets another
        -- number.
        id := nextval('job_seq');
        SELECT k.id, k.is_new INTO id, is_new FROM take_key(unique_key, id) AS k;
        IF NOT is_new THEN RETURN; END IF;
        flags := flags | 256;
    ELSE
        kept := NULL;
        period_end := NULL;
    END IF;
    is_new := true;
    IF delay > interval '0' THEN
        INSERT INTO parked (id, state, due, xid, seq, created_at, span_id, lane, kind, attempt, max_attempts, flags, losses,
            trace_id, payload, scheduled_at, run_at, cause, tracestate, baggage, carrier, unique_key, unique_kept,
            unique_end)
        SELECT n, 0, t + delay, pg_current_xact_id(), n, t, span_id, lane(queue, priority), kind, 1, max_attempts, flags, 0,
            trace_id, payload, t + delay, t + delay, 1, tracestate, baggage, carrier, unique_key, kept, period_end
        FROM (SELECT coalesce(id, nextval('job_seq'))) AS x (n)
        RETURNING parked.id INTO id;
        -- So that who sleeps learns until when.
        PERFORM wake(queue);
    ELSE
        INSERT INTO job AS i (created_at, span_id, lane, kind, max_attempts, flags, trace_id, payload, origin, tracestate,
            baggage, carrier, unique_key, unique_kept, unique_end)
        VALUES (t, span_id, lane(queue, priority), kind, max_attempts, flags, trace_id, payload, id, tracestate, baggage,
            carrier, unique_key, kept, period_end)
        RETURNING coalesce(i.origin, i.seq) INTO id;
        PERFORM wake(queue);
    END IF;
END $$;

-- Takes a key for a job, unless another has it: then that one's id comes back. Waits for another transaction that is
-- taking it. Those who take several do it in the order of the keys.
--
-- A key that another job has is only looked at: its row, locked until this transaction ends, would hold up the worker
-- that gives it free.
CREATE FUNCTION take_key(key bytea, wanted bigint, OUT id bigint, OUT is_new boolean)
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
#variable_conflict use_column
BEGIN
    LOOP
        SELECT u.id INTO take_key.id FROM uniq AS u WHERE u.key = take_key.key AND (u.until > now()) IS NOT FALSE;
        is_new := NOT FOUND;
        IF FOUND THEN RETURN; END IF;
        DELETE FROM uniq AS u WHERE u.key = take_key.key AND u.until <= now();
        INSERT INTO uniq AS u (key, id) VALUES (take_key.key, wanted)
        ON CONFLICT (key) DO NOTHING RETURNING u.id INTO take_key.id;
        IF FOUND THEN RETURN; END IF;
        -- Another was quicker: look again.
    END LOOP;
END $$;

-- The key of a job that is unique by a text, or by its payload if `by` is NULL, within its kind; with a period, once
-- in each: `at` is the time that the end of the period is reckoned from too.
CREATE FUNCTION unique_key(kind text, payload jsonb, by text, period interval, at timestamptz) RETURNS bytea
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT sha256(convert_to(jsonb_build_array(kind, by, CASE WHEN by IS NULL THEN payload END,
        CASE WHEN period IS NOT NULL THEN floor(extract(epoch FROM at) / extract(epoch FROM period)) END)::text, 'UTF8'))
$$;

-- For SQL in any language: enqueues a job and returns its id, with the trace context that the transaction has from
--
--     SET LOCAL stitch.traceparent = '00-…-…-01';
--
-- and the like (see current_context()). Of jobs with the same `unique_by` there is one at a time, or one in each
-- `unique_period`, and the id of that comes back. `unique_until` names the ends that keep the key: succeeded, cancelled,
-- discarded, dead; NULL for success with a period, and for none without.
CREATE FUNCTION enqueue(
    kind text, payload jsonb DEFAULT '{}', queue text DEFAULT 'default', priority integer DEFAULT 1,
    delay interval DEFAULT interval '0', max_attempts integer DEFAULT 20, unique_by text DEFAULT NULL,
    unique_period interval DEFAULT NULL, unique_until text[] DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE c record; key bytea; p double precision; added bigint; t timestamptz := now();
BEGIN
    IF unique_by IS NULL AND (unique_period IS NOT NULL OR unique_until IS NOT NULL) THEN
        RAISE EXCEPTION 'A job with unique_period or unique_until needs unique_by'
            USING ERRCODE = 'invalid_parameter_value', HINT = 'By a text, such as the payload''s: unique_by => payload::text.';
    END IF;
    IF unique_by IS NOT NULL THEN
        p := extract(epoch FROM unique_period);
        unique_until := coalesce(unique_until, CASE WHEN p IS NULL THEN '{}' ELSE '{succeeded}' END::text[]);
        IF p <= 0 OR NOT unique_until <@ ARRAY['succeeded', 'cancelled', 'discarded', 'dead'] THEN
            RAISE EXCEPTION 'A key can''t be kept for % until %', unique_period, unique_until
                USING ERRCODE = 'invalid_parameter_value', HINT = 'Ends are succeeded, cancelled, discarded and dead.';
        END IF;
        key := unique_key(kind, payload, unique_by, unique_period, t);
    END IF;
    SELECT * INTO c FROM current_context();
    SELECT a.id INTO added FROM add(
        queue_id(queue), kind_id(kind), convert_to(payload::text, 'UTF8'), priority, delay, max_attempts,
        c.trace_id, c.span_id, c.flags, c.tracestate, c.baggage, c.carrier, key, kept_of(unique_until),
        to_timestamp((floor(extract(epoch FROM t) / p) + 1) * p)
    ) AS a;
    RETURN added;
END $$;

CREATE FUNCTION kept_of(ends text[]) RETURNS integer LANGUAGE sql IMMUTABLE
RETURN CASE WHEN 'succeeded' = ANY (ends) THEN 1 ELSE 0 END + CASE WHEN 'cancelled' = ANY (ends) THEN 2 ELSE 0 END
    + CASE WHEN 'discarded' = ANY (ends) THEN 4 ELSE 0 END + CASE WHEN 'dead' = ANY (ends) THEN 8 ELSE 0 END;

-- Enqueues many at once, all with the context of the transaction. Returns the ids in the order of the payloads.
CREATE FUNCTION enqueue_many(
    kind text, payloads jsonb[], queue text DEFAULT 'default', priority integer DEFAULT 1, max_attempts integer DEFAULT 20
) RETURNS SETOF bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE c record; q integer := queue_id(queue); t timestamptz := now();
BEGIN
    IF priority NOT BETWEEN 0 AND 3 OR max_attempts NOT BETWEEN 1 AND 32000 THEN
        RAISE EXCEPTION 'A job can''t have priority % and % attempts', priority, max_attempts
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Priorities are 0 (first) to 3, attempts 1 to 32000.';
    END IF;
    SELECT * INTO c FROM current_context();
    RETURN QUERY INSERT INTO job AS i
            (created_at, span_id, lane, kind, max_attempts, flags, trace_id, payload, tracestate, baggage, carrier)
        SELECT t, c.span_id, lane(q, priority), k.id, enqueue_many.max_attempts, c.flags, c.trace_id,
            convert_to(p.payload::text, 'UTF8'), c.tracestate, c.baggage, c.carrier
        FROM (SELECT kind_id(enqueue_many.kind)) AS k (id), unnest(payloads) WITH ORDINALITY AS p (payload, number)
        ORDER BY p.number
        RETURNING i.seq;
    PERFORM wake(q);
END $$;
