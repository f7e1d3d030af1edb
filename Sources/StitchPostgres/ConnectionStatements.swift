// SPDX-License-Identifier: Apache-2.0

import CStitchLibpq

/// How one statement is run: by its text, or prepared.
extension PostgresConnection {
    /// Runs one statement; `isCancellable` is `false` for what must run to its end although the task was cancelled.
    func run(
        _ sql: String,
        _ parameters: ParameterList,
        isCancellable: Bool = true
    ) async throws(PostgresError) -> PostgresResult {
        // Before the cache knows it: what was prepared is not looked at again, and ends for libpq at its first NUL.
        try refuse(sql)
        let summary = StatementSummary(sql)
        let handle = try begin(summary, isCancellable: isCancellable)
        defer { isBusy = false }
        let isInTransaction = PQtransactionStatus(handle.pointer) != PQTRANS_IDLE
        switch statements.use(sql) {
        case .run(let prepared) where parameters.fits(prepared.types):
            let results = try await exchange(handle, summary, mode: .single, isCancellable: isCancellable) {
                connection in
                sendPrepared(prepared, parameters, connection)
            }
            guard let failed = results.first(where: { $0.hasFailed }) else { return PostgresResult(results.last) }
            let report = failed.report
            // Nothing has been carried out. A transaction is spoilt, though.
            guard forgetIfStale(report, sql), !isInTransaction else { throw report.error(running: summary) }
        case .prepare:
            let batch = PostgresBatch(sql, parameters)
            let results = try await pipeline(batch, handle, summary, syncsEach: false, isCancellable: isCancellable)
            guard let result = results.first else { throw lost(handle, summary) }
            return try result.get()
        default: break
        }
        let results = try await exchange(handle, summary, mode: .single, isCancellable: isCancellable) { connection in
            sendUnnamed(sql, parameters, connection)
        }
        if let failed = results.first(where: { $0.hasFailed }) { throw failed.report.error(running: summary) }
        return PostgresResult(results.last)
    }

    /// Runs something that needs no preparation, and returns the last answer.
    func runAlone(
        _ sql: String,
        isCancellable: Bool,
        send: (OpaquePointer) -> Int32
    ) async throws(PostgresError) -> PostgresResult {
        let summary = StatementSummary(sql)
        let handle = try begin(summary, isCancellable: isCancellable)
        defer { isBusy = false }
        let results = try await exchange(handle, summary, mode: .single, isCancellable: isCancellable) { send($0) == 1 }
        if let failed = results.first(where: { $0.hasFailed }) { throw failed.report.error(running: summary) }
        return PostgresResult(results.last)
    }

    /// Hands a statement as text to libpq.
    func sendUnnamed(_ sql: String, _ parameters: ParameterList, _ connection: OpaquePointer) -> Bool {
        parameterBlock.pack(parameters, expected: nil)
        return parameterBlock.withPointers { types, values, lengths, formats in
            // libpq copies everything before it returns. The last argument asks for values in binary form.
            PQsendQueryParams(connection, sql, Int32(parameters.count), types, values, lengths, formats, 1)
        } == 1
    }

    /// Hands a prepared statement to libpq.
    func sendPrepared(
        _ prepared: StatementCache.Prepared,
        _ parameters: ParameterList,
        _ connection: OpaquePointer
    ) -> Bool {
        parameterBlock.pack(parameters, expected: prepared.types)
        return parameterBlock.withPointers { _, values, lengths, formats in
            // libpq copies everything before it returns. The last argument asks for values in binary form.
            PQsendQueryPrepared(connection, prepared.name, Int32(parameters.count), values, lengths, formats, 1)
        } == 1
    }

    /// Whether the server does not know the prepared statement any more, or its tables have changed; then it will be
    /// prepared anew.
    @discardableResult
    func forgetIfStale(_ report: ServerReport, _ sql: String) -> Bool {
        if report.sqlState == "26000" {
            statements.forgetAll()
            return true
        }
        guard report.isStalePlan else { return false }
        statements.forget(sql)
        return true
    }
}
