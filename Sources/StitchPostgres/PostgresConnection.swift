// SPDX-License-Identifier: Apache-2.0

import CStitchLibpq

/// One connection to a Postgres server.
///
/// **Contract.** It belongs to the closure that received it (``PostgresPool/withConnection(_:)``) and must not be used
/// after that has returned. It runs one statement at a time; a second one meanwhile gets
/// ``PostgresError/Code/connectionBusy``. Cancelling the task of a statement makes the server stop it, and the statement
/// ends with ``PostgresError/Code/cancelled``. No thread waits while a statement runs.
public actor PostgresConnection {
    private var handle: ConnectionHandle?
    private let watch: SocketWatch
    private let cancelHandle: CancelHandle
    private var isBusy = false

    /// Connects to the first host of the configuration that answers.
    static func open(_ configuration: PostgresConfiguration) async throws(PostgresError) -> PostgresConnection {
        let handle = try await ConnectionAttempt(
            settings: configuration.settings,
            timeout: configuration.connectTimeout
        ).run()
        guard let watch = SocketWatch(socket: PQsocket(handle.pointer)), let cancelHandle = CancelHandle(handle) else {
            throw PostgresError(.connectionFailed, "Connecting to Postgres failed: out of memory or file descriptors")
        }
        return PostgresConnection(handle, watch, cancelHandle)
    }

    private init(_ handle: ConnectionHandle, _ watch: SocketWatch, _ cancelHandle: CancelHandle) {
        self.handle = handle
        self.watch = watch
        self.cancelHandle = cancelHandle
    }

    /// Runs a statement and returns the number of rows that it changed or returned.
    ///
    /// - Parameters:
    ///   - sql: One statement, with `$1`, `$2`, … for the parameters.
    ///   - parameters: The values.
    /// - Returns: The number of rows.
    /// - Throws: ``PostgresError``.
    @discardableResult
    public nonisolated func execute(
        _ sql: String,
        _ parameters: any PostgresEncodable...
    ) async throws(PostgresError) -> Int {
        try await run(sql, ParameterList(parameters, statement: sql)).affectedRows
    }

    /// Runs a statement and returns all its rows, in memory.
    ///
    /// - Parameters:
    ///   - sql: One statement, with `$1`, `$2`, … for the parameters.
    ///   - parameters: The values.
    /// - Returns: The rows, in the order of the answer.
    /// - Throws: ``PostgresError``.
    public nonisolated func query(
        _ sql: String,
        _ parameters: any PostgresEncodable...
    ) async throws(PostgresError) -> [PostgresRow] {
        try await run(sql, ParameterList(parameters, statement: sql)).rows
    }

    /// Runs several statements without parameters, separated by semicolons, as one transaction unless they say otherwise.
    ///
    /// - Throws: ``PostgresError`` of the first that failed; those after it have not run.
    public func executeScript(_ sql: String) async throws(PostgresError) {
        try Self.refuseNUL(sql)
        _ = try await exchange(sql, isCancellable: true) { PQsendQuery($0, sql) }
    }

    /// Makes the server send the notifications of a channel to this connection, until it is closed.
    ///
    /// - Throws: ``PostgresError``.
    public func listen(to channel: String) async throws(PostgresError) {
        _ = try await run("LISTEN \(PostgresIdentifier(channel))", ParameterList(statement: "LISTEN"))
    }

    /// Waits for the next notification of the channels listened to.
    ///
    /// Cancelling the task ends the wait and leaves the
    /// connection as it is.
    ///
    /// - Throws: ``PostgresError`` with ``PostgresError/Code/cancelled``, or when the connection is lost.
    public func nextNotification() async throws(PostgresError) -> PostgresNotification {
        let handle = try begin("waiting for a notification")
        defer { isBusy = false }
        while true {
            // What PQnotifies returns is ours until PQfreemem.
            if let found = PQnotifies(handle.pointer) {
                defer { PQfreemem(found) }
                return PostgresNotification(
                    channel: String(cString: found.pointee.relname),
                    payload: String(cString: found.pointee.extra),
                    sender: found.pointee.be_pid
                )
            }
            if Task.isCancelled { throw PostgresError(.cancelled, "Waiting for a notification was cancelled") }
            await withTaskCancellationHandler {
                await watch.wait(for: .read)
            } onCancel: { [watch] in
                watch.wake()
            }
            guard PQconsumeInput(handle.pointer) == 1 else { throw lost(handle, "Waiting for a notification") }
        }
    }

    // MARK: What the pool and the transaction use

    /// Runs one statement; `isCancellable` is `false` for what must run to its end although the task was cancelled, such as ROLLBACK.
    func run(
        _ sql: String,
        _ parameters: ParameterList,
        isCancellable: Bool = true
    ) async throws(PostgresError) -> PostgresAnswer {
        try Self.refuseNUL(sql)
        return try await exchange(sql, isCancellable: isCancellable) { connection in
            parameters.withPointers { types, values, lengths, formats in
                // libpq copies everything before it returns. The last argument asks for values in binary form.
                PQsendQueryParams(connection, sql, Int32(parameters.count), types, values, lengths, formats, 1)
            }
        }
    }

    /// Whether another task may use the connection: it is whole, idle and outside a transaction.
    ///
    /// Sees whether the server
    /// has closed it meanwhile.
    func isReusable() -> Bool {
        guard let handle, !isBusy, PQconsumeInput(handle.pointer) == 1 else { return false }
        return PQstatus(handle.pointer) == CONNECTION_OK && PQtransactionStatus(handle.pointer) == PQTRANS_IDLE
    }

    /// Closes the connection; a statement that runs fails.
    func close() {
        watch.breakConnection()
        watch.close()
        if !isBusy { handle = nil }  // Else the statement that runs is the last owner.
    }

    /// Breaks the connection from outside: what runs on it fails, and it can't be used again.
    nonisolated func abort() { watch.breakConnection() }

    // MARK: One exchange with the server

    private func begin(_ what: String) throws(PostgresError) -> ConnectionHandle {
        guard let handle, PQstatus(handle.pointer) == CONNECTION_OK else {
            throw PostgresError(.connectionLost, "\(what): the connection is closed; take another one from the pool")
        }
        guard !isBusy else {
            throw PostgresError(
                .connectionBusy,
                "\(what): the connection runs another statement; await that first, or use a second connection"
            )
        }
        isBusy = true
        return handle
    }

    private func exchange(
        _ sql: String,
        isCancellable: Bool,
        send: (OpaquePointer) -> Int32
    ) async throws(PostgresError) -> PostgresAnswer {
        let summary = StatementSummary(sql)
        if isCancellable, Task.isCancelled {
            throw PostgresError(.cancelled, "\(summary): not begun, the task is cancelled")
        }
        let handle = try begin(summary.description)
        defer { isBusy = false }
        guard send(handle.pointer) == 1 else { throw lost(handle, summary.description) }

        let cancellation = StatementCancellation(cancelHandle, watch)
        let received: Result<[PostgresResult], PostgresError>
        if isCancellable {
            received = await withTaskCancellationHandler {
                await receive(handle, summary.description)
            } onCancel: {
                cancellation.request()
            }
        } else {
            received = await receive(handle, summary.description)
        }
        let wasCancelled = await cancellation.end()

        let results: [PostgresResult]
        do { results = try received.get() } catch {
            throw wasCancelled ? PostgresError(.cancelled, "\(summary): cancelled", cause: error) : error
        }
        let failed = results.first { $0.status == PGRES_FATAL_ERROR || $0.status == PGRES_BAD_RESPONSE }
        if wasCancelled {
            let report = failed?.report
            // The request may still be on its way inside the server, and would hit the next statement.
            if report?.sqlState != "57014" { watch.breakConnection() }
            if let report {
                throw PostgresError(.cancelled, "\(summary): cancelled", cause: report.error(running: sql))
            }
        }
        if let failed { throw failed.report.error(running: sql) }
        return PostgresAnswer(results.last)
    }

    /// Sends what libpq still holds and collects the results until there are none left.
    private func receive(_ handle: ConnectionHandle, _ what: String) async -> Result<[PostgresResult], PostgresError> {
        var unsent = PQflush(handle.pointer)
        while unsent == 1 {
            // The server may have to get rid of data before it reads on.
            await watch.wait(for: [.read, .write])
            guard PQconsumeInput(handle.pointer) == 1 else { return .failure(lost(handle, what)) }
            unsent = PQflush(handle.pointer)
        }
        guard unsent == 0 else { return .failure(lost(handle, what)) }
        var results: [PostgresResult] = []
        while true {
            while PQisBusy(handle.pointer) == 1 {
                await watch.wait(for: .read)
                guard PQconsumeInput(handle.pointer) == 1 else { return .failure(lost(handle, what)) }
            }
            // Hands the result over to us.
            guard let pointer = PQgetResult(handle.pointer) else { break }
            let result = PostgresResult(owning: pointer)
            let copies = [PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH]
            if copies.contains(where: { $0 == result.status }) {
                watch.breakConnection()
                return .failure(
                    PostgresError(.unsupportedStatement, "\(what): COPY is not supported; the connection was closed")
                )
            }
            results.append(result)
        }
        return .success(results)
    }

    private func lost(_ handle: ConnectionHandle, _ what: String) -> PostgresError {
        let complaint = handle.complaint
        watch.breakConnection()
        return PostgresError(.connectionLost, "\(what): the connection to Postgres was lost: \(complaint)")
    }

    private static func refuseNUL(_ sql: String) throws(PostgresError) {
        guard !sql.utf8.contains(0) else {
            throw PostgresError(.invalidParameter, "The statement contains a NUL character, which Postgres refuses")
        }
    }
}
