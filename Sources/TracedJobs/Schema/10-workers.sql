-- SPDX-License-Identifier: Apache-2.0
--
-- A worker's life: it registers, gives signs of life, and leaves, or is given up.

-- Registers a worker; the id is the first half of the names of all its claims, and is never used again.
CREATE FUNCTION register(
    name text, lease interval, queues text[], kinds text[], policy jsonb, reserves boolean DEFAULT true,
    OUT worker bigint, OUT queue_ids integer[], OUT kind_ids integer[]
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM require_read_committed('register()');
    IF lease < interval '1 second' OR name = '' THEN
        RAISE EXCEPTION 'A worker needs a name and a lease of a second or more'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF (SELECT s.system_identifier FROM setting AS s) <> (SELECT c.system_identifier FROM pg_control_system() AS c) THEN
        RAISE EXCEPTION 'The job queue comes from another Postgres cluster, whose transaction ids mean nothing in this one'
            USING ERRCODE = 'SJ002', HINT = 'Call rebase() as the owner of its schema while no worker runs.';
    END IF;
    SELECT array_agg(queue_id(q.name) ORDER BY q.number) INTO queue_ids
    FROM unnest(queues) WITH ORDINALITY AS q (name, number);
    SELECT array_agg(kind_id(k.name) ORDER BY k.number) INTO kind_ids
    FROM unnest(kinds) WITH ORDINALITY AS k (name, number);
    INSERT INTO worker AS w (name, expires, lease, queues, kinds, policy, reserves)
    VALUES (register.name, now() + register.lease, register.lease, queue_ids, coalesce(kind_ids, '{}'), register.policy,
        register.reserves)
    RETURNING w.id INTO worker;
END $$;

-- A sign of life. Returns NULL if the worker was given up; else which jobs are to be stopped, and queues in which
-- jobs can be claimed alone. `held` are the claims that the worker knows of, of all up to number `latest`: what is
-- leased to it and not among them comes from a claim whose answer never arrived, and is given back. Later claims were
-- begun while this statement was on its way.
CREATE FUNCTION beat(
    worker bigint, held bigint[], latest bigint, OUT is_alive boolean, OUT stop bigint[], OUT solo integer[]
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE w worker;
BEGIN
    PERFORM require_read_committed('beat()');
    UPDATE worker AS x SET expires = now() + x.lease WHERE x.id = beat.worker RETURNING * INTO w;
    is_alive := FOUND;
    IF NOT is_alive THEN RETURN; END IF;
    IF EXISTS (SELECT FROM lease AS l WHERE l.worker = beat.worker AND l.c <= latest AND l.c <> ALL (held)) THEN
        PERFORM give_back(w, 8, 32767, l.c) FROM (
            SELECT DISTINCT x.c FROM lease AS x
            WHERE x.worker = beat.worker AND x.c <= latest AND x.c <> ALL (held)
        ) AS l;
    END IF;
    stop := ARRAY(SELECT x.id FROM cancel AS x ORDER BY x.at DESC LIMIT 10000);
    solo := ARRAY(
        SELECT q.id FROM queue AS q
        WHERE q.id = ANY (w.queues) AND NOT q.paused
            AND EXISTS (SELECT FROM generate_series(0, 3) AS p WHERE waiting_in(lane(q.id, p, true), 1) > 0)
    );
END $$;

-- Says goodbye; jobs that the worker still has are given back, which counts as no attempt. Returns how many.
CREATE FUNCTION leave(worker bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE w worker; number bigint;
BEGIN
    PERFORM require_read_committed('leave()');
    SELECT * INTO w FROM worker AS x WHERE x.id = leave.worker FOR UPDATE;
    IF NOT FOUND THEN RETURN 0; END IF;
    SELECT count(*) INTO number FROM give_back(w, 6, 32767, NULL);
    DELETE FROM worker AS x WHERE x.id = leave.worker;
    INSERT INTO past_worker VALUES (w.id, w.name, w.policy, w.reserves, w.started_at, now(), false);
    RETURN number;
END $$;

-- Takes all leases of a worker, or those of one claim, and ends their open attempts. The caller has locked its row.
CREATE FUNCTION give_back(w worker, outcome integer, max_losses integer, only_c bigint)
RETURNS TABLE (receipt claim_log, ord integer, ticket job, became text)
LANGUAGE plpgsql SET search_path FROM CURRENT SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off AS $$
#variable_conflict use_column
DECLARE l lease; e record; queues integer[];
BEGIN
    FOR l IN DELETE FROM lease AS x WHERE x.worker = w.id AND (only_c IS NULL OR x.c = only_c) RETURNING x.* LOOP
        SELECT * INTO receipt FROM claim_log AS k WHERE k.worker = w.id AND k.c = l.c AND k.no = l.no;
        FOR e IN
            SELECT x.number, x.t FROM (
                SELECT t, row_number() OVER () AS number FROM tickets_of(receipt) AS t
            ) AS x
            WHERE l.open IS NULL OR get_bit(l.open, x.number::integer - 1) = 1
        LOOP
            ord := e.number;
            ticket := e.t;
            became := conclude_attempt(ticket, receipt, ord, outcome, NULL,
                CASE outcome WHEN 2 THEN 'lost with worker ' || w.name END, NULL, NULL, NULL, w.name, w.policy,
                max_losses);
            IF became = 'ready' AND ticket.lane / 8 <> ALL (coalesce(queues, '{}')) THEN
                queues := array_append(queues, ticket.lane / 8);
            END IF;
            RETURN NEXT;
        END LOOP;
    END LOOP;
    PERFORM wake(q) FROM unnest(queues) AS q;
END $$;
