// SPDX-License-Identifier: Apache-2.0

import ChaosJobs
import PostgresTesting
import StitchPostgres
import TracedJobs

/// A Postgres of the run's own, with a queue in it.
struct ChaosServer: Sendable {
    let postgres: TemporaryPostgres
    /// For the run itself, whose connections nobody ends.
    let pool: PostgresPool
    let jobs: JobQueue

    /// The database's clock is wrong by so much, to all workers; what rests on a worker's clock shows.
    private static let shift = "- interval '3 hours'"

    init(_ scale: ChaosScale) async throws {
        postgres = try await TemporaryPostgres()
        pool = try Self.pool(postgres.url, named: "chaos-run")
        // Such servers write without care; this one is to keep what was committed when it crashes.
        try await pool.execute("ALTER DATABASE postgres SET synchronous_commit = on")
        jobs = try JobQueue(pool)
        try await jobs.migrate()
        try await pool.withTransaction { try await $0.executeScript(Self.script) }
        if let size = scale.segmentSize {
            try await pool.withTransaction { try await $0.executeScript(Self.smallSegments(size)) }
        }
        try await jobs.declare(queues: ["default", "side"], kinds: [ChaosJob.self])
    }

    static func pool(_ url: String, named name: String, connections: Int = 4) throws -> PostgresPool {
        var configuration = try PostgresConfiguration(url)
        configuration.applicationName = name
        configuration.maximumConnections = connections
        configuration.drain = .seconds(5)
        return try PostgresPool(configuration)
    }

    /// The port that it listens on.
    var port: UInt16? { url(port: nil).split(separator: ":").last.flatMap { UInt16($0.prefix { $0 != "/" }) } }

    /// Its address, or that of something that stands before it.
    func url(port: UInt16?) -> String {
        guard let port else { return postgres.url }
        return "postgres://postgres@127.0.0.1:\(port)/postgres"
    }

    /// Lets it crash, and comes back when it is there again.
    func crash() async throws {
        let sql = "SELECT pg_postmaster_start_time()::text AS started"
        let before: String = try await pool.query(sql)[0].decode("started")
        postgres.crash()
        // A server that starts tells nobody.
        while true {
            let started = try? await pool.query(sql)[0].decode("started", as: String.self)
            if let started, started != before { return }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Ends a connection of somebody; returns how many it were.
    func terminateBackend() async throws -> Int {
        try await pool.query(
            """
            SELECT count(*) FILTER (WHERE pg_terminate_backend(pid))::integer AS ended FROM (
                SELECT pid FROM pg_stat_activity WHERE application_name IN ('chaos-member', 'chaos-enqueuer')
                ORDER BY random() LIMIT 1
            ) AS chosen
            """
        )[0].decode("ended")
    }

    /// Says of all that lost workers had claimed that it is done, as one does that was away for long; returns for how
    /// many jobs that was refused.
    ///
    /// It has to have no effect, which shows in the history.
    func completeLate() async throws -> Int {
        try await pool.query(
            """
            SELECT coalesce(sum(k.jobs - coalesce(a.jobs, 0)), 0)::integer AS refused FROM (
                SELECT r.worker, sum(r.n) AS jobs, array_agg(r.c) AS cs, array_agg(r.no) AS nos,
                    array_agg(stitch.all_open(r.n)) AS masks
                FROM stitch.claim_log AS r JOIN stitch.past_worker AS w ON w.id = r.worker AND w.lost
                WHERE r.n > 0 GROUP BY r.worker
            ) AS k CROSS JOIN LATERAL (
                SELECT sum(x.n) AS jobs FROM stitch.ack(k.worker, k.cs, k.nos, k.masks) AS x
            ) AS a
            """
        )[0].decode("refused")
    }

    /// Whether jobs are left that are not finished.
    func isBusy() async throws -> Bool {
        try await pool.query(
            "SELECT sum(ready + running + scheduled + unknown_kind) > 0 AS busy FROM stitch.queue_stats"
        )[0].decode("busy")
    }

    func stop() async {
        await pool.shutdown()
        await postgres.stop()
    }

    /// Begins anew with segments of so many tickets.
    private static func smallSegments(_ size: Int) -> String {
        """
        UPDATE stitch.setting SET segment_size = \(size);
        DO $$ DECLARE s stitch.segment; BEGIN
            FOR s IN DELETE FROM stitch.segment RETURNING * LOOP
                EXECUTE format('DROP TABLE stitch.job_%s', s.k);
            END LOOP;
            PERFORM stitch.add_segments();
        END $$;
        """
    }

    private static let script = """
        CREATE OR REPLACE FUNCTION stitch.now() RETURNS timestamptz LANGUAGE sql VOLATILE PARALLEL SAFE
            RETURN pg_catalog.clock_timestamp() \(shift);
        -- When the statement came in that made a receipt.
        CREATE TABLE chaos_claim (no bigint PRIMARY KEY, began timestamptz NOT NULL);
        CREATE FUNCTION chaos_claim() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO public.chaos_claim VALUES (NEW.no, statement_timestamp());
            RETURN NULL;
        END $$;
        CREATE TRIGGER chaos_claim AFTER INSERT ON stitch.claim_log
            FOR EACH ROW EXECUTE FUNCTION public.chaos_claim();
        """
}
