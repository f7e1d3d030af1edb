// SPDX-License-Identifier: Apache-2.0

import StitchPostgres

extension JobQueue {
    /// All that ``migrate()`` makes in a schema, for the test kit to know when it has changed.
    package static func definition(schema: String) -> String {
        (try? JobSchema(schema).definition) ?? ""
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
                switch try await version(in: transaction) {
                case .some(let version) where version > JobSchema.version:
                    throw JobError(
                        .migrationFailed,
                        "Schema \(schema) is at version \(version), and this program knows \(JobSchema.version); "
                            + "use a newer version of Stitch"
                    )
                case .some:
                    // Room for jobs while no worker is there to make it.
                    _ = try await transaction.query("SELECT \(names["add_segments"])()")
                case nil:
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
