// SPDX-License-Identifier: Apache-2.0

import CStitchLibpq
import Dispatch

/// One connection to a Postgres server.
///
/// **Contract.** It belongs to the closure that received it (``PostgresPool/withConnection(_:)``) and must not be used
/// after that has returned. It runs one statement, or one ``PostgresBatch``, at a time; a second one meanwhile gets
/// ``PostgresError/Code/connectionBusy``. Cancelling the task of a statement makes the server stop it, and the statement
/// ends with ``PostgresError/Code/cancelled``. No thread waits while a statement runs.
///
/// A statement that is used again on the same connection is prepared, by itself, and its parameters go in binary form.
public actor PostgresConnection {
    var handle: ConnectionHandle?
    let watch: SocketWatch
    let cancelHandle: CancelHandle
    let pooling: PostgresPooling
    var isBusy = false
    var statements: StatementCache
    /// How long a statement or a batch may take.
    var timeout: Duration?
    /// How long the server may take to end one that it was told to stop, before the connection is broken.
    var patience = StatementCancellation.patience
    private let usualTimeout: Duration?
    var parameterBlock = ParameterBlock()

    /// How long a connection may take to show that it is alive.
    private static let signOfLife = Duration.seconds(5)

    /// Connects to the first host of the configuration that answers.
    static func open(_ configuration: PostgresConfiguration) async throws(PostgresError) -> PostgresConnection {
        let handle = try await ConnectionAttempt(
            settings: configuration.settings,
            timeout: configuration.connectTimeout
        ).run()
        guard let watch = SocketWatch(socket: PQsocket(handle.pointer)), let cancelHandle = CancelHandle(handle) else {
            throw PostgresError(.connectionFailed, "Connecting to Postgres failed: out of memory or file descriptors")
        }
        return PostgresConnection(handle, watch, cancelHandle, configuration)
    }

    private init(
        _ handle: ConnectionHandle,
        _ watch: SocketWatch,
        _ cancelHandle: CancelHandle,
        _ configuration: PostgresConfiguration
    ) {
        self.handle = handle
        self.watch = watch
        self.cancelHandle = cancelHandle
        pooling = configuration.pooling
        statements = StatementCache(limit: pooling == .direct ? configuration.preparedStatements : 0)
        timeout = configuration.statementTimeout
        usualTimeout = configuration.statementTimeout
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

    /// Runs a statement and returns its whole answer, whose rows can be read in place.
    ///
    /// - Parameters:
    ///   - sql: One statement, with `$1`, `$2`, … for the parameters.
    ///   - parameters: The values.
    /// - Returns: The answer, in memory.
    /// - Throws: ``PostgresError``.
    public nonisolated func fetch(
        _ sql: String,
        _ parameters: any PostgresEncodable...
    ) async throws(PostgresError) -> PostgresResult {
        try await run(sql, ParameterList(parameters, statement: sql))
    }

    /// Runs several statements without parameters, separated by semicolons, as one transaction unless they say otherwise.
    ///
    /// - Throws: ``PostgresError`` of the first that failed; those after it have not run.
    public func executeScript(_ sql: String) async throws(PostgresError) {
        try refuse(sql)
        _ = try await runAlone(sql, isCancellable: true) { PQsendQuery($0, sql) }
    }

    // MARK: What the pool uses

    /// Whether another task may use the connection: it is whole, idle and outside a transaction.
    ///
    /// Sees whether the server has closed it meanwhile, unless told not to look.
    func isReusable(looksAtSocket: Bool = true) -> Bool {
        timeout = usualTimeout
        guard let handle, isWhole(looksAtSocket: looksAtSocket) else { return false }
        // Nobody else asks for what somebody has listened to.
        while let notification = PQnotifies(handle.pointer) { PQfreemem(notification) }
        return true
    }

    private func isWhole(looksAtSocket: Bool = true) -> Bool {
        guard let handle, !isBusy, !looksAtSocket || handle.seesNoEnd() else { return false }
        return PQstatus(handle.pointer) == CONNECTION_OK && PQtransactionStatus(handle.pointer) == PQTRANS_IDLE
    }

    /// Lets statements take so long, and no longer, until the connection goes back to its pool; `nil` for as long as they
    /// want.
    ///
    /// In place of the configuration's `statementTimeout`.
    public func limitStatements(to timeout: Duration?) { self.timeout = timeout }

    /// Lets statements take so long, half of it until the server is told to stop them, then the connection is broken.
    func breakStatements(after time: Duration) {
        timeout = time / 2
        patience = time / 2
    }

    /// Whether the server still answers, and the connection may be used by another task.
    func answers() async -> Bool {
        guard isWhole() else { return false }
        // Who gives no sign of life takes no request to stop either.
        let alarm = DispatchWorkItem { [watch] in watch.breakConnection() }
        DispatchQueue.global().asyncAfter(deadline: .now() + Self.signOfLife.dispatchInterval, execute: alarm)
        defer { alarm.cancel() }
        // An empty statement: the shortest question that there is.
        return (try? await runAlone("", isCancellable: true) { PQsendQuery($0, "") }) != nil && isWhole()
    }

    /// Closes the connection; a statement that runs fails.
    func close() {
        if isBusy {
            watch.breakConnection()  // The statement that runs is the last owner.
        } else {
            handle = nil  // Says goodbye to the server, so not on a broken socket.
        }
        watch.close()
    }

    /// Breaks the connection from outside: what runs on it fails, and it can't be used again.
    nonisolated func abort() { watch.breakConnection() }
}
