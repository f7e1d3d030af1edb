// SPDX-License-Identifier: Apache-2.0

import CStitchLibpq

extension PostgresConnection {
    /// Runs `body` in a transaction: commits when it returns, rolls back when it throws.
    ///
    /// A commit is not cut short by cancellation. When its answer does not come, it may have happened:
    /// ``PostgresError/Code/commitOutcomeUnknown``. There is one transaction at a time on a connection
    /// (``PostgresError/Code/transactionOpen``); a part of one is ``PostgresTransaction/withSavepoint(_:)``.
    ///
    /// - Parameters:
    ///   - options: How it is to be run. With more than one attempt `body` may run again.
    ///   - body: What is done in it; it must not end the transaction by a statement of its own.
    /// - Returns: What `body` returns.
    /// - Throws: ``PostgresError`` when the transaction can't begin or the commit fails; whatever `body` throws.
    @discardableResult
    public nonisolated func withTransaction<Value>(
        _ options: PostgresTransactionOptions = PostgresTransactionOptions(),
        _ body: (PostgresTransaction) async throws -> Value
    ) async throws -> Value {
        var backoff = Backoff(first: .milliseconds(10), limit: .seconds(1))
        var remaining = options.attempts
        while true {
            remaining -= 1
            let transaction = try await PostgresTransaction.begin(options, on: self)
            let failure: any Error
            do {
                let value = try await body(transaction)
                try await transaction.commit()
                return value
            } catch {
                failure = error
            }
            await transaction.rollBack()
            // Whatever `body` has made of the server's error.
            guard remaining > 0, transaction.mayWorkNextTime, !Task.isCancelled else { throw failure }
            try await Task.sleep(for: backoff.delay())
        }
    }

    /// Begins a transaction, unless one is open.
    func beginTransaction(_ sql: String) async throws(PostgresError) {
        if let handle, !isBusy {
            switch PQtransactionStatus(handle.pointer) {
            case PQTRANS_INTRANS, PQTRANS_INERROR:
                // The server would only warn, and the end of this one would be the end of the other.
                throw PostgresError(
                    .transactionOpen,
                    "\(StatementSummary(sql)): a transaction is open on this connection already; use withSavepoint for a "
                        + "part of it, or another connection for a transaction beside it"
                )
            default: break
            }
        }
        _ = try await runAlone(sql, isCancellable: true) { PQsendQuery($0, sql) }
    }

    /// Commits, and tells a commit that failed from one that nobody knows about.
    func commit() async throws(PostgresError) -> PostgresResult {
        if let handle, !isBusy, PQtransactionStatus(handle.pointer) == PQTRANS_IDLE {
            throw PostgresError(
                .transactionEnded,
                "COMMIT: a statement inside the closure of withTransaction has ended the transaction already, and what came "
                    + "after it was on its own; leave COMMIT and ROLLBACK to withTransaction, which commits when the closure "
                    + "returns and rolls back when it throws"
            )
        }
        var wasSent = false
        do {
            return try await runAlone("COMMIT", isCancellable: false) { connection in
                let sent = PQsendQuery(connection, "COMMIT")
                wasSent = sent == 1
                return sent
            }
        } catch {
            guard wasSent, error.leavesCommitOpen else { throw error }
            throw PostgresError(
                .commitOutcomeUnknown,
                "COMMIT: no answer came, so it may have happened or not; look for what the transaction wrote before it is "
                    + "run again",
                cause: error
            )
        }
    }

    /// Ends an open transaction without its effects; breaks the connection if that is impossible.
    func rollBack() async {
        guard let handle, PQtransactionStatus(handle.pointer) != PQTRANS_IDLE else { return }
        do throws(PostgresError) {
            _ = try await runAlone("ROLLBACK", isCancellable: false) { PQsendQuery($0, "ROLLBACK") }
        } catch { abort() }
    }
}

extension PostgresError {
    /// Whether a COMMIT that ended so may have happened all the same: the connection broke, or the server stopped.
    fileprivate var leavesCommitOpen: Bool {
        guard let sqlState = code.sqlState else { return code == .connectionLost || code == .timedOut }
        return sqlState.hasPrefix("08") || ["40003", "57P01", "57P02", "57P03"].contains(sqlState)
    }
}
