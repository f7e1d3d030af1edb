// SPDX-License-Identifier: Apache-2.0

public import Foundation

/// How to reach a Postgres database and how many connections to keep to it.
///
/// What the address leaves out is taken from libpq's environment variables (`PGHOST`, `PGUSER`, `PGPASSWORD`, …), its
/// password file and its defaults. Printing a configuration never shows a password.
public struct PostgresConfiguration: Sendable, CustomStringConvertible {
    var settings: ConnectionSettings

    /// How many connections the pool opens at most, 1 or more; a listener's connection, and the two of a job worker, come on top.
    public var maximumConnections = 8

    /// How long making a connection may take, names to resolve included; 10 s unless the address says something else.
    ///
    /// Of several hosts each has its share. The address says it as libpq counts it (`connect_timeout`, or the variable
    /// `PGCONNECT_TIMEOUT`), in seconds for each host.
    public var connectTimeout = Duration.seconds(10)

    /// How long a statement or a batch may take before the server is told to stop it; `nil` for as long as it wants.
    ///
    /// COMMIT, ROLLBACK, the end of a savepoint and each piece of a COPY are not stopped: the connection is broken then.
    public var statementTimeout: Duration?

    /// How long a caller waits for a connection of the pool before it gets an error.
    public var acquireTimeout = Duration.seconds(30)

    /// How many callers may wait for a connection of the pool at a time; who comes then gets an error at once.
    public var maximumWaiters = 10_000

    /// How long a connection of the pool is unused before it is closed; `nil` for as long as the server lets it.
    public var idleTimeout: Duration? = .seconds(600)

    /// How long a connection of the pool is used before another one takes its place; `nil` for ever.
    ///
    /// So a server that came back, or was added, gets its share. Each connection gets up to a tenth less, at random.
    public var maximumLifetime: Duration? = .seconds(3600)

    /// How long a connection of the pool must have been unused to be asked for a sign of life before it is handed out.
    ///
    /// That a server closed a connection is seen without asking, that it vanished is not. `nil` for never.
    public var checkAfter: Duration? = .seconds(30)

    /// How long a shutdown lets connections that are in use come back before it closes them.
    public var drain = Duration.seconds(30)

    /// What stands between this program and the server.
    public var pooling = PostgresPooling.direct

    /// How long a listener hears nothing before it asks its server for a sign of life, longer than zero.
    public var listenerCheck = Duration.seconds(30)

    /// How many statements each connection keeps prepared, 0 or more; 0 where nothing may be kept between transactions.
    public var preparedStatements = 256

    /// Describes a database.
    ///
    /// - Parameter url: `postgres://user@host:port/database?option=value`, or libpq's keyword form
    ///   `host=localhost dbname=shop`. Several hosts are tried in order.
    /// - Throws: ``PostgresError`` with ``PostgresError/Code/invalidConfiguration`` if the text can't be read.
    public init(_ url: String) throws(PostgresError) {
        settings = try ConnectionSettings(parsing: url)
        takeConnectTimeout(ProcessInfo.processInfo.environment)
    }

    /// Describes the database that the environment names: `POSTGRES_URL`, else libpq's own variables (`PGHOST`, …), which
    /// it reads from the process by itself.
    ///
    /// - Parameter environment: The variables, those of the process unless told otherwise.
    /// - Throws: ``PostgresError`` with ``PostgresError/Code/invalidConfiguration`` if `POSTGRES_URL` can't be read.
    public init(environment: [String: String] = ProcessInfo.processInfo.environment) throws(PostgresError) {
        let url = environment["POSTGRES_URL"] ?? ""
        settings = url.isEmpty ? ConnectionSettings() : try ConnectionSettings(parsing: url)
        takeConnectTimeout(environment)
    }

    private mutating func takeConnectTimeout(_ environment: [String: String]) {
        let text = settings["connect_timeout"] ?? environment["PGCONNECT_TIMEOUT"] ?? ""
        // Nothing, and what is not positive, means to libpq to wait for ever.
        guard let seconds = Int32(text.filter { !$0.isWhitespace }), seconds > 0 else { return }
        connectTimeout = .seconds(seconds) * ConnectionHosts(settings, environment: environment).count
    }

    /// The database's name; `nil` where libpq's default decides.
    public var database: String? {
        get { settings["dbname"] }
        set { settings["dbname"] = newValue }
    }

    /// What the server shows as the name of the program in `pg_stat_activity`.
    public var applicationName: String? {
        get { settings["application_name"] }
        set { settings["application_name"] = newValue }
    }

    /// Host, database and the other settings, secrets left out.
    public var description: String { "PostgresConfiguration(\(settings))" }

    func validate() throws(PostgresError) {
        guard maximumConnections >= 1 else {
            throw PostgresError(
                .invalidConfiguration,
                "maximumConnections is \(maximumConnections); a pool needs 1 or more"
            )
        }
        guard maximumWaiters >= 0 else {
            throw PostgresError(.invalidConfiguration, "maximumWaiters is \(maximumWaiters); it must be 0 or more")
        }
        if let statementTimeout, statementTimeout <= .zero {
            throw PostgresError(
                .invalidConfiguration,
                "statementTimeout is \(statementTimeout); it must be longer than zero, or nil"
            )
        }
        let limits = [("idleTimeout", idleTimeout), ("maximumLifetime", maximumLifetime), ("checkAfter", checkAfter)]
        for case (let name, let value?) in limits where value < .zero {
            throw PostgresError(.invalidConfiguration, "\(name) is \(value); it must be zero or longer, or nil")
        }
        guard preparedStatements >= 0 else {
            throw PostgresError(
                .invalidConfiguration,
                "preparedStatements is \(preparedStatements); it must be 0 or more"
            )
        }
        for (name, value) in [
            ("connectTimeout", connectTimeout), ("acquireTimeout", acquireTimeout), ("listenerCheck", listenerCheck),
        ] {
            guard value > .zero else {
                throw PostgresError(.invalidConfiguration, "\(name) is \(value); it must be longer than zero")
            }
        }
        guard drain >= .zero else {
            throw PostgresError(.invalidConfiguration, "drain is \(drain); it must be zero or longer")
        }
        if let value = settings.values.first(where: { $0.value.contains("\0") }) {
            throw PostgresError(.invalidConfiguration, "The setting \(value.key) contains a NUL character")
        }
    }
}
