-- SPDX-License-Identifier: Apache-2.0
--
-- After a dump was restored in another cluster, or the rows came by logical replication: transaction ids have no
-- meaning any more, so cursors begin anew and every open ticket is written once more.

-- To be called by the owner while no worker runs. Also right, if not needed, after pg_upgrade. Returns how many
-- tickets it wrote.
CREATE FUNCTION rebase() RETURNS bigint LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE t job; number bigint := 0; from_seq bigint; l integer; w worker;
BEGIN
    PERFORM require_read_committed('rebase()');
    LOCK TABLE worker IN ACCESS EXCLUSIVE MODE;
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
        PERFORM pg_advisory_xact_lock('job'::regclass::oid::integer, l);
        INSERT INTO open_ticket SELECT j.* FROM job AS j WHERE j.lane = l AND j.xid = pg_current_xact_id();
        INSERT INTO claim_log (worker, c, lane, n, low, fx, fs, tx, ts, sp, sc, mode)
        VALUES (0, 0, l, 0, from_seq, '0', 0, '0', 0, '3:3:', '3:3:', 3);
    END LOOP;
    FOR t IN SELECT * FROM open_ticket ORDER BY seq LOOP
        t.origin := coalesce(t.origin, t.seq);
        PERFORM add_ticket(t);
        number := number + 1;
    END LOOP;
    UPDATE setting SET system_identifier = (SELECT c.system_identifier FROM pg_control_system() AS c);
    RETURN number;
END $$;
