-- SPDX-License-Identifier: Apache-2.0
--
-- Tickets: a job is a chain of them, one for each attempt that is to be made.

-- Numbers tickets. One by one, because a segment is sealed by the numbers that were given out.
CREATE SEQUENCE job_seq CACHE 1;

-- A ticket is written once, and never changed or deleted: whether it was claimed says the cursor of its lane. The id
-- of a job is the number of its first ticket.
CREATE TABLE job (
    -- The transaction that wrote it. Nobody may say another, so nobody has the right to fill this column.
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    seq bigint NOT NULL DEFAULT nextval('job_seq'),
    -- When the job was enqueued, not the ticket.
    created_at timestamptz NOT NULL DEFAULT now(),
    -- The context that created the job: its span, below its trace, tracestate, baggage and what else was in the
    -- carrier. Every ticket of the job has the same.
    span_id bigint,
    lane integer NOT NULL,
    kind integer NOT NULL,
    -- The attempt that this ticket is for, from 1.
    attempt smallint NOT NULL DEFAULT 1,
    max_attempts smallint NOT NULL DEFAULT 20,
    -- The low byte: the flags of the trace. 256: has a unique key. 512: others wait for it.
    flags smallint NOT NULL DEFAULT 0,
    losses smallint NOT NULL DEFAULT 0,
    trace_id uuid,
    payload bytea NOT NULL,
    -- What follows is NULL in most tickets, and takes no room then. The first ticket, NULL in itself.
    origin bigint,
    -- When the job was due first; NULL for at once.
    scheduled_at timestamptz,
    -- Since when it waits, and until when it was not due; NULL for as it was enqueued.
    waiting_since timestamptz,
    run_at timestamptz,
    -- What it waited for: 1 the time asked for, 2 a retry, 3 a snooze, 4 a shutdown, 5 a rescue, 6 a redrive.
    cause smallint,
    tracestate text,
    baggage text,
    carrier jsonb,
    unique_key bytea,
    -- Ends of the job that keep its key: 1 succeeded, 2 cancelled, 4 discarded, 8 dead.
    unique_kept smallint,
    -- Until when those keep it; NULL for as long as the job can be looked up.
    unique_end timestamptz,
    -- How many attempts the job was enqueued with; NULL for `max_attempts`, until it gets more.
    first_attempts smallint,
    -- The attempt before, which this one links to, and the worker that made it.
    prev_trace uuid,
    prev_span bigint,
    prev_flags smallint,
    prev_worker text
) PARTITION BY RANGE (seq);

-- The order of a lane, and the only index of new tickets.
CREATE INDEX job_lane ON job (lane, xid, seq);

-- Segments that nobody needs any more but people.
CREATE TABLE past_job (LIKE job) PARTITION BY RANGE (seq);
CREATE INDEX past_job_lane ON past_job (lane, xid, seq);
CREATE INDEX past_job_trace ON past_job (trace_id) WHERE trace_id IS NOT NULL;
CREATE INDEX past_job_id ON past_job ((coalesce(origin, seq)));

-- Segments of tickets, in the order in which they are filled.
CREATE TABLE segment (
    k integer PRIMARY KEY,
    lo bigint NOT NULL,
    hi bigint NOT NULL,
    -- The newest receipt when it was made: older ones hold no ticket of it.
    begun_no bigint NOT NULL,
    -- When maintenance first saw that one of its numbers was given out.
    begun_at timestamptz,
    -- Transactions that may yet write into it although its numbers are given out.
    waiting text[],
    sealed_at timestamptz,
    -- The newest receipt when all lanes had passed it.
    passed_no bigint,
    passed_at timestamptz,
    indexed boolean NOT NULL DEFAULT false,
    -- How often detaching it was given up, and when it is tried again.
    detach_tries smallint NOT NULL DEFAULT 0,
    detach_after timestamptz,
    retired_at timestamptz,
    -- When its table went; the row goes when the receipts, notes and completions of its time have.
    dropped_at timestamptz
);

-- What is not ordinary: jobs whose next ticket is not to be claimed yet, or not any more.
CREATE TABLE parked (
    id bigint NOT NULL,
    -- 0 comes back at `due`. 1 waits for other jobs. 2 waits for a worker that knows its kind, until `due`.
    -- 3 is dead and 4 was cancelled at `due`; both stay until somebody revives them, or retention takes them.
    state smallint NOT NULL,
    due timestamptz NOT NULL,
    reason text,
    LIKE job,
    PRIMARY KEY (id)
);
CREATE INDEX parked_due ON parked (due) WHERE state = 0;
CREATE INDEX parked_left ON parked ((lane / 8), kind, due) WHERE state = 2;
CREATE INDEX parked_ended ON parked (state, due) WHERE state >= 3;
ALTER TABLE parked SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000);

-- Orders to stop, for jobs that are not parked: found by whoever gets the job next, or has it.
CREATE TABLE cancel (
    id bigint PRIMARY KEY,
    reason text,
    at timestamptz NOT NULL DEFAULT now()
);

-- Keys of which there is one job. `until` is NULL as long as the job is not finished, then until when it keeps the key.
CREATE TABLE uniq (
    key bytea PRIMARY KEY,
    id bigint NOT NULL,
    until timestamptz
);
CREATE INDEX uniq_until ON uniq (until, id) WHERE until IS NOT NULL;

-- A parked job as a ticket: the columns of `job`, which `parked` has after its own.
CREATE FUNCTION ticket_of(p parked) RETURNS job LANGUAGE sql IMMUTABLE SET search_path FROM CURRENT AS $$
    SELECT p.xid, p.seq, p.created_at, p.span_id, p.lane, p.kind, p.attempt, p.max_attempts, p.flags, p.losses,
        p.trace_id, p.payload, p.origin, p.scheduled_at, p.waiting_since, p.run_at, p.cause, p.tracestate, p.baggage, p.carrier,
        p.unique_key, p.unique_kept, p.unique_end, p.first_attempts, p.prev_trace, p.prev_span, p.prev_flags,
        p.prev_worker
$$;
