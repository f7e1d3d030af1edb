-- SPDX-License-Identifier: Apache-2.0
--
-- After a dump was restored in another cluster, or the rows came by logical replication: transaction ids have no
-- meaning any more, so cursors begin anew and every open ticket is written once more.

-- Sets sequences to the highest numbers in use where they lag behind, since replication brings rows, and not those.
CREATE FUNCTION catch_up_sequences() RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE s record; reached bigint;
BEGIN
    FOR s IN SELECT * FROM (VALUES
        ('job_seq'::regclass, (SELECT max(x.seq) FROM ticket AS x)),
        ('job_seq', (SELECT max(greatest(x.id, x.seq)) FROM parked AS x)),
        ('job_seq', (SELECT max(greatest(x.id, x.seq)) FROM note AS x)),
        ('job_seq', (SELECT max(x.id) FROM uniq AS x)),
        ('claim_seq', (SELECT max(x.no) FROM claim_log AS x)),
        ('claim_seq', (SELECT max(x.no) FROM done_log AS x)),
        ('claim_seq', (SELECT max(greatest(x.begun_no, x.passed_no)) FROM segment AS x)),
        ('worker_seq', (SELECT max(greatest(x.worker, CASE WHEN x.worker = 0 THEN x.c END)) FROM claim_log AS x)),
        ('worker_seq', (SELECT max(x.id) FROM worker AS x)),
        ('worker_seq', (SELECT max(x.id) FROM past_worker AS x)),
        (pg_get_serial_sequence('queue', 'id')::regclass, (SELECT max(x.id) FROM queue AS x)),
        (pg_get_serial_sequence('kind', 'id')::regclass, (SELECT max(x.id) FROM kind AS x))
    ) AS x (name, used) LOOP
        EXECUTE format('SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM %s', s.name) INTO reached;
        IF s.used > reached THEN PERFORM setval(s.name, s.used); END IF;
    END LOOP;
END $$;

-- To be called by the owner while no worker runs; who enqueues waits until it is done. Also after pg_upgrade, which keeps
-- the transactions' ids, but makes a cluster with an identifier of its own. Returns how many tickets it wrote.
CREATE FUNCTION rebase() RETURNS bigint LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE t job; number bigint := 0; from_seq bigint; l integer; w worker;
BEGIN
    PERFORM require_read_committed('rebase()');
    -- Against maintenance, claims, and transactions that drew a number before this and write its ticket after.
    PERFORM pg_advisory_xact_lock('segment'::regclass::oid::integer, n) FROM generate_series(0, 1) AS n;
    LOCK TABLE worker IN ACCESS EXCLUSIVE MODE;
    LOCK TABLE job IN SHARE ROW EXCLUSIVE MODE;
    PERFORM catch_up_sequences();
    PERFORM add_segments();
    -- Tickets that are newer than the newest claim of their lane were claimed by nobody, whatever cursors of another cluster
    -- say about their transactions: they were enqueued here already. They are out of the way while what was written there is
    -- read by its transactions.
    CREATE TEMPORARY TABLE open_ticket (LIKE job) ON COMMIT DROP;
    WITH newer AS (
        DELETE FROM job AS j USING (SELECT a.lane, max(a.at) AS at FROM claim_log AS a GROUP BY a.lane) AS last
        WHERE last.lane = j.lane AND greatest(j.created_at, j.waiting_since, j.run_at) > last.at
        RETURNING j.*
    )
    INSERT INTO open_ticket SELECT n.* FROM newer AS n;
    -- Nobody works: what was leased is given back.
    FOR w IN SELECT * FROM worker LOOP
        PERFORM give_back(w, 6, 32767, NULL);
        INSERT INTO past_worker VALUES (w.id, w.name, w.policy, w.reserves, w.started_at, now(), true);
        DELETE FROM worker AS x WHERE x.id = w.id;
    END LOOP;
    INSERT INTO open_ticket
        SELECT j.* FROM job AS j WHERE NOT is_claimed(j.xid, j.seq, cursor_of(j.lane))
            -- What was given back just now is ahead of every cursor, old or new.
            AND j.xid <> pg_current_xact_id();
    from_seq := nextval('job_seq');
    FOR l IN SELECT q.id * 8 + p FROM queue AS q, generate_series(0, 7) AS p ORDER BY 1 LOOP
        INSERT INTO open_ticket SELECT j.* FROM job AS j WHERE j.lane = l AND j.xid = pg_current_xact_id();
        INSERT INTO claim_log (worker, c, lane, n, low, fx, fs, tx, ts, sp, sc, mode)
        -- Its name tells receipt_of() that those before it are of another cluster.
        VALUES (0, -1 - l, l, 0, from_seq, '0', 0, '0', 0, '3:3:', '3:3:', 3);
    END LOOP;
    FOR t IN SELECT * FROM open_ticket ORDER BY seq LOOP
        t.origin := coalesce(t.origin, t.seq);
        PERFORM add_ticket(t);
        number := number + 1;
    END LOOP;
    UPDATE setting SET system_identifier = (SELECT c.system_identifier FROM pg_control_system() AS c);
    RETURN number;
END $$;
