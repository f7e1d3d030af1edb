// SPDX-License-Identifier: Apache-2.0

import CStitchLibpq
import Dispatch
import Foundation

/// One exchange with the server: what is sent in one go, and all that is answered.
extension PostgresConnection {
    /// How the server's answers to what was sent come.
    enum AnswerMode {
        /// Those to one string of statements.
        case single
        /// The one that says that a COPY may begin.
        case copy
        /// Those to statements in libpq's pipeline mode, with so many points of synchronisation.
        case pipeline(syncs: Int)
    }

    /// Takes the connection; it is to be given back by `isBusy = false`.
    func begin(
        _ summary: StatementSummary,
        isCancellable: Bool = true
    ) throws(PostgresError) -> ConnectionHandle {
        if isCancellable, Task.isCancelled {
            throw PostgresError(.cancelled, "\(summary): not begun, the task is cancelled")
        }
        guard let handle, PQstatus(handle.pointer) == CONNECTION_OK else {
            throw PostgresError(.connectionLost, "\(summary): the connection is closed; take another one from the pool")
        }
        guard !isBusy else {
            throw PostgresError(
                .connectionBusy,
                "\(summary): the connection runs another statement; await that first, or use a second connection"
            )
        }
        isBusy = true
        return handle
    }

    /// Sends something and receives all answers, the connection having been taken with ``begin(_:)``.
    ///
    /// `isCancellable` is `false` for what must run to its end although the task was cancelled, such as ROLLBACK; the
    /// server is never told to stop that, but the connection is broken when its time is over. `send` hands everything to
    /// libpq, which keeps it, and tells whether that worked. Among the results may be failures; the points of
    /// synchronisation of a pipeline are there too.
    func exchange(
        _ handle: ConnectionHandle,
        _ summary: StatementSummary,
        mode: AnswerMode,
        isCancellable: Bool,
        send: (OpaquePointer) -> Bool
    ) async throws(PostgresError) -> [ResultHandle] {
        guard send(handle.pointer) else { throw lost(handle, summary) }
        guard isCancellable else {
            return try await limited(summary) { await receive(handle, summary, mode) }.get()
        }
        let cancellation = StatementCancellation(cancelHandle, watch, patience: patience)
        let alarm = timeout.map { cancellation.alarm(after: $0) }
        let received = await withTaskCancellationHandler {
            await receive(handle, summary, mode)
        } onCancel: {
            cancellation.request(.cancelled)
        }
        alarm?.cancel()
        guard let reason = await cancellation.end() else { return try received.get() }
        let results: [ResultHandle]
        do { results = try received.get() } catch { throw stopped(reason, summary, cause: error) }
        let report = results.first { $0.hasFailed }?.report
        // The request may still be on its way inside the server, and would hit the next statement.
        if report?.sqlState != "57014" { watch.breakConnection() }
        if let report { throw stopped(reason, summary, cause: report.error(running: summary)) }
        return results
    }

    /// Waits for the server, and breaks the connection when that takes longer than a statement may.
    func limited<Value>(
        _ summary: StatementSummary,
        _ wait: () async -> Result<Value, PostgresError>
    ) async -> Result<Value, PostgresError> {
        guard let timeout else { return await wait() }
        let deadline = ContinuousClock.now + timeout
        let alarm = DispatchWorkItem { [watch] in watch.breakConnection() }
        DispatchQueue.global().asyncAfter(deadline: .now() + timeout.dispatchInterval, execute: alarm)
        let outcome = await wait()
        alarm.cancel()
        guard case .failure(let error) = outcome, error.code == .connectionLost, ContinuousClock.now >= deadline else {
            return outcome
        }
        return .failure(
            PostgresError(
                .timedOut,
                "\(summary): not done within \(timeout); the connection was broken. Raise the time-out, or see what holds "
                    + "the server up",
                cause: error
            )
        )
    }

    private func stopped(
        _ reason: StatementCancellation.Reason,
        _ summary: StatementSummary,
        cause: PostgresError
    ) -> PostgresError {
        switch reason {
        case .cancelled:
            return PostgresError(.cancelled, "\(summary): cancelled", cause: cause)
        case .timedOut:
            let limit = timeout.map { "\($0)" } ?? "its time"
            return PostgresError(
                .timedOut,
                "\(summary): not done within \(limit); the server was told to stop. Make it do less, or raise the time-out",
                cause: cause
            )
        }
    }

    /// Sends what libpq still holds and collects the results until there are none left.
    private func receive(
        _ handle: ConnectionHandle,
        _ summary: StatementSummary,
        _ mode: AnswerMode
    ) async -> Result<[ResultHandle], PostgresError> {
        var unsent = PQflush(handle.pointer)
        while unsent == 1 {
            // The server may have to get rid of data before it reads on.
            await watch.wait(for: [.read, .write])
            guard PQconsumeInput(handle.pointer) == 1 else { return .failure(lost(handle, summary)) }
            unsent = PQflush(handle.pointer)
        }
        guard unsent == 0 else { return .failure(lost(handle, summary)) }
        var results: [ResultHandle] = []
        var remainingSyncs = 1
        if case .pipeline(let syncs) = mode { remainingSyncs = syncs }
        var wasNothing = false
        while remainingSyncs > 0 {
            while PQisBusy(handle.pointer) == 1 {
                await watch.wait(for: .read)
                guard PQconsumeInput(handle.pointer) == 1 else { return .failure(lost(handle, summary)) }
            }
            // Hands the result over to us.
            guard let pointer = PQgetResult(handle.pointer) else {
                guard case .pipeline = mode else { break }
                // One ends the results of a statement; a second one, before the synchronisation, means that all is lost.
                if wasNothing { return .failure(lost(handle, summary)) }
                wasNothing = true
                continue
            }
            wasNothing = false
            let result = ResultHandle(owning: pointer)
            if case .copy = mode, result.status == PGRES_COPY_IN { return .success([result]) }
            switch result.status {
            case PGRES_PIPELINE_SYNC:
                remainingSyncs -= 1
                results.append(result)
            case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                watch.breakConnection()
                return .failure(
                    PostgresError(
                        .unsupportedStatement,
                        "\(summary): COPY is not supported here; the connection was closed"
                    )
                )
            default: results.append(result)
            }
        }
        if case .pipeline = mode, PQexitPipelineMode(handle.pointer) != 1 { return .failure(lost(handle, summary)) }
        return .success(results)
    }

    /// Breaks the connection, and says why.
    func lost(_ handle: ConnectionHandle, _ summary: StatementSummary) -> PostgresError {
        let complaint = handle.complaint
        watch.breakConnection()
        return PostgresError(.connectionLost, "\(summary): the connection to Postgres was lost: \(complaint)")
    }

    /// Refuses what can't be sent, or would do harm where a pooler is in between.
    func refuse(_ sql: String) throws(PostgresError) {
        try Self.refuseNUL(sql)
        if pooling == .transaction, let objection = PoolerRules.objection(to: sql) {
            throw PostgresError(
                .unsupportedByPooler,
                "\(StatementSummary(sql)): a pooler in transaction mode is in between, so \(objection)"
            )
        }
    }

    static func refuseNUL(_ sql: String) throws(PostgresError) {
        // By memchr, since each statement that runs is looked through.
        let hasNUL = sql.utf8.withContiguousStorageIfAvailable { text in
            text.baseAddress.map { memchr($0, 0, text.count) != nil } ?? false
        }
        if hasNUL ?? sql.utf8.contains(0) {
            throw PostgresError(.invalidParameter, "The statement contains a NUL character, which Postgres refuses")
        }
    }
}
