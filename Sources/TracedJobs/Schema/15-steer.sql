-- SPDX-License-Identifier: Apache-2.0
--
-- What people do with jobs and queues: cancel, retry, pause.

-- Cancels a job. One that is parked, dead or not, is cancelled at once; one that waits, when a worker gets it; one
-- that runs is told to stop with the next sign of life of its worker. Returns `cancelled`, `ordered`, or `finished`
-- for one that has ended or never was.
CREATE FUNCTION cancel(id bigint, reason text DEFAULT 'cancelled') RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE p parked;
BEGIN
    PERFORM require_read_committed('cancel()');
    UPDATE parked AS x SET state = 4, due = now(), reason = cancel.reason
    WHERE x.id = cancel.id AND x.state <> 4 RETURNING * INTO p;
    IF FOUND THEN
        INSERT INTO note (seq, id, attempt, outcome, reason, final)
        VALUES (p.seq, p.id, p.attempt, 4, cancel.reason, true);
        IF p.flags & 256 <> 0 THEN PERFORM release_key(ticket_of(p), 2::smallint); END IF;
        RETURN 'cancelled';
    END IF;
    IF coalesce((SELECT s.state FROM state_of(cancel.id) AS s), '') NOT IN ('ready', 'running') THEN
        RETURN 'finished';
    END IF;
    INSERT INTO cancel AS x (id, reason) VALUES (cancel.id, cancel.reason) ON CONFLICT DO NOTHING;
    PERFORM pg_notify(wake_channel(), 'cancel ' || cancel.id);
    RETURN 'ordered';
END $$;

-- Makes a job ready that is parked or has ended, whatever the reason: one that was scheduled is due, one that is
-- finished is done again. It gets `attempts` more, as many as it was enqueued with unless said otherwise. Links, carrier and
-- numbers go on. Returns false if the job waits, runs, or was never there, or another has its unique key now.
CREATE FUNCTION retry(id bigint, attempts integer DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE p parked; j job; last record; t timestamptz := now(); was_parked boolean; was_alive boolean;
BEGIN
    PERFORM require_read_committed('retry()');
    -- Two at once: the second finds it ready. A row that is there is enough for that; without one it takes a lock, after
    -- which there may be one.
    SELECT * INTO p FROM parked AS x WHERE x.id = retry.id AND x.state <> 1 FOR UPDATE;
    IF NOT FOUND THEN
        PERFORM pg_advisory_xact_lock('parked'::regclass::oid::integer, hashint8(retry.id));
        SELECT * INTO p FROM parked AS x WHERE x.id = retry.id AND x.state <> 1 FOR UPDATE;
    END IF;
    was_parked := FOUND;
    was_alive := was_parked AND p.state IN (0, 2);
    IF was_parked THEN j := ticket_of(p);
    ELSE
        IF coalesce((SELECT s.state FROM state_of(retry.id) AS s), '') NOT IN ('succeeded', 'cancelled', 'discarded')
            THEN RETURN false; END IF;
        j := last_ticket(retry.id);
        -- The ticket names the attempt before its own, which is the last one only where that never began: the one that is
        -- made now has its number then.
        SELECT * INTO last FROM attempt_of(j);
        IF last.state = 'succeeded' OR last.trace_id IS NOT NULL THEN
            j.attempt := j.attempt + 1;
            j.prev_trace := last.trace_id;
            j.prev_span := last.span_id;
            j.prev_flags := last.flags;
            j.prev_worker := last.worker;
        END IF;
    END IF;
    IF j.flags & 256 <> 0 AND NOT was_alive THEN
        DELETE FROM uniq WHERE key = j.unique_key AND id = retry.id;
        IF NOT (SELECT k.is_new FROM take_key(j.unique_key, retry.id) AS k) THEN RETURN false; END IF;
    END IF;
    DELETE FROM parked AS x WHERE x.id = retry.id;
    DELETE FROM cancel AS x WHERE x.id = retry.id;
    IF NOT was_alive THEN
        j.first_attempts := coalesce(j.first_attempts, j.max_attempts);
        j.max_attempts := least(j.attempt - 1 + coalesce(attempts, j.first_attempts), 32000);
        j.losses := 0;
        j.lane := j.lane & ~4;
        j.waiting_since := t;
        j.cause := 6;
    END IF;
    j.run_at := t;
    j.origin := retry.id;
    PERFORM add_ticket(j);
    PERFORM wake(j.lane / 8);
    RETURN true;
END $$;

-- Revives dead jobs, the oldest first, of those that died before a time. Returns how many; 0 if none is left but those whose key
-- another job has, or that somebody else has in hand. Many are best revived by the thousand, in a transaction each.
CREATE FUNCTION redrive(
    queue text DEFAULT NULL, kind text DEFAULT NULL, at_most integer DEFAULT 1000, before timestamptz DEFAULT 'infinity'
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE job_id bigint; number bigint := 0;
BEGIN
    PERFORM require_read_committed('redrive()');
    FOR job_id IN
        WITH dead AS MATERIALIZED (
            SELECT p.id, p.due, p.unique_key FROM parked AS p
            WHERE p.state = 3 AND p.due <= before
                AND (redrive.queue IS NULL OR p.lane / 8 = (SELECT q.id FROM queue AS q WHERE q.name = redrive.queue))
                AND (redrive.kind IS NULL OR p.kind = (SELECT k.id FROM kind AS k WHERE k.name = redrive.kind))
                AND NOT EXISTS (
                    SELECT FROM uniq AS u
                    WHERE u.key = p.unique_key AND u.id <> p.id AND (u.until > (SELECT now())) IS NOT FALSE)
            ORDER BY p.due LIMIT at_most FOR UPDATE OF p SKIP LOCKED
        )
        -- Keys are taken in their order.
        SELECT d.id FROM dead AS d ORDER BY d.unique_key NULLS FIRST, d.due, d.id
    LOOP
        IF retry(job_id) THEN number := number + 1; END IF;
    END LOOP;
    RETURN number;
END $$;

-- Nothing is claimed from a paused queue; what runs goes on.
CREATE FUNCTION pause(queue text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    UPDATE queue AS q SET paused = true, paused_at = coalesce(q.paused_at, now()) WHERE q.id = queue_id(pause.queue);
END $$;
CREATE FUNCTION resume(queue text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE q_id integer := queue_id(resume.queue);
BEGIN
    UPDATE queue AS q SET paused = false, paused_at = NULL WHERE q.id = q_id;
    PERFORM wake(q_id);
END $$;

-- Jobs that this transaction has revived, each with its last attempt: what whoever did it tells of in their traces.
CREATE FUNCTION revived() RETURNS TABLE (
    id bigint, queue text, kind text, trace_id uuid, span_id bigint, flags smallint
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT SET jit = off SET enable_seqscan = off AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY SELECT t.origin, q.name, k.name, t.prev_trace, t.prev_span, t.prev_flags
        FROM queue AS q CROSS JOIN generate_series(0, 3) AS p (priority)
        JOIN job AS t ON t.lane = q.id * 8 + p.priority AND t.xid = pg_current_xact_id_if_assigned()
        JOIN kind AS k ON k.id = t.kind
        WHERE t.cause = 6;
END $$;
