// SPDX-License-Identifier: Apache-2.0

import CStitchLibpq

/// How statements are sent one after the other, without waiting for answers in between.
extension PostgresConnection {
    /// Runs all statements of a batch in one round trip: all of them or none.
    ///
    /// Outside a transaction they are one. When a statement fails, those after it don't run, and those before it have no
    /// effect; inside a transaction this can only be rolled back then. Statements that end or begin a transaction
    /// themselves belong to ``runEach(_:)``.
    ///
    /// - Returns: The answers, in the order of the statements.
    /// - Throws: ``PostgresError`` of the first statement that failed.
    public func run(_ batch: PostgresBatch) async throws(PostgresError) -> [PostgresResult] {
        try await pipeline(batch, syncsEach: false, isCancellable: true).map { result throws(PostgresError) in
            try result.get()
        }
    }

    /// Runs all statements of a batch in one round trip, each on its own.
    ///
    /// Outside a transaction each commits by itself, and when one fails the others still run.
    ///
    /// - Returns: The answers and failures, in the order of the statements.
    /// - Throws: ``PostgresError`` when the connection was lost, or the task cancelled.
    public func runEach(
        _ batch: PostgresBatch
    ) async throws(PostgresError) -> [Result<PostgresResult, PostgresError>] {
        try await pipeline(batch, syncsEach: true, isCancellable: true)
    }

    func pipeline(
        _ batch: PostgresBatch,
        syncsEach: Bool,
        isCancellable: Bool
    ) async throws(PostgresError) -> [Result<PostgresResult, PostgresError>] {
        guard let first = batch.items.first else { return [] }
        for item in batch.items where pooling != .direct { try refuse(item.sql) }
        let summary = StatementSummary(first.sql)
        let handle = try begin(summary, isCancellable: isCancellable)
        defer { isBusy = false }
        return try await pipeline(batch, handle, summary, syncsEach: syncsEach, isCancellable: isCancellable)
    }

    /// Runs a batch on the connection, which has been taken with `begin`.
    func pipeline(
        _ batch: PostgresBatch,
        _ handle: ConnectionHandle,
        _ summary: StatementSummary,
        syncsEach: Bool,
        isCancellable: Bool
    ) async throws(PostgresError) -> [Result<PostgresResult, PostgresError>] {
        // Inside a transaction a name that the server does not know, for whatever reason, would do harm.
        let dropped = PQtransactionStatus(handle.pointer) == PQTRANS_IDLE ? statements.dropped : []
        let plans = plan(batch)
        let syncs = (dropped.isEmpty ? 0 : 1) + (syncsEach ? batch.count : 1)
        let results = try await exchange(
            handle,
            summary,
            mode: .pipeline(syncs: syncs),
            isCancellable: isCancellable
        ) { connection in
            guard PQenterPipelineMode(connection) == 1, sendDrops(dropped, connection) else { return false }
            for (item, plan) in zip(batch.items, plans) {
                guard send(item, plan, connection), !syncsEach || PQpipelineSync(connection) == 1 else { return false }
            }
            return syncsEach || PQpipelineSync(connection) == 1
        }
        statements.didDrop(dropped)
        // What was dropped, and the synchronisation after it.
        var answers = results.dropFirst(dropped.isEmpty ? 0 : dropped.count + 1)
        var outcomes: [Result<PostgresResult, PostgresError>] = []
        for (index, (item, plan)) in zip(batch.items, plans).enumerated() {
            guard answers.count > plan.answerCount else { throw lost(handle, summary) }
            var outcome = take(answers.prefix(plan.answerCount), of: item, plan)
            answers = answers.dropFirst(plan.answerCount)
            if syncsEach || index == batch.count - 1 {
                // Before the synchronisation a failure of the commit that it brings, such as of a deferred constraint.
                while let answer = answers.popFirst(), answer.status != PGRES_PIPELINE_SYNC {
                    if answer.hasFailed, case .success = outcome {
                        outcome = .failure(answer.report.error(running: summary))
                    }
                }
            }
            outcomes.append(outcome)
        }
        return outcomes
    }

    /// How each statement is sent; the same text is prepared once.
    private func plan(_ batch: PostgresBatch) -> [StatementCache.Use] {
        var preparing: Set<String> = []
        return batch.items.map { item in
            // The types of its parameters are not known yet, so it runs under its name from the next batch on.
            if preparing.contains(item.sql) { return .unnamed }
            switch statements.use(item.sql) {
            case .run(let prepared) where !item.parameters.fits(prepared.types): return .unnamed
            case .prepare(let name):
                preparing.insert(item.sql)
                return .prepare(name: name)
            case let use: return use
            }
        }
    }

    private func sendDrops(_ names: [String], _ connection: OpaquePointer) -> Bool {
        if names.isEmpty { return true }
        for name in names
        where PQsendQueryParams(connection, "DEALLOCATE \(name)", 0, nil, nil, nil, nil, 0) != 1 { return false }
        return PQpipelineSync(connection) == 1
    }

    private func send(_ item: PostgresBatch.Item, _ plan: StatementCache.Use, _ connection: OpaquePointer) -> Bool {
        switch plan {
        case .unnamed:
            return sendUnnamed(item.sql, item.parameters, connection)
        case .run(let prepared):
            return sendPrepared(prepared, item.parameters, connection)
        case .prepare(let name):
            let types = item.parameters.declaredTypes
            guard PQsendPrepare(connection, name, item.sql, Int32(types.count), types) == 1,
                PQsendDescribePrepared(connection, name) == 1
            else { return false }
            // Which types the server expects is known next time.
            return sendPrepared(.init(name: name, types: nil), item.parameters, connection)
        }
    }

    private func take(
        _ answers: ArraySlice<ResultHandle>,
        of item: PostgresBatch.Item,
        _ plan: StatementCache.Use
    ) -> Result<PostgresResult, PostgresError> {
        if case .prepare(let name) = plan {
            let described = answers[answers.startIndex + 1]
            if described.status == PGRES_COMMAND_OK {
                statements.didPrepare(item.sql, as: .init(name: name, types: described.parameterTypes))
            } else {
                statements.forget(item.sql)
            }
        }
        if let failed = answers.first(where: { $0.hasFailed }) {
            forgetIfStale(failed.report, item.sql)
            return .failure(failed.report.error(running: StatementSummary(item.sql)))
        }
        guard let last = answers.last, last.status != PGRES_PIPELINE_ABORTED else {
            return .failure(
                PostgresError(
                    .notRun,
                    "\(StatementSummary(item.sql)): not run, an earlier statement of the batch failed"
                )
            )
        }
        return .success(PostgresResult(last))
    }
}

extension StatementCache.Use {
    /// How many results libpq gives for it.
    fileprivate var answerCount: Int { if case .prepare = self { 3 } else { 1 } }
}
