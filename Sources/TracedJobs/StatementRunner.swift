// SPDX-License-Identifier: Apache-2.0

import StitchPostgres

/// Where a statement can be run: the pool, a connection, or a transaction.
protocol StatementRunner: Sendable {
    func query(_ sql: String, _ parameters: any PostgresEncodable...) async throws(PostgresError) -> [PostgresRow]
    func fetch(_ sql: String, _ parameters: any PostgresEncodable...) async throws(PostgresError) -> PostgresResult

    /// Whether another statement can be run after one has failed.
    var outlivesFailure: Bool { get }
}

extension PostgresPool: StatementRunner {
    var outlivesFailure: Bool { true }
}

extension PostgresConnection: StatementRunner {
    nonisolated var outlivesFailure: Bool { true }
}

extension PostgresTransaction: StatementRunner {
    var outlivesFailure: Bool { false }
}

extension StatementRunner {
    /// Runs a statement that enqueues a job that has more than a ticket.
    func add(_ statement: JobStatement, of kind: String) async throws -> EnqueuedJob {
        let p = statement.parameters
        let rows = try await query(
            statement.sql,
            p[0],
            p[1],
            p[2],
            p[3],
            p[4],
            p[5],
            p[6],
            p[7],
            p[8],
            p[9],
            p[10],
            p[11],
            p[12],
            p[13],
            p[14],
            p[15]
        )
        guard let row = rows.first else {
            throw JobError(.databaseFailed, "The INSERT of a \(kind) job returned no row")
        }
        return EnqueuedJob(id: JobID(rawValue: try row.decode("id")), isNew: try row.decode("is_new"))
    }
}
