// SPDX-License-Identifier: Apache-2.0

import CStitchLibpq
import Synchronization

/// A transaction that is open.
///
/// **Contract.** It belongs to the closure that received it (``PostgresPool/withTransaction(_:_:)``), which decides by
/// returning or throwing whether it is committed. After that every call gets ``PostgresError/Code/transactionEnded``.
public final class PostgresTransaction: Sendable {
    private let connection: PostgresConnection
    private let hasEnded = Atomic(false)
    private let hasCollided = Atomic(false)
    private let savepoints = Atomic(0)

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
        try await run(sql, parameters).affectedRows
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
        try await run(sql, parameters).rows
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
        try await run(sql, parameters)
    }

    /// Runs all statements of a batch in one round trip.
    ///
    /// - Returns: The answers, in the order of the statements.
    /// - Throws: ``PostgresError`` of the first statement that failed; the transaction can only be rolled back then.
    public func run(_ batch: PostgresBatch) async throws(PostgresError) -> [PostgresResult] {
        try checkOpen(batch.items.first?.sql ?? "")
        do { return try await connection.run(batch) } catch { throw noted(error) }
    }

    /// Writes rows into a table by COPY; see ``PostgresConnection/copy(into:columns:_:write:)``.
    ///
    /// - Returns: How many rows were written.
    /// - Throws: ``PostgresError``; the transaction can only be rolled back then.
    @discardableResult
    public func copy<Rows: Sequence>(
        into table: String,
        columns: [String],
        _ rows: Rows,
        write: (Rows.Element, inout PostgresCopyWriter) throws(PostgresError) -> Void
    ) async throws(PostgresError) -> Int {
        try checkOpen("COPY \(table)")
        do { return try await connection.copy(into: table, columns: columns, rows, write: write) } catch {
            throw noted(error)
        }
    }

    /// Runs several statements without parameters, separated by semicolons.
    ///
    /// - Throws: ``PostgresError`` of the first that failed; the transaction can only be rolled back then.
    public func executeScript(_ sql: String) async throws(PostgresError) {
        try checkOpen(sql)
        do { try await connection.executeScript(sql) } catch { throw noted(error) }
    }

    /// Runs `body` in a part of the transaction of its own: when it throws, what it did is taken back, and the transaction
    /// goes on.
    ///
    /// May be nested. Statements run on this same transaction meanwhile, from wherever, belong to the part.
    ///
    /// - Returns: What `body` returns.
    /// - Throws: Whatever `body` throws; ``PostgresError`` when the part can't begin or end.
    @discardableResult
    public func withSavepoint<Value>(_ body: () async throws -> Value) async throws -> Value {
        let name = "stitch_\(savepoints.add(1, ordering: .relaxed).newValue)"
        try await runAlone("SAVEPOINT \(name)", isCancellable: true)
        let value: Value
        do { value = try await body() } catch {
            do throws(PostgresError) {
                try await runAlone("ROLLBACK TO SAVEPOINT \(name); RELEASE SAVEPOINT \(name)", isCancellable: false)
            } catch {
                // Where the transaction stands is not known, so it has to end here; after its end the connection may be
                // somebody else's.
                if error.code != .transactionEnded { connection.abort() }
            }
            throw error
        }
        try await runAlone("RELEASE SAVEPOINT \(name)", isCancellable: false)
        return value
    }

    private func run(_ sql: String, _ parameters: [any PostgresEncodable]) async throws(PostgresError) -> PostgresResult
    {
        try checkOpen(sql)
        let list = try ParameterList(parameters, statement: sql)
        do { return try await connection.run(sql, list) } catch { throw noted(error) }
    }

    @discardableResult
    private func runAlone(_ sql: String, isCancellable: Bool) async throws(PostgresError) -> PostgresResult {
        try checkOpen(sql)
        do {
            return try await connection.runAlone(sql, isCancellable: isCancellable) { PQsendQuery($0, sql) }
        } catch { throw noted(error) }
    }

    /// Takes down whether the server has ended the transaction because of another one.
    private func noted(_ error: PostgresError) -> PostgresError {
        if let state = error.code.sqlState, Self.collisions.contains(state) {
            hasCollided.store(true, ordering: .releasing)
        }
        return error
    }

    /// A serialisation failure, a deadlock.
    private static let collisions: Set<String> = ["40001", "40P01"]

    /// Whether the transaction, run again as a whole, may get through.
    var mayWorkNextTime: Bool { hasCollided.load(ordering: .acquiring) }

    private func checkOpen(_ sql: String) throws(PostgresError) {
        guard !hasEnded.load(ordering: .acquiring) else {
            throw PostgresError(
                .transactionEnded,
                "\(StatementSummary(sql)): the transaction has ended; use it only inside the closure of withTransaction"
            )
        }
    }

    // MARK: What the pool does with it

    static func begin(
        _ options: PostgresTransactionOptions,
        on connection: PostgresConnection
    ) async throws(PostgresError) -> PostgresTransaction {
        guard options.attempts >= 1 else {
            throw PostgresError(
                .invalidConfiguration,
                "attempts of a transaction is \(options.attempts); it must be 1 or more"
            )
        }
        try await connection.beginTransaction(options.beginning)
        return PostgresTransaction(connection)
    }

    func commit() async throws(PostgresError) {
        hasEnded.store(true, ordering: .releasing)
        let answer: PostgresResult
        do { answer = try await connection.commit() } catch { throw noted(error) }
        guard answer.command == "COMMIT" else {
            throw PostgresError(
                .transactionAborted,
                "COMMIT: the server rolled back, because a statement of the transaction had failed and its error was not "
                    + "passed on; let it leave the closure of withTransaction"
            )
        }
    }

    /// Rolls back, if it is not over; if that is impossible, the connection is broken, which comes to the same.
    func rollBack() async {
        hasEnded.store(true, ordering: .releasing)
        await connection.rollBack()
    }
}
