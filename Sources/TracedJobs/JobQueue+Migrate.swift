// SPDX-License-Identifier: Apache-2.0

import StitchPostgres

extension JobQueue {
    /// Which version a schema is at.
    public struct SchemaVersion: Sendable, Hashable {
        /// The version found; `nil` if there is no such schema, or no job queue in it.
        public var found: Int?
        /// The version that this program works with.
        public var wanted: Int
    }

    /// The SQL with which ``migrate()`` makes a schema, for migrations of one's own: to be run in one transaction.
    ///
    /// - Parameter schema: The schema that is to hold the tables.
    /// - Returns: Plain SQL, the same each time for one version of Stitch.
    /// - Throws: ``JobError/Code/invalidConfiguration`` if the schema's name can't be used.
    public static func migrationScript(schema: String = defaultSchema) throws(JobError) -> String {
        try JobSchema(schema).definition
    }

    /// Looks which version the schema is at, and changes nothing.
    ///
    /// - Throws: ``JobError/Code/migrationFailed`` for a schema that ``migrate()`` would refuse,
    ///   ``JobError/Code/databaseFailed``.
    public func schemaVersion() async throws(JobError) -> SchemaVersion {
        do {
            return try await database.withTransaction { transaction in
                let found = try await version(in: transaction)
                if let found { try refuseNewer(found) } else { try await refuseEarlierTables(in: transaction) }
                return SchemaVersion(found: found, wanted: JobSchema.version)
            }
        } catch let error as JobError {
            throw error
        } catch {
            throw JobError(.databaseFailed, "Looking for the job queue in schema \(schema) failed", cause: error)
        }
    }

    /// Makes the schema with its tables and functions, or brings an older one to this version.
    ///
    /// May be called by several processes at once, and at each start. What it runs is plain SQL, in one transaction.
    ///
    /// - Throws: ``JobError/Code/migrationFailed``, also for a schema that a newer version of Stitch has made, and for the
    ///   tables of versions before the first release, which hold jobs in a form of their own.
    public func migrate() async throws(JobError) {
        do {
            try await database.withTransaction { transaction in
                // Held until the transaction ends: whoever comes second finds everything there.
                _ = try await transaction.query(
                    "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))",
                    "stitch.migrate \(schema)"
                )
                if let version = try await version(in: transaction) {
                    try refuseNewer(version)
                    // Room for jobs while no worker is there to make it.
                    _ = try await transaction.query("SELECT \(names["add_segments"])()")
                } else {
                    try await refuseEarlierTables(in: transaction)
                    try await transaction.executeScript(names.definition)
                }
            }
        } catch let error as JobError {
            throw error
        } catch {
            throw JobError(
                .migrationFailed,
                "Making the tables of the job queue in schema \(schema) failed",
                cause: error
            )
        }
    }

    /// Which version the schema is at; `nil` if there is none.
    private func version(in transaction: PostgresTransaction) async throws -> Int? {
        let table = names["schema_version"]
        let rows = try await transaction.query("SELECT to_regclass($1) IS NOT NULL AS found", table)
        guard try rows.first?.decode("found", as: Bool.self) == true else { return nil }
        return try await transaction.query("SELECT max(version) AS version FROM \(table)").first?.decode("version")
    }

    private func refuseNewer(_ version: Int) throws(JobError) {
        guard version > JobSchema.version else { return }
        throw JobError(
            .migrationFailed,
            "Schema \(schema) is at version \(version), and this program knows \(JobSchema.version); "
                + "use a newer version of Stitch"
        )
    }

    /// Tables from before the first release: their jobs have to be done, or dropped, first.
    private func refuseEarlierTables(in transaction: PostgresTransaction) async throws {
        let rows = try await transaction.query(
            "SELECT count(*) AS number FROM pg_class WHERE oid = to_regclass($1) AND relkind = 'r'",
            names["jobs"]
        )
        guard try rows.first?.decode("number", as: Int.self) == 1 else { return }
        throw JobError(
            .migrationFailed,
            "Schema \(schema) holds the tables of a version of Stitch from before its first release, whose jobs can't be taken "
                + "over; let the earlier version finish them and drop the schema, or use another one"
        )
    }
}
