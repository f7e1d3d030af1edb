// SPDX-License-Identifier: Apache-2.0

import Dispatch
public import StitchService

/// Connections to one Postgres database, made when they are needed and used again.
///
/// **Contract.** May be shared by all tasks. It works from `init` on; ``run()`` only waits for the end, so that a program
/// can stop it with its other services. Callers wait for a free connection in the order in which they came, no longer
/// than `acquireTimeout`, and no more than `maximumWaiters` at a time. A connection that broke, or that comes back inside a
/// transaction, is closed, not used again, as is one that gets too old (`maximumLifetime`) or is surplus (`idleTimeout`).
///
/// ```swift
/// let database = try PostgresPool("postgres://localhost/shop")
/// try await database.withTransaction { transaction in
///     try await transaction.execute("INSERT INTO orders (id, total) VALUES ($1, $2)", 7, 29.90)
/// }
/// ```
public final class PostgresPool: Service {
    /// How the pool was set up.
    public let configuration: PostgresConfiguration

    private let leases: ConnectionLeases

    /// Sets up a pool with the default settings; connects when a connection is needed first.
    ///
    /// - Parameter url: `postgres://user@host:port/database`, or libpq's keyword form.
    /// - Throws: ``PostgresError/Code/invalidConfiguration`` if the text can't be read.
    public convenience init(_ url: String) throws(PostgresError) {
        try self.init(PostgresConfiguration(url))
    }

    /// Sets up a pool; connects when a connection is needed first.
    ///
    /// - Throws: ``PostgresError/Code/invalidConfiguration`` if a setting can't be used.
    public init(_ configuration: PostgresConfiguration) throws(PostgresError) {
        try configuration.validate()
        self.configuration = configuration
        leases = ConnectionLeases(configuration)
    }

    /// The thread that waits for the answers of all connections, for tasks that are to go on there, without a change of
    /// thread; `nil` when the process had no file descriptor left for it.
    ///
    /// This makes a round trip shorter, by about the time that it takes to wake a thread twice. Nothing may block such a task
    /// or let it compute for long: all connections of the process would wait.
    ///
    /// ```swift
    /// try await withTaskExecutorPreference(PostgresPool.executor) {
    ///     for id in ids { try await database.execute("SELECT settle($1)", id) }
    /// }
    /// ```
    public static var executor: (any TaskExecutor)? { SocketEvents.shared }

    /// Lends a connection for the time of `body`.
    ///
    /// What `body` changes of the session (`SET`, advisory locks) stays with the connection.
    ///
    /// - Throws: ``PostgresError`` when no connection is to be had; whatever `body` throws.
    public func withConnection<Value>(
        _ body: (PostgresConnection) async throws -> Value
    ) async throws -> Value {
        let lease = try await leases.acquire()
        let result: Result<Value, any Error>
        do { result = .success(try await body(lease.connection)) } catch { result = .failure(error) }
        await leases.release(lease)
        return try result.get()
    }

    /// Runs `body` in a transaction: commits when it returns, rolls back when it throws.
    ///
    /// A commit is not cut short by cancellation. When its answer does not come, it may have happened:
    /// ``PostgresError/Code/commitOutcomeUnknown``.
    ///
    /// - Parameters:
    ///   - options: How it is to be run. With more than one attempt `body` may run again.
    ///   - body: What is done in it.
    /// - Returns: What `body` returns.
    /// - Throws: ``PostgresError`` when no connection is to be had or the commit fails; whatever `body` throws.
    @discardableResult
    public func withTransaction<Value>(
        _ options: PostgresTransactionOptions = PostgresTransactionOptions(),
        _ body: (PostgresTransaction) async throws -> Value
    ) async throws -> Value {
        try await withConnection { connection in try await connection.withTransaction(options, body) }
    }

    /// Runs a statement on a connection of the pool and returns the number of rows that it changed or returned.
    ///
    /// - Throws: ``PostgresError``.
    @discardableResult
    public func execute(_ sql: String, _ parameters: any PostgresEncodable...) async throws(PostgresError) -> Int {
        try await run(sql, parameters).affectedRows
    }

    /// Runs a statement on a connection of the pool and returns all its rows, in memory.
    ///
    /// - Throws: ``PostgresError``.
    public func query(
        _ sql: String,
        _ parameters: any PostgresEncodable...
    ) async throws(PostgresError) -> [PostgresRow] {
        try await run(sql, parameters).rows
    }

