// SPDX-License-Identifier: Apache-2.0

public import StitchPostgres

/// Where a client logs to.
public struct Logger: Sendable {
    /// Logs nothing.
    public init() {}
}

/// A pool of connections, with as much of PostgresNIO's own as an application uses that enqueues jobs.
public final class PostgresClient: Sendable {
    private let pool: PostgresPool

    /// A client that really is this pool.
    public init(_ pool: PostgresPool) { self.pool = pool }

    /// Does something in a transaction.
    public func withTransaction<Success>(
        logger: Logger,
        _ closure: (ForeignPostgresClient.PostgresConnection) async throws -> Success
    ) async throws -> Success {
        try await pool.withTransaction { try await closure(ForeignPostgresClient.PostgresConnection($0)) }
    }
}

/// A connection.
public final class PostgresConnection: Sendable {
    private let transaction: PostgresTransaction

    init(_ transaction: PostgresTransaction) { self.transaction = transaction }

    /// Runs a statement.
    @discardableResult
    public func query(_ query: PostgresQuery, logger: Logger) async throws -> PostgresRowSequence {
        var batch = PostgresBatch()
        try batch.add(query.sql, parameters: query.binds.values)
        return PostgresRowSequence(count: try await transaction.run(batch).first?.rows.count ?? 0)
    }
}

/// What came back.
public struct PostgresRowSequence: Sendable {
    let count: Int
}
