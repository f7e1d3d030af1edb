-- SPDX-License-Identifier: Apache-2.0
--
-- Who may do what. The owner of the schema may everything, and nobody else anything, until this is called.

-- Gives rights to three roles, which exist already: who enqueues, who works (and enqueues), and who looks after the
-- queue (all of that, and cancels, retries, pauses, reads). Functions act with the owner's rights, on a path that the
-- caller has no say in. To write tickets directly, for speed, nobody may fill the columns that put them in order.
CREATE FUNCTION grant_to(enqueuer text, worker text, admin text) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    schema_name text := (SELECT n.nspname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE c.oid = 'job'::regclass);
    all_of_them text := (SELECT string_agg(quote_ident(r), ', ') FROM unnest(ARRAY[enqueuer, worker, admin]) AS r);
    workers text := quote_ident(worker) || ', ' || quote_ident(admin);
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %s', schema_name, all_of_them);
    EXECUTE 'GRANT INSERT (created_at, span_id, lane, kind, max_attempts, flags, trace_id, payload, tracestate, baggage, '
        || 'carrier), SELECT (seq, lane, xid) ON job TO ' || all_of_them;
    EXECUTE 'GRANT USAGE ON SEQUENCE job_seq TO ' || all_of_them;
    EXECUTE 'GRANT SELECT ON schema_version, queue, kind TO ' || all_of_them;
    EXECUTE 'GRANT EXECUTE ON FUNCTION now(), queue_id(text), kind_id(text), lane(integer, integer, boolean), wake(integer), '
        || 'wake_channel(), enqueue(text, jsonb, text, integer, interval, integer, text, interval, text[]), '
        || 'enqueue_many(text, jsonb[], text, integer, integer), add(integer, integer, bytea, integer, interval, integer, '
        || 'uuid, bigint, integer, text, text, jsonb, bytea, integer, timestamptz), '
        || 'unique_key(text, jsonb, text, interval, timestamptz), kept_of(text[]) TO ' || all_of_them;
    EXECUTE 'GRANT EXECUTE ON FUNCTION '
        || 'register(text, interval, text[], text[], jsonb, boolean), beat(bigint, bigint[], bigint), leave(bigint), '
        || 'claim(bigint, bigint, integer, integer, bigint, bytea, integer, integer, boolean), fetch_jobs(bigint, bigint), '
        || 'ack(bigint, bigint[], bigint[], varbit[]), settle(bigint, bigint[], bigint[], integer[], integer[], '
        || 'double precision[], text[], uuid[], bigint[], smallint[]), ends_of(bigint, bigint[], bigint[], integer[]), '
        || 'rescue(integer, integer), promote(integer[], integer[], integer), promote_telling(integer[], integer[]), '
        || 'next_due(boolean), maintain(text), health(interval), '
        || 'stats_of(text[]), measured(text[], interval), fall_asleep(integer[]), wake_up(integer[]), '
        || 'open_transactions(xid8[]) TO ' || workers;
    -- Views call functions with the rights of whoever reads them.
    EXECUTE format('GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA %I TO %I', schema_name, admin);
    EXECUTE 'GRANT SELECT ON ALL TABLES IN SCHEMA ' || quote_ident(schema_name) || ' TO ' || quote_ident(admin);
END $$;

-- Functions may be called by anybody unless that is taken away. now() and lane() stay, because defaults of columns
-- and inlined expressions call them with the rights of whoever inserts.
DO $$
DECLARE f record;
BEGIN
    FOR f IN SELECT p.oid::regprocedure AS name FROM pg_proc AS p
        WHERE p.pronamespace = (SELECT c.relnamespace FROM pg_class AS c WHERE c.oid = 'job'::regclass)
            AND p.proname NOT IN ('now', 'lane')
    LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', f.name);
    END LOOP;
END $$;

SELECT add_segments();
INSERT INTO schema_version (version) VALUES (1);
