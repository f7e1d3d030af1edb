-- SPDX-License-Identifier: Apache-2.0
--
-- What becomes of a job after an attempt: the one place that decides it, for workers and rescuers alike.

-- Whether an attempt continues the trace that created its job: by the sender's wish, else by the worker's policy for
-- the kind, else by the job's age at the claim.
CREATE FUNCTION continues_trace(j job, claimed_at timestamptz, policy jsonb) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
DECLARE
    wish text := substring(';' || (j.carrier ->> 'stitch') || ';' FROM ';\s*c=(new|continue)\s*;');
    rule jsonb := coalesce(policy -> 'kinds' -> (SELECT k.name FROM kind AS k WHERE k.id = j.kind), policy);
BEGIN
    IF j.trace_id IS NULL OR j.span_id IS NULL THEN RETURN false; END IF;
    IF wish IS NOT NULL THEN RETURN wish = 'continue'; END IF;
    RETURN CASE rule ->> 'mode' WHEN 'continue' THEN true WHEN 'new' THEN false
        ELSE claimed_at - j.created_at
            < make_interval(secs => coalesce((rule ->> 'within')::double precision, 600)) END;
END $$;

-- The trace that an attempt starts: the claim's 8 bytes, then the span's, stirred (xorshift, which loses nothing).
CREATE FUNCTION new_trace(root bigint, span bigint) RETURNS uuid
LANGUAGE plpgsql IMMUTABLE SET search_path FROM CURRENT AS $$
BEGIN
    span := span # (span << 13);
    span := span # ((span >> 7) & 144115188075855871);
    span := span # (span << 17);
    RETURN encode(int8send(root) || int8send(span), 'hex')::uuid;
END $$;

-- The span that a receipt reserved.
CREATE FUNCTION reserved_span(r claim_log, ord integer) RETURNS bigint LANGUAGE sql IMMUTABLE
RETURN ('x' || encode(substr((r).spans, 8 * ord - 7, 8), 'hex'))::bit(64)::bigint;

-- Gives the key of a finished job free, unless it was to be kept.
CREATE FUNCTION release_key(j job, ending smallint) RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF j.unique_kept & ending <> 0 THEN
        UPDATE uniq SET until = coalesce(j.unique_end, 'infinity')
        WHERE key = j.unique_key AND id = coalesce(j.origin, j.seq);
    ELSE DELETE FROM uniq WHERE key = j.unique_key AND id = coalesce(j.origin, j.seq);
    END IF;
END $$;

-- Writes down how an attempt ended and makes the next ticket. `outcome` is one of outcome_name()'s; returns what the
-- job is now: succeeded, ready, scheduled, left, cancelled, discarded or dead. The caller has taken the job out of
-- its lease.
CREATE FUNCTION conclude(
    j job, r claim_log, outcome integer, delay interval, reason text, trace uuid, span bigint, span_flags smallint,
    worker_name text, max_losses integer DEFAULT 5
) RETURNS text LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    job_id bigint := coalesce(j.origin, j.seq); t timestamptz := now(); became text; ordered text;
    next job := j; due timestamptz; s setting;
