-- SPDX-License-Identifier: Apache-2.0
--
-- Rescue: takes the jobs of workers that give no sign of life.

-- Gives up workers whose lease has run out. The jobs they had count a loss and wait again, from the second loss on in
-- lanes where they are claimed alone; after `max_losses` they are dead. Returns a row for each, with the ids that
-- were reserved for its attempt, so that the caller can export the span that the lost worker could not.
--
-- The worker's row is locked first, against claims and completions of that worker, and is gone with the commit:
-- whatever the worker says later has no effect.
CREATE FUNCTION rescue(max_losses integer DEFAULT 5, max_workers integer DEFAULT 100) RETURNS TABLE (
    worker_name text, reserves boolean, started_at timestamptz, ended_at timestamptz, no bigint, id bigint,
    queue text, kind text, attempt smallint, losses smallint, became text,
    trace_id uuid, span_id bigint, flags smallint, continues boolean,
    creation_trace uuid, creation_span bigint, creation_flags smallint, tracestate text, baggage text, carrier jsonb,
    prev_trace uuid, prev_span bigint, prev_flags smallint, prev_worker text
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE w worker; g record;
BEGIN
    PERFORM require_read_committed('rescue()');
    -- No lease ends later than one that begins now, unless the clock was set back since: then it would outlive its worker by
    -- as much.
    UPDATE worker SET expires = now() + lease WHERE id = ANY (ARRAY(
        SELECT x.id FROM worker AS x WHERE x.expires > (SELECT now()) + x.lease FOR NO KEY UPDATE SKIP LOCKED
    ));
    FOR w IN
        SELECT * FROM worker AS x WHERE x.expires < (SELECT now()) ORDER BY x.id LIMIT max_workers
        FOR UPDATE SKIP LOCKED
    LOOP
        worker_name := w.name;
        reserves := w.reserves;
        ended_at := w.expires;
        DELETE FROM worker AS x WHERE x.id = w.id;
        INSERT INTO past_worker VALUES (w.id, w.name, w.policy, w.reserves, w.started_at, now(), true);
        FOR g IN SELECT * FROM give_back(w, 2, max_losses, NULL) LOOP
            no := (g.receipt).no;
            started_at := (g.receipt).at;
            id := coalesce((g.ticket).origin, (g.ticket).seq);
            SELECT q.name INTO queue FROM queue AS q WHERE q.id = (g.ticket).lane / 8;
            SELECT k.name INTO kind FROM kind AS k WHERE k.id = (g.ticket).kind;
            attempt := (g.ticket).attempt;
            losses := (g.ticket).losses + 1;
            became := g.became;
            continues := continues_trace(g.ticket, started_at, w.policy);
            span_id := reserved_span(g.receipt, g.ord);
            trace_id := CASE WHEN continues THEN (g.ticket).trace_id ELSE new_trace((g.receipt).root, span_id) END;
            creation_trace := (g.ticket).trace_id;
            creation_span := (g.ticket).span_id;
            creation_flags := (g.ticket).flags & 255;
            flags := CASE WHEN creation_trace IS NULL THEN 3 ELSE creation_flags END;
            tracestate := (g.ticket).tracestate;
            baggage := (g.ticket).baggage;
            carrier := (g.ticket).carrier;
            prev_trace := (g.ticket).prev_trace;
            prev_span := (g.ticket).prev_span;
            prev_flags := (g.ticket).prev_flags;
            prev_worker := (g.ticket).prev_worker;
            RETURN NEXT;
        END LOOP;
    END LOOP;
END $$;

-- Puts jobs that are due back into their lanes, at most so many, and those that waited for a worker of their queue that
-- knows their kind, as one does that works on these queues and knows these kinds; lets those die that waited too long
-- for one. Returns how many moved.
CREATE FUNCTION promote(kinds integer[] DEFAULT '{}', queues integer[] DEFAULT '{}', at_most integer DEFAULT 5000)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET jit = off SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE t timestamptz := now(); p parked; moved bigint := 0; awake integer[] := '{}';
BEGIN
    PERFORM require_read_committed('promote()');
    FOR p IN
        DELETE FROM parked WHERE id = ANY (ARRAY(
            SELECT x.id FROM parked AS x WHERE x.state = 0 AND x.due <= t ORDER BY x.due LIMIT at_most
            FOR UPDATE SKIP LOCKED
        )) OR id = ANY (ARRAY(
            SELECT x.id FROM parked AS x
            WHERE x.state = 2 AND x.lane / 8 = ANY (queues) AND x.kind = ANY (kinds)
            ORDER BY x.due LIMIT at_most FOR UPDATE SKIP LOCKED
        )) RETURNING *
    LOOP
        -- The id stays that of the job, also where this is its first ticket.
        p.origin := p.id;
        PERFORM add_ticket(ticket_of(p));
        moved := moved + 1;
        IF p.lane / 8 <> ALL (awake) THEN awake := array_append(awake, p.lane / 8); END IF;
    END LOOP;
    FOR p IN
        UPDATE parked SET state = 3, due = t WHERE id = ANY (ARRAY(
            SELECT x.id FROM parked AS x WHERE x.state = 2 AND x.due <= t
                -- Others are put back by the worker that knows their kind.
                AND NOT is_known(x.lane / 8, x.kind)
            LIMIT at_most FOR UPDATE SKIP LOCKED
        )) RETURNING *
    LOOP
        INSERT INTO note (seq, id, attempt, outcome, at, reason, final)
        VALUES (p.seq, p.id, p.attempt, 7, t, p.reason, true);
        IF p.flags & 256 <> 0 THEN PERFORM release_key(ticket_of(p), 8::smallint); END IF;
    END LOOP;
    PERFORM wake(q) FROM unnest(awake) AS q;
    RETURN moved;
END $$;

-- When the next parked job is due, or NULL; and, if asked for, the next lease runs out.
CREATE FUNCTION next_due(with_leases boolean DEFAULT false) RETURNS timestamptz
LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT least(
        (SELECT due FROM parked WHERE state = 0 ORDER BY due LIMIT 1),
        (SELECT min(expires) FROM worker AS w
            WHERE with_leases AND EXISTS (SELECT FROM lease AS l WHERE l.worker = w.id))
    )
$$;

-- promote(), and the jobs that died in it because no worker knew their kind in time, each with its last attempt: what whoever
-- called it tells of in their traces.
CREATE FUNCTION promote_telling(kinds integer[], queues integer[]) RETURNS TABLE (
    id bigint, queue text, kind text, trace_id uuid, span_id bigint, flags smallint
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET jit = off SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    t timestamptz := now();
    may_die boolean := EXISTS (SELECT FROM parked AS x WHERE x.state = 2 AND x.due <= t);
BEGIN
    PERFORM promote(promote_telling.kinds, promote_telling.queues);
    IF NOT may_die THEN RETURN; END IF;
    RETURN QUERY SELECT p.id, q.name, k.name, p.prev_trace, p.prev_span, p.prev_flags
        FROM parked AS p JOIN queue AS q ON q.id = p.lane / 8 JOIN kind AS k ON k.id = p.kind
        WHERE p.state = 3 AND p.due >= t AND p.xmin = pg_current_xact_id_if_assigned()::xid;
END $$;