    /// Runs a statement on a connection of the pool and returns its whole answer, whose rows can be read in place.
    ///
    /// - Throws: ``PostgresError``.
    public func fetch(
        _ sql: String,
        _ parameters: any PostgresEncodable...
    ) async throws(PostgresError) -> PostgresResult {
        try await run(sql, parameters)
    }

    /// Runs all statements of a batch on a connection of the pool, in one round trip and one transaction.
    ///
    /// - Returns: The answers, in the order of the statements.
    /// - Throws: ``PostgresError`` of the first statement that failed.
    public func run(_ batch: PostgresBatch) async throws(PostgresError) -> [PostgresResult] {
        let lease = try await leases.acquire()
        let result: Result<[PostgresResult], PostgresError>
        do { result = .success(try await lease.connection.run(batch)) } catch { result = .failure(error) }
        await leases.release(lease)
        return try result.get()
    }

    private func run(_ sql: String, _ parameters: [any PostgresEncodable]) async throws(PostgresError) -> PostgresResult
    {
        let list = try ParameterList(parameters, statement: sql)
        let lease = try await leases.acquire()
        let result: Result<PostgresResult, PostgresError>
        do { result = .success(try await lease.connection.run(sql, list)) } catch { result = .failure(error) }
        await leases.release(lease)
        return try result.get()
    }

    /// Makes a connection that does not count among the pool's, listens to channels with it and lends it to `body`.
    ///
    /// Notifications that are sent while `body` runs are kept until it asks for them.
    ///
    /// - Throws: ``PostgresError`` when the connection can't be made; whatever `body` throws.
    public func withListener<Value>(
        to channels: [String],
        _ body: (PostgresConnection) async throws -> Value
    ) async throws -> Value {
        try await lend(PostgresConnection.open(configuration)) { connection in
            for channel in channels { try await connection.listen(to: channel) }
            return try await body(connection)
        }
    }

    /// Makes a connection that does not count among the pool's and lends it to `body`: for what must not wait until
    /// somebody gives one back.
    ///
    /// - Parameters:
    ///   - limit: How long connecting may take, and each statement, before the connection is broken.
    ///   - body: What uses it.
    /// - Returns: What `body` returns.
    /// - Throws: ``PostgresError`` when the connection can't be made; whatever `body` throws.
    package func withConnectionOfItsOwn<Value>(
        answeringWithin limit: Duration,
        _ body: (PostgresConnection) async throws -> Value
    ) async throws -> Value {
        var configuration = configuration
        configuration.connectTimeout = min(configuration.connectTimeout, limit)
        let connection = try await PostgresConnection.open(configuration)
        await connection.breakStatements(after: limit)
        return try await lend(connection, to: body)
    }

    private func lend<Value>(
        _ connection: PostgresConnection,
        to body: (PostgresConnection) async throws -> Value
    ) async throws -> Value {
        let result: Result<Value, any Error>
        do { result = .success(try await body(connection)) } catch { result = .failure(error) }
        await connection.close()
        return try result.get()
    }

    /// Listens to channels on a connection of its own, which is made again when it is lost.
    ///
    /// - Parameter channels: Their names, in the case that they have.
    /// - Returns: What happens on them, for as long as somebody iterates.
    public func notifications(of channels: [String]) -> PostgresNotifications {
        PostgresNotifications(configuration: configuration, channels: channels)
    }

    // MARK: Service

    /// `PostgresPool(database)`.
    public var name: String { configuration.database.map { "PostgresPool(\($0))" } ?? "PostgresPool" }

    /// When a connection came back last, how many callers wait, and why no connection could be made lately.
    public var health: ServiceHealth {
        let status = leases.status
        return ServiceHealth(lastProgress: status.lastRelease, lag: status.waiting, blocker: status.failure)
    }

    /// What the pool does now, and has done since it was set up.
    public var statistics: PostgresPoolStatistics { leases.statistics }

    /// Waits until the pool is shut down.
    ///
    /// Cancelling the task closes all connections at once.
    public func run() async throws {
        await withTaskCancellationHandler {
            await leases.drained()
        } onCancel: { [leases] in
            leases.breakLeased()
        }
        await leases.beginShutdown()
    }

    /// Hands out no connection any more, lets those in use come back within `drain`, then closes them.
    public func shutdown() async {
        await leases.beginShutdown()
        let alarm = DispatchWorkItem { [leases] in leases.breakLeased() }
        DispatchQueue.global().asyncAfter(deadline: .now() + configuration.drain.dispatchInterval, execute: alarm)
        await leases.drained()
        alarm.cancel()
    }
}
