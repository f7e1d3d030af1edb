// SPDX-License-Identifier: Apache-2.0

import CStitchLibpq
import Synchronization

/// A transaction that is open.
///
/// **Contract.** It belongs to the closure that received it (``PostgresPool/withTransaction(_:)``), which decides by
/// returning or throwing whether it is committed. After that every call gets ``PostgresError/Code/transactionEnded``.
public final class PostgresTransaction: Sendable {
    private let connection: PostgresConnection
    private let hasEnded = Atomic(false)

    private init(_ connection: PostgresConnection) { self.connection = connection }

    /// Runs a statement and returns the number of rows that it changed or returned.
    ///
    /// - Parameters:
    ///   - sql: One statement, with `$1`, `$2`, … for the parameters.
    ///   - parameters: The values.
    /// - Returns: The number of rows.
    /// - Throws: ``PostgresError``; the transaction can only be rolled back then.
    @discardableResult
    public func execute(_ sql: String, _ parameters: any PostgresEncodable...) async throws(PostgresError) -> Int {
        try checkOpen(sql)
        return try await connection.run(sql, ParameterList(parameters, statement: sql)).affectedRows
    }

    /// Runs a statement and returns all its rows, in memory.
    ///
    /// - Parameters:
    ///   - sql: One statement, with `$1`, `$2`, … for the parameters.
    ///   - parameters: The values.
    /// - Returns: The rows, in the order of the answer.
    /// - Throws: ``PostgresError``; the transaction can only be rolled back then.
    public func query(
        _ sql: String,
        _ parameters: any PostgresEncodable...
    ) async throws(PostgresError) -> [PostgresRow] {
        try checkOpen(sql)
        return try await connection.run(sql, ParameterList(parameters, statement: sql)).rows
    }

    /// Runs a statement and returns its whole answer, whose rows can be read in place.
    ///
    /// - Parameters:
    ///   - sql: One statement, with `$1`, `$2`, … for the parameters.
    ///   - parameters: The values.
    /// - Returns: The answer, in memory.
    /// - Throws: ``PostgresError``; the transaction can only be rolled back then.
    public func fetch(
        _ sql: String,
        _ parameters: any PostgresEncodable...
    ) async throws(PostgresError) -> PostgresResult {
        try checkOpen(sql)
        return try await connection.run(sql, ParameterList(parameters, statement: sql))
    }

    /// Runs several statements without parameters, separated by semicolons.
    ///
    /// - Throws: ``PostgresError`` of the first that failed; the transaction can only be rolled back then.
    public func executeScript(_ sql: String) async throws(PostgresError) {
        try checkOpen(sql)
        try await connection.executeScript(sql)
    }

    private func checkOpen(_ sql: String) throws(PostgresError) {
        guard !hasEnded.load(ordering: .acquiring) else {
            throw PostgresError(
                .transactionEnded,
                "\(StatementSummary(sql)): the transaction has ended; use it only inside the closure of withTransaction"
            )
        }
    }

    // MARK: What the pool does with it

    static func begin(on connection: PostgresConnection) async throws(PostgresError) -> PostgresTransaction {
        _ = try await connection.runAlone("BEGIN", isCancellable: true) { PQsendQuery($0, "BEGIN") }
        return PostgresTransaction(connection)
    }

    func commit() async throws(PostgresError) {
        hasEnded.store(true, ordering: .releasing)
        let answer = try await connection.runAlone("COMMIT", isCancellable: false) { PQsendQuery($0, "COMMIT") }
        guard answer.command == "COMMIT" else {
            throw PostgresError(
                .transactionAborted,
                "COMMIT: the server rolled back, because a statement of the transaction had failed and its error was not "
                    + "passed on; let it leave the closure of withTransaction"
            )
        }
    }

    /// Rolls back; if that is impossible, the pool closes the connection, which comes to the same.
    func rollBack() async {
        hasEnded.store(true, ordering: .releasing)
        _ = try? await connection.runAlone("ROLLBACK", isCancellable: false) { PQsendQuery($0, "ROLLBACK") }
    }
}
