-- SPDX-License-Identifier: Apache-2.0
--
-- Who works on what: workers, receipts, leases, and how attempts ended.

CREATE SEQUENCE worker_seq CACHE 1;
CREATE SEQUENCE claim_seq CACHE 1;

-- A process that works, one row, gone when it leaves or is given up: with it goes its right to claim and to complete.
CREATE TABLE worker (
    id bigint PRIMARY KEY DEFAULT nextval('worker_seq'),
    name text NOT NULL,
    expires timestamptz NOT NULL,
    lease interval NOT NULL,
    queues integer[] NOT NULL,
    kinds integer[] NOT NULL,
    -- Whether attempts continue the trace that created the job: {"mode": "automatic", "within": 600}, for kinds that
    -- differ below "kinds". Written at the start, so that whoever rescues decides as the worker did.
    policy jsonb NOT NULL,
    -- Whether the ids in its receipts are those of its spans.
    reserves boolean NOT NULL DEFAULT true,
    started_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);

-- Workers that are gone, because receipts name them.
CREATE TABLE past_worker (
    id bigint PRIMARY KEY,
    name text NOT NULL,
    policy jsonb NOT NULL,
    reserves boolean NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    lost boolean NOT NULL
);

-- A receipt: tickets of one lane that one claim got, and with it the cursor of the lane, which is its newest receipt.
-- Only appended.
--
-- A tick is what is visible in the snapshot `sc` and was not in `sp`: a fixed set, whenever one looks. It is read in
-- the order (xid, seq); the receipt is the part after (fx, fs) up to (tx, ts). So a ticket that commits late is in a
-- later tick, one that never commits is in none, and no ticket is in two.
CREATE TABLE claim_log (
    no bigint NOT NULL DEFAULT nextval('claim_seq'),
    worker bigint NOT NULL,
    -- The worker's own count of its claims; with the worker it names the claim, also when it was lost in a crash.
    c bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    lane integer NOT NULL,
    n integer NOT NULL,
    -- Tickets with lower numbers are all behind the cursor.
    low bigint NOT NULL DEFAULT 0,
    fx xid8 NOT NULL,
    fs bigint NOT NULL,
    tx xid8 NOT NULL,
    ts bigint NOT NULL,
    sp pg_snapshot NOT NULL,
    sc pg_snapshot NOT NULL,
    -- 0 ordinary. 1 of the guard against starvation, which may pass by higher priorities. 2 a job claimed alone.
    -- 3 no claim: the cursor was moved by maintenance.
    mode smallint NOT NULL DEFAULT 0,
    -- The ids reserved for the attempts: the first half of the trace of each that starts one, and a span each.
    root bigint,
    spans bytea
);
ALTER TABLE claim_log ALTER spans SET STORAGE EXTERNAL;
CREATE UNIQUE INDEX claim_lane ON claim_log (lane, no);
CREATE INDEX claim_worker ON claim_log (worker, c);
-- From the trace of an attempt to its claim.
CREATE INDEX claim_root ON claim_log (root);
-- Here and below: what a publication of all tables needs to let rows be deleted.
ALTER TABLE claim_log REPLICA IDENTITY USING INDEX claim_lane;

-- What is claimed and not finished: the fence. Without this row nothing that is said about a claim has an effect.
CREATE TABLE lease (
    worker bigint NOT NULL,
    c bigint NOT NULL,
    no bigint NOT NULL,
    n integer NOT NULL,
    -- Which of the n are open; NULL for all.
    open varbit,
    PRIMARY KEY (worker, c, no)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
    autovacuum_analyze_scale_factor = 10);

-- Jobs that succeeded: all of a receipt, or those in `part`. Only appended.
CREATE TABLE done_log (
    no bigint NOT NULL,
    n integer NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    part varbit
);
CREATE INDEX done_no ON done_log USING brin (no) WITH (autosummarize = on);
ALTER TABLE done_log REPLICA IDENTITY FULL;

-- Attempts that ended otherwise, or whose span is not the one in the receipt. Only appended.
CREATE TABLE note (
    seq bigint NOT NULL,
    id bigint NOT NULL,
    attempt smallint NOT NULL,
    -- See outcome_name().
    outcome smallint NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    trace_id uuid,
    span_id bigint,
    flags smallint,
    worker text,
    reason text,
    -- Whether the job ended with it, dead, and not just the attempt.
    final boolean NOT NULL DEFAULT false
);
CREATE INDEX note_id ON note (id);
CREATE INDEX note_seq ON note USING brin (seq) WITH (autosummarize = on);
ALTER TABLE note REPLICA IDENTITY FULL;

CREATE FUNCTION outcome_name(outcome integer) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (ARRAY['succeeded', 'failed', 'lost', 'snoozed', 'cancelled', 'discarded', 'returned', 'left', 'unstarted'])[outcome + 1];

-- All bits of n, as `lease.open` says it.
CREATE FUNCTION all_open(n integer) RETURNS varbit LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN repeat('1', n)::varbit;
