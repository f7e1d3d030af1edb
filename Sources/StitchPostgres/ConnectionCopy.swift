// SPDX-License-Identifier: Apache-2.0

import CStitchLibpq

/// How many rows are written at once, by COPY in binary form.
extension PostgresConnection {
    /// About how much is encoded before it is sent: so little that the server works on it meanwhile.
    static let copyBlockSize = 1 << 14

    /// Writes rows into a table by COPY: all of them, or none if something fails.
    ///
    /// Rows are encoded and sent piece by piece, so that a long sequence takes little memory. The sequence is not awaited:
    /// rows that are made slowly keep the connection, and the server's transaction, for as long.
    ///
    /// ```swift
    /// try await connection.copy(into: "orders", columns: ["id", "note"], orders) { order, row in
    ///     try row.write(order.id)
    ///     try row.write(order.note)
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - table: The table, as it stands in a statement: names in capitals are to be quoted (``PostgresIdentifier``).
    ///   - columns: The names of the columns, not quoted.
    ///   - rows: What the rows are made of.
    ///   - write: Writes the values of one row, one for each column in their order.
    /// - Returns: How many rows were written.
    /// - Throws: ``PostgresError``, of the server or for a value that doesn't fit its column; then no row was written.
    @discardableResult
    public nonisolated func copy<Rows: Sequence>(
        into table: String,
        columns: [String],
        _ rows: Rows,
        write: (Rows.Element, inout PostgresCopyWriter) throws(PostgresError) -> Void
    ) async throws(PostgresError) -> Int {
        let names = columns.map { PostgresIdentifier($0).description }.joined(separator: ", ")
        let places = columns.indices.map { "$\($0 + 1)" }.joined(separator: ", ")
        // Tells the types of the columns, for which one needs no right to read them. Each time anew, since the bytes of one
        // type may be those of another: after ALTER TABLE a number would be written as a time.
        let types = try await parameterTypes(of: "INSERT INTO \(table) (\(names)) VALUES (\(places))")
        let sql = "COPY \(table) (\(names)) FROM STDIN (FORMAT binary)"
        try await beginCopy(sql)
        var writer = PostgresCopyWriter(columns: columns, types: types)
        do throws(PostgresError) {
            for row in rows {
                writer.beginRow()
                try write(row, &writer)
                try writer.endRow()
                if writer.block.count >= Self.copyBlockSize { try await putCopy(writer.takeBlock(), sql) }
            }
            writer.end()
            try await putCopy(writer.takeBlock(), sql)
        } catch {
            // Whatever the end brings: this is why there is one.
            _ = try? await endCopy(sql, failure: error)
            throw error
        }
        return try await endCopy(sql, failure: nil)
    }

    /// The types that a statement expects.
    private func parameterTypes(of sql: String) async throws(PostgresError) -> [UInt32] {
        try Self.refuseNUL(sql)
        let summary = StatementSummary(sql)
        let handle = try begin(summary)
        defer { isBusy = false }
        let results = try await exchange(handle, summary, mode: .pipeline(syncs: 1), isCancellable: true) {
            connection in
            PQenterPipelineMode(connection) == 1 && PQsendPrepare(connection, "", sql, 0, nil) == 1
                && PQsendDescribePrepared(connection, "") == 1 && PQpipelineSync(connection) == 1
        }
        if let failed = results.first(where: { $0.hasFailed }) { throw failed.report.error(running: summary) }
        guard results.count == 3 else { throw lost(handle, summary) }
        return results[1].parameterTypes
    }

    /// Begins the COPY; the connection is busy until ``endCopy(_:failure:)``.
    private func beginCopy(_ sql: String) async throws(PostgresError) {
        let summary = StatementSummary(sql)
        let handle = try begin(summary)
        do throws(PostgresError) {
            let results = try await exchange(handle, summary, mode: .copy, isCancellable: true) { connection in
                PQsendQuery(connection, sql) == 1
            }
            if let failed = results.first(where: { $0.hasFailed }) { throw failed.report.error(running: summary) }
        } catch {
            isBusy = false
            throw error
        }
    }

    /// The most that is handed to libpq in one go, which counts in 32 bits.
    private static let copyPieceSize = 1 << 24

    /// Sends a piece, and returns when the server has taken it, or has refused the whole.
    private func putCopy(_ block: [UInt8], _ sql: String) async throws(PostgresError) {
        let summary = StatementSummary(sql)
        guard let handle else { throw PostgresError(.connectionLost, "\(summary): the connection is closed") }
        var rest = block[...]
        while !rest.isEmpty {
            if Task.isCancelled { throw PostgresError(.cancelled, "\(summary): cancelled") }
            let taken = rest.prefix(Self.copyPieceSize).withUnsafeBytes { bytes in
                // libpq copies the bytes.
                PQputCopyData(
                    handle.pointer,
                    bytes.assumingMemoryBound(to: CChar.self).baseAddress,
                    Int32(truncatingIfNeeded: bytes.count)
                )
            }
            // The server has refused; the end of the COPY tells why.
            if taken < 0 { return }
            try await flush(handle, summary)
            if taken == 1 { rest = rest.dropFirst(Self.copyPieceSize) }
        }
    }

    private func flush(_ handle: ConnectionHandle, _ summary: StatementSummary) async throws(PostgresError) {
        let unsent = PQflush(handle.pointer)
        if unsent == 0 { return }
        guard unsent == 1 else { throw lost(handle, summary) }
        try await limited(summary) { await untilFlushed(handle, summary) }.get()
    }

    private func untilFlushed(
        _ handle: ConnectionHandle,
        _ summary: StatementSummary
    ) async -> Result<Void, PostgresError> {
        repeat {
            // Ends too when the task is cancelled; the next piece sees that.
            await withTaskCancellationHandler {
                await watch.wait(for: [.read, .write])
            } onCancel: { [watch] in
                watch.wake()
            }
            if Task.isCancelled { return .success(()) }
            guard PQconsumeInput(handle.pointer) == 1 else { return .failure(lost(handle, summary)) }
            let unsent = PQflush(handle.pointer)
            if unsent == 0 { return .success(()) }
            guard unsent == 1 else { return .failure(lost(handle, summary)) }
        } while true
    }

    /// Ends the COPY, or takes it back.
    private func endCopy(_ sql: String, failure earlier: PostgresError?) async throws(PostgresError) -> Int {
        let summary = StatementSummary(sql)
        let failure = earlier ?? (Task.isCancelled ? PostgresError(.cancelled, "\(summary): cancelled") : nil)
        defer { isBusy = false }
        guard let handle, PQstatus(handle.pointer) == CONNECTION_OK else {
            throw failure ?? PostgresError(.connectionLost, "\(summary): the connection is closed")
        }
        // The server may wait for a lock and not read on.
        if failure?.code == .cancelled, await !blocking({ [cancelHandle] in cancelHandle.cancel() }) {
            watch.breakConnection()
        }
        let results = try await exchange(handle, summary, mode: .single, isCancellable: failure == nil) { connection in
            // Fails when the server has refused already; then the results tell why.
            _ = PQputCopyEnd(connection, failure == nil ? nil : "given up by the client")
            return true
        }
        let report = results.first { $0.hasFailed }?.report
        if let failure {
            // A request to stop that was too late would hit the next statement.
            if failure.code == .cancelled, report?.sqlState != "57014" { watch.breakConnection() }
            throw failure
        }
        if let report {
            throw report.error(running: summary)
        }
        return results.last?.affectedRows ?? 0
    }
}
