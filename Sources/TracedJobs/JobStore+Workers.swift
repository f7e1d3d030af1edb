// SPDX-License-Identifier: Apache-2.0

import StitchPostgres

/// Workers that come, live and go.
extension JobStore {
    /// Registers a worker.
    func register(
        _ configuration: JobWorkerConfiguration,
        kinds known: KnownKinds,
        reservesIDs: Bool
    ) async throws(JobError) -> Registration {
        let queues = configuration.queues.keys.sorted()
        let kinds = known.names
        let sql = """
            SELECT worker, queue_ids::text AS queue_ids, kind_ids::text AS kind_ids, \(names["wake_channel"])() AS channel
            FROM \(names["register"])($1, $2::float8 * interval '1 second', $3::text[], $4::text[], $5::jsonb, $6::boolean)
            """
        let row: PostgresRow?
        do throws(JobError) {
            try await checkVersion()
            row = try await answered("Registering a worker") { [self] () async throws(PostgresError) in
                try await database.query(
                    sql,
                    configuration.name,
                    configuration.lease.inSeconds,
                    queues,
                    kinds,
                    known.policy,
                    reservesIDs
                )
                .first
            }
        } catch {
            if error.lacksRights {
                throw JobError(
                    .databaseFailed,
                    "The role may not work on schema \(names.name); as the owner, call \(names["grant_to"])(…) with it as the "
                        + "second role",
                    cause: error.cause
                )
            }
            guard error.lacksTables else { throw error }
            throw JobError(
                .migrationFailed,
                "Schema \(names.name) has no job queue, or not one of this version; call migrate() or run `stitch migrate` first",
                cause: error.cause
            )
        }
        do {
            guard let row else { throw JobError(.databaseFailed, "Registering a worker returned no row") }
            return Registration(
                worker: try row.decode("worker"),
                queues: Dictionary(zip(queues, numbers(try row.decode("queue_ids"))), uniquingKeysWith: { $1 }),
                kinds: Dictionary(zip(numbers(try row.decode("kind_ids")), kinds), uniquingKeysWith: { $1 }),
                channel: try row.decode("channel")
            )
        } catch let error as JobError {
            throw error
        } catch {
            throw JobError(.databaseFailed, "Registering a worker failed", cause: error)
        }
    }

    /// Refuses a schema of another version, before anything is written there.
    private func checkVersion() async throws(JobError) {
        let sql = "SELECT max(version) AS version FROM \(names["schema_version"])"
        let version: Int? = try await answered("Looking for the job queue's version") { [self] () async throws in
            try await database.query(sql).first?.decode("version")
        }
        guard version == JobSchema.version else {
            throw JobError(
                .migrationFailed,
                "Schema \(names.name) is at version \(version ?? 0), and this program needs \(JobSchema.version); "
                    + "call migrate() or run `stitch migrate`"
            )
        }
    }

    /// Gives a sign of life, on one of the pool's connections unless another is given; `nil` if the worker was given up.
    func beat(
        _ worker: Int64,
        holding claims: Registration.Claims,
        on connection: PostgresConnection? = nil
    ) async throws(JobError) -> Pulse? {
        let sql = """
            SELECT is_alive, stop::text AS stop, solo::text AS solo
            FROM \(names["beat"])($1::bigint, $2::bigint[], $3::bigint)
            """
        return try await answered("The heartbeat") { [self] () async throws(PostgresError) in
            let runner: any StatementRunner = connection ?? database
            guard let row = try await runner.query(sql, worker, claims.held, claims.latest).first,
                try row.decode("is_alive", as: Bool.self)
            else { return nil }
            return Pulse(
                stop: Set(numbers(try row.decode("stop")).map { JobID(rawValue: $0) }),
                solo: Set(numbers(try row.decode("solo")))
            )
        }
    }

    /// Says goodbye.
    func leave(_ worker: Int64) async throws(JobError) {
        try await answered("Leaving") { [self] () async throws(PostgresError) in
            _ = try await database.query("SELECT \(names["leave"])($1::bigint)", worker)
        }
    }
}

/// What a heartbeat brought.
struct Pulse: Sendable {
    /// Jobs that somebody wants stopped.
    var stop: Set<JobID>
    /// Queues with jobs that are to be claimed alone.
    var solo: Set<Int32>
}

/// Numbers of an SQL array that came as text.
private func numbers<Number: FixedWidthInteger>(_ text: String?) -> [Number] {
    text.map { $0.dropFirst().dropLast().split(separator: ",").compactMap { Number($0) } } ?? []
}
