-- SPDX-License-Identifier: Apache-2.0
--
-- The job queue: files 01 to 24, run in this order in one transaction.
--
-- No file names the schema. Whoever runs them creates it and sets `search_path` to it, then pg_catalog, then pg_temp:
--
--     CREATE SCHEMA stitch;
--     SET LOCAL search_path = stitch, pg_catalog, pg_temp;
--
-- Functions keep this path (FROM CURRENT), so that the caller's own has no say in what they do. The schema comes
-- before pg_catalog for one function only: `now()` is the queue's clock, here and in all the other files.

-- The one source of time. A test replaces it in its own database and moves the clock. Inlined, hence no SET clause.
CREATE FUNCTION now() RETURNS timestamptz LANGUAGE sql VOLATILE PARALLEL SAFE RETURN pg_catalog.clock_timestamp();

-- What was migrated when; the highest version is what the schema is at.
CREATE TABLE schema_version (
    version integer PRIMARY KEY,
    applied_at timestamptz NOT NULL DEFAULT pg_catalog.now()
);

-- What holds for the whole queue, one row.
CREATE TABLE setting (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    -- Tickets in a segment: what is dropped as a whole when it has grown old.
    segment_size bigint NOT NULL DEFAULT 4000000 CHECK (segment_size > 0),
    -- How long finished jobs can be looked up at least; a segment is filled for a seventh of that at most.
    retention interval NOT NULL DEFAULT '7 days',
    -- The same for dead jobs; NULL for as long as nobody revives them.
    dead_retention interval,
    -- How long a job waits for a worker that knows its kind.
    unknown_kind_after interval NOT NULL DEFAULT '1 day',
    -- From which loss on a job is claimed alone.
    solo_from smallint NOT NULL DEFAULT 2,
    -- Transaction ids mean something in one cluster only: see rebase().
    system_identifier bigint NOT NULL
);
INSERT INTO setting (system_identifier) SELECT system_identifier FROM pg_control_system();

-- Queues and kinds are numbers in the rows that there are many of.
CREATE TABLE queue (
    id integer GENERATED ALWAYS AS IDENTITY (MAXVALUE 250000000) PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (name <> ''),
    paused boolean NOT NULL DEFAULT false,
    paused_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- How many jobs may run at once, on all workers together; not looked at yet.
    maximum_running integer
);
CREATE TABLE kind (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (name <> '')
);

-- A queue has eight lanes, each in the order of its tickets: one for each priority, 0 first, and another for each
-- priority whose jobs are claimed alone, because workers were lost with them.
CREATE FUNCTION lane(queue integer, priority integer, solo boolean DEFAULT false) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN queue * 8 + priority + CASE WHEN solo THEN 4 ELSE 0 END;

-- What the queue does rests on each statement seeing what was committed before it began.
CREATE FUNCTION require_read_committed(what text) RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION '% needs the isolation level READ COMMITTED, and the transaction has %',
                what, upper(current_setting('transaction_isolation'))
            USING ERRCODE = 'invalid_transaction_state',
                HINT = 'Run it outside of the transaction, or begin that with ISOLATION LEVEL READ COMMITTED.';
    END IF;
END $$;

-- For a transaction with a frozen snapshot, which can't see what was named first after it began.
CREATE FUNCTION raise_too_new(what text, name text) RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    RAISE EXCEPTION 'The % "%" was named first while this transaction ran', what, name
        USING ERRCODE = 'serialization_failure', HINT = 'Run the transaction once more.';
END $$;

-- The number of a queue or a kind, which is made when it is named first. Two statements, so that only then is a row
-- written, and a third, because another transaction may have been quicker.
CREATE FUNCTION queue_id(name text) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE found_id integer;
BEGIN
    SELECT id INTO found_id FROM queue WHERE name = queue_id.name;
    IF found_id IS NULL THEN
        INSERT INTO queue (name) VALUES (queue_id.name) ON CONFLICT (name) DO NOTHING RETURNING id INTO found_id;
    END IF;
    IF found_id IS NULL THEN SELECT id INTO found_id FROM queue WHERE name = queue_id.name; END IF;
    IF found_id IS NULL THEN PERFORM raise_too_new('queue', queue_id.name); END IF;
    RETURN found_id;
END $$;
CREATE FUNCTION kind_id(name text) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE found_id integer;
BEGIN
    SELECT id INTO found_id FROM kind WHERE name = kind_id.name;
    IF found_id IS NULL THEN
        INSERT INTO kind (name) VALUES (kind_id.name) ON CONFLICT (name) DO NOTHING RETURNING id INTO found_id;
    END IF;
    IF found_id IS NULL THEN SELECT id INTO found_id FROM kind WHERE name = kind_id.name; END IF;
    IF found_id IS NULL THEN PERFORM raise_too_new('kind', kind_id.name); END IF;
    RETURN found_id;
END $$;
