// SPDX-License-Identifier: Apache-2.0

import CStitchLibpq

extension PostgresConnection {
    /// Runs `body` in a transaction: commits when it returns, rolls back when it throws.
    ///
    /// A commit is not cut short by cancellation. When it is answered with ``PostgresError/Code/connectionLost``, it may
    /// have happened.
    ///
    /// - Parameters:
    ///   - options: How it is to be run. With more than one attempt `body` may run again.
    ///   - body: What is done in it.
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

    /// Ends an open transaction without its effects; breaks the connection if that is impossible.
    func rollBack() async {
        guard let handle, PQtransactionStatus(handle.pointer) != PQTRANS_IDLE else { return }
        do throws(PostgresError) {
            _ = try await runAlone("ROLLBACK", isCancellable: false) { PQsendQuery($0, "ROLLBACK") }
        } catch { abort() }
    }
}