BEGIN
    SELECT * INTO s FROM setting;
    -- An order to stop counts at the latest here, whatever else would become of the job.
    IF outcome NOT IN (0, 4, 5) AND EXISTS (SELECT FROM cancel) THEN
        DELETE FROM cancel AS x WHERE x.id = job_id RETURNING coalesce(x.reason, '') INTO ordered;
        IF ordered IS NOT NULL THEN became := 'cancelled'; END IF;
    ELSIF outcome IN (0, 4, 5) THEN DELETE FROM cancel AS x WHERE x.id = job_id;
    END IF;
    IF became IS NULL THEN
        CASE outcome
        WHEN 0 THEN became := 'succeeded';
        -- Here and for 3: the attempt came to an end, so the job has taken no worker with it.
        WHEN 1 THEN
            next.losses := 0; next.lane := j.lane & ~4;
            next.attempt := j.attempt + 1; next.cause := 2; due := t + greatest(delay, interval '0');
            IF j.attempt >= j.max_attempts THEN became := 'dead'; END IF;
        WHEN 2 THEN
            next.losses := j.losses + 1; next.cause := 5; next.run_at := NULL;
            IF next.losses >= max_losses THEN became := 'dead'; END IF;
            IF next.losses >= s.solo_from THEN next.lane := j.lane | 4; END IF;
        WHEN 3 THEN
            next.losses := 0; next.lane := j.lane & ~4;
            next.cause := 3; due := t + greatest(delay, interval '0');
        WHEN 4 THEN became := 'cancelled';
        WHEN 5 THEN became := 'discarded';
        WHEN 6 THEN next.cause := 4; next.run_at := NULL;
        -- Claimed and never begun: waits on as before.
        WHEN 8 THEN NULL;
        WHEN 7 THEN
            -- Waits on as before: nothing was attempted. How long it waits for a worker counts from when it was set aside
            -- first, and for as long as one is there that knows the kind, it waits for that.
            due := (
                SELECT min(n.at) FROM note AS n
                WHERE n.id = job_id AND n.outcome = 7 AND n.at >= coalesce(j.waiting_since, j.created_at)
            ) + s.unknown_kind_after;
            IF due IS NULL OR is_known(j.lane / 8, j.kind) THEN due := greatest(due, t + s.unknown_kind_after); END IF;
            became := CASE WHEN due <= t THEN 'dead' ELSE 'left' END;
            reason := coalesce(reason,
                'no worker knows the kind ' || (SELECT k.name FROM kind AS k WHERE k.id = j.kind));
        END CASE;
    END IF;
    IF outcome < 7 THEN
        next.waiting_since := t;
        next.prev_trace := trace;
        next.prev_span := span;
        next.prev_flags := span_flags;
        next.prev_worker := worker_name;
    END IF;
    next.origin := job_id;
    next.xid := pg_current_xact_id();
    IF outcome <> 0 OR trace IS NOT NULL THEN
        INSERT INTO note (seq, id, attempt, outcome, at, started_at, trace_id, span_id, flags, worker, reason, final)
        VALUES (j.seq, job_id, j.attempt, CASE WHEN became = 'cancelled' THEN 4 ELSE outcome END, t, r.at, trace, span,
            span_flags, worker_name, left(coalesce(nullif(ordered, ''), reason), 2000),
            coalesce(became, '') IN ('dead', 'cancelled', 'discarded'));
    END IF;
    IF j.flags & 256 <> 0 THEN
        CASE became WHEN 'succeeded' THEN PERFORM release_key(j, 1::smallint);
            WHEN 'cancelled' THEN PERFORM release_key(j, 2::smallint);
            WHEN 'discarded' THEN PERFORM release_key(j, 4::smallint);
            WHEN 'dead' THEN PERFORM release_key(j, 8::smallint);
            ELSE NULL; END CASE;
    END IF;
    IF became IS NULL AND due > t THEN
        next.run_at := due;
        became := 'scheduled';
    END IF;
    IF became IN ('dead', 'left', 'scheduled') THEN
        next.seq := nextval('job_seq');
        INSERT INTO parked SELECT job_id, CASE became WHEN 'dead' THEN 3 WHEN 'left' THEN 2 ELSE 0 END,
            CASE became WHEN 'dead' THEN t ELSE due END, left(reason, 2000), next.*;
    ELSIF became IS NULL THEN
        IF outcome IN (1, 3) THEN next.run_at := t; END IF;
        PERFORM add_ticket(next);
        became := 'ready';
    END IF;
    RETURN became;
END $$;

-- Whether a worker of the queue is there that knows a kind.
CREATE FUNCTION is_known(queue integer, kind integer) RETURNS boolean
LANGUAGE plpgsql VOLATILE SET search_path FROM CURRENT AS $$
DECLARE t timestamptz := now();
BEGIN
    RETURN EXISTS (
        SELECT FROM worker AS w
        WHERE w.expires > t AND is_known.queue = ANY (w.queues) AND is_known.kind = ANY (w.kinds)
    );
END $$;

-- Writes a ticket, numbered by the statement that writes it: only such numbers may be in a segment.
CREATE FUNCTION add_ticket(t job) RETURNS bigint LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE new_seq bigint;
BEGIN
    INSERT INTO job SELECT pg_current_xact_id(), nextval('job_seq'), t.created_at, t.span_id, t.lane, t.kind, t.attempt,
        t.max_attempts, t.flags, t.losses, t.trace_id, t.payload, t.origin, t.scheduled_at, t.waiting_since, t.run_at,
        t.cause, t.tracestate, t.baggage, t.carrier, t.unique_key, t.unique_kept, t.unique_end, t.first_attempts, t.prev_trace,
        t.prev_span, t.prev_flags, t.prev_worker
    RETURNING seq INTO new_seq;
    RETURN new_seq;
END $$;
