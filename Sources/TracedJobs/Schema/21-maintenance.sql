-- SPDX-License-Identifier: Apache-2.0
--
-- What has to be done now and then, by whichever worker is there; and what holds the queue up.

-- A step of maintenance, for one caller at a time. Each is a transaction of its own, so that one that fails undoes no other;
-- in this order, the last two once in a quarter of an hour or so:
--
--     room    segments for tickets to come. Not held up by whatever the others take long for.
--     fill    numbers thrown away, where few jobs come
--     seal    a full segment closed
--     pass    cursors put behind it
--     retire  it is put among the past ones
--     drop    a past one thrown away
--     clear   receipts, notes, completions and keys of its time
--     forget  jobs that were set aside, and keys, whose time is over
--     orders  orders to stop that nobody needs any more
--     move    tickets of queues that nobody works on
--
-- Returns what was done, for a log, and whether it is to be called again for the rest of it.
CREATE FUNCTION maintain(step text, OUT done text, OUT more boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET jit = off AS $$
DECLARE number bigint; passed boolean;
BEGIN
    PERFORM require_read_committed('maintain()');
    done := '';
    more := false;
    IF NOT pg_try_advisory_xact_lock('segment'::regclass::oid::integer, CASE step WHEN 'room' THEN 1 ELSE 0 END) THEN
        RETURN;
    END IF;
    CASE step
    WHEN 'room' THEN
        number := add_segments();
        IF number > 0 THEN done := number || ' segments added'; END IF;
    WHEN 'fill' THEN
        number := fill_segment();
        IF number > 0 THEN done := 'a segment filled with ' || number || ' unused numbers'; END IF;
    WHEN 'seal' THEN IF seal_segment() THEN done := 'a segment sealed'; END IF;
    WHEN 'pass' THEN
        SELECT p.passed, p.more INTO passed, more FROM pass_segment() AS p;
        IF passed THEN done := 'a segment passed'; END IF;
    WHEN 'retire' THEN done := coalesce('a segment is ' || retire_segment(retirable_segment()), '');
    WHEN 'drop' THEN done := coalesce('segment ' || drop_segment() || ' dropped', '');
    WHEN 'clear' THEN
        number := clear_segment();
        more := number > 0;
        IF more THEN done := number || ' rows of a dropped segment deleted'; END IF;
    WHEN 'forget' THEN
        number := forget();
        more := number >= 10000;
        IF number > 0 THEN done := number || ' old rows forgotten'; END IF;
    WHEN 'orders' THEN
        number := forget_orders();
        IF number > 0 THEN done := number || ' old orders forgotten'; END IF;
    WHEN 'move' THEN
        number := move_old_tickets();
        more := number > 0;
        IF more THEN done := number || ' old tickets moved'; END IF;
    END CASE;
END $$;

-- What holds the queue up, the worst first; nothing if all is well. A transaction that holds up jobs is named with
-- the pid of its backend, for pg_terminate_backend().
CREATE FUNCTION health(older_than interval DEFAULT interval '1 minute') RETURNS TABLE (
    severity integer, finding text, queue text, detail text, pid integer, since timestamptz
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT * FROM (
        SELECT 1, 'no worker', s.queue, s.ready || ' jobs are ready, and no worker with a valid lease takes this queue',
            NULL::integer, s.oldest_ready
        FROM queue_stats AS s WHERE s.ready > 0 AND s.workers = 0 AND NOT s.paused
        UNION ALL
        SELECT 1, 'room runs out', NULL, 'the last segment is being filled, and no worker has added another; call maintain(''room'')',
            NULL, NULL
        WHERE (SELECT max(s.lo) FROM segment AS s) <= (SELECT last_value FROM job_seq)
        UNION ALL
        SELECT 1, 'a claim does not end', q.name, 'lane ' || l.objid || ' is held by ' || coalesce(a.application_name, '?'),
            l.pid, a.xact_start
        FROM pg_locks AS l JOIN pg_stat_activity AS a ON a.pid = l.pid LEFT JOIN queue AS q ON q.id = l.objid::bigint / 8
        WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2 AND l.classid = 'job'::regclass::oid
            AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
            AND a.xact_start < pg_catalog.clock_timestamp() - interval '5 seconds'
        UNION ALL
        SELECT 2, 'open transaction', NULL, 'it may have enqueued jobs, which nobody sees until it commits; state: '
            || coalesce(a.state, '?') || ', application: ' || coalesce(a.application_name, '?'), a.pid, a.xact_start
        FROM pg_stat_activity AS a
        WHERE a.xact_start < pg_catalog.clock_timestamp() - older_than AND a.pid <> pg_backend_pid() AND EXISTS (
            SELECT FROM pg_locks AS l WHERE l.pid = a.pid AND l.locktype = 'relation' AND l.mode = 'RowExclusiveLock'
                AND l.relation IN ('job'::regclass, 'parked'::regclass, 'uniq'::regclass))
        UNION ALL
        SELECT 2, 'prepared transaction', NULL, 'two-phase transaction ' || x.gid || ' is neither committed nor rolled back',
            NULL, x.prepared
        FROM pg_prepared_xacts AS x
        WHERE x.database = current_database() AND x.prepared < pg_catalog.clock_timestamp() - older_than
        UNION ALL
        SELECT 2, 'lost worker', NULL, 'the lease of worker ' || w.name || ' has run out, and nobody has rescued its jobs', NULL,
            w.expires
        FROM worker AS w WHERE w.expires < (SELECT now()) - older_than
        UNION ALL
        SELECT 3, 'hidden transactions', NULL, 'role ' || current_user || ', which owns the schema, lacks the right pg_read_all_stats: '
            || 'open transactions of other roles, and claims that do not end, can''t be told; GRANT pg_read_all_stats TO '
            || quote_ident(current_user), NULL, NULL
        WHERE NOT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AND EXISTS (
            SELECT FROM pg_stat_activity AS a
            WHERE a.datname = current_database() AND NOT pg_has_role(current_user, a.usesysid, 'USAGE')
                AND has_schema_privilege(a.usesysid, (SELECT c.relnamespace FROM pg_class AS c WHERE c.oid = 'job'::regclass),
                    'USAGE'))
        UNION ALL
        SELECT 3, 'paused queue', s.queue, s.ready || ' jobs are ready', NULL, q.paused_at
        FROM queue_stats AS s JOIN queue AS q ON q.name = s.queue WHERE s.paused
        UNION ALL
        SELECT 3, 'unknown kind', q.name, count(*) || ' jobs of kind ' || k.name || ' wait for a worker that knows it; they die at '
            || min(p.due), NULL, min(coalesce(p.waiting_since, p.created_at))
        FROM parked AS p JOIN queue AS q ON q.id = p.lane / 8 JOIN kind AS k ON k.id = p.kind
        WHERE p.state = 2 GROUP BY q.name, k.name
        UNION ALL
        SELECT 4, 'overdue jobs', q.name, count(*) || ' jobs are due and were not put back: no worker promotes', NULL, min(p.due)
        FROM parked AS p JOIN queue AS q ON q.id = p.lane / 8
        WHERE p.state = 0 AND p.due < (SELECT now()) - older_than GROUP BY q.name
        UNION ALL
        SELECT 4, 'full segment', NULL, 'segment ' || s.k || ' is full and still needed; see paused queues and long jobs', NULL,
            s.sealed_at
        FROM segment AS s WHERE s.sealed_at < (SELECT now()) - interval '1 day' AND s.retired_at IS NULL
    ) AS f (severity, finding, queue, detail, pid, since)
    ORDER BY f.severity, f.since;
END $$;
