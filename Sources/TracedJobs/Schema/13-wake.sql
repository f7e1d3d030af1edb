-- SPDX-License-Identifier: Apache-2.0
--
-- Waking workers without a NOTIFY in every commit, which would make commits wait for each other.

-- A worker that is about to sleep takes a shared advisory lock (oid of `queue`, id of the queue) on the connection on
-- which it listens, claims once more, and waits. Whoever enqueues writes the ticket first and then looks for that
-- lock: either the sleeper saw the ticket, or its transaction that was still open, or the lock is seen here. In a
-- busy queue nobody sleeps, and nobody notifies.
--
-- One expression, so that no session keeps the lock: it works behind a pooler too. Bound to the schema as it is
-- created.
CREATE FUNCTION wake(queue integer) RETURNS boolean LANGUAGE sql VOLATILE
RETURN CASE WHEN pg_try_advisory_lock('queue'::regclass::oid::integer, queue)
    THEN NOT pg_advisory_unlock('queue'::regclass::oid::integer, queue)
    ELSE pg_notify('stitch_jobs_' || 'queue'::regclass::oid, queue::text) IS NOT NULL END;

-- The channel on which the workers of this schema listen.
CREATE FUNCTION wake_channel() RETURNS text LANGUAGE sql STABLE RETURN 'stitch_jobs_' || 'queue'::regclass::oid;

-- What a sleeper holds, and gives up as it wakes. On the connection that listens, whose session it belongs to.
CREATE FUNCTION fall_asleep(queues integer[]) RETURNS void LANGUAGE sql VOLATILE SET search_path FROM CURRENT AS $$
    SELECT pg_advisory_lock_shared('queue'::regclass::oid::integer, q) FROM unnest(queues) AS q ORDER BY q
$$;

-- Transactions that may have looked for the lock before it was taken, and commit a ticket yet: all that are open now. Asked
-- for again with those, it says which are open still.
CREATE FUNCTION open_transactions(among xid8[] DEFAULT NULL) RETURNS xid8[]
LANGUAGE sql VOLATILE SET search_path FROM CURRENT AS $$
    SELECT coalesce(array_agg(x), '{}') FROM pg_snapshot_xip(pg_current_snapshot()) AS x
    WHERE among IS NULL OR x = ANY (among)
$$;

CREATE FUNCTION wake_up(queues integer[]) RETURNS void LANGUAGE sql VOLATILE SET search_path FROM CURRENT AS $$
    SELECT pg_advisory_unlock_shared('queue'::regclass::oid::integer, q) FROM unnest(queues) AS q
$$;
