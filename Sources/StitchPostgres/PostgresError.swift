// SPDX-License-Identifier: Apache-2.0

public import StitchService

/// Why something with Postgres did not work.
///
/// The message names the statement, never the values of its parameters and never a password.
public struct PostgresError: Error, Sendable, CustomStringConvertible {
    /// The kinds of failure; more may come, so a `switch` over codes needs a `default`.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The code's name, such as `connectionLost` or `server(23505)`.
        public let description: String

        /// The five characters with which the server classifies its error; `nil` when the server did not answer with one.
        public let sqlState: String?

        private init(_ name: String, sqlState: String? = nil) {
            description = name
            self.sqlState = sqlState
        }

        /// The address or an option of it cannot be used.
        public static let invalidConfiguration = Self("invalidConfiguration")
        /// No connection could be made.
        public static let connectionFailed = Self("connectionFailed")
        /// The connection broke; a statement that was under way may or may not have had its effect.
        public static let connectionLost = Self("connectionLost")
        /// The connection broke after a COMMIT was sent and before its answer came.
        ///
        /// The transaction may have been committed, or not: look for what it wrote before you run it again.
        public static let commitOutcomeUnknown = Self("commitOutcomeUnknown")
        /// A connection runs one statement at a time, and one is running.
        public static let connectionBusy = Self("connectionBusy")
        /// All connections of the pool were in use for longer than the configuration allows to wait.
        public static let poolTimedOut = Self("poolTimedOut")
        /// As many callers as the configuration allows wait for a connection of the pool already.
        public static let poolFull = Self("poolFull")
        /// The pool has been shut down.
        public static let poolClosed = Self("poolClosed")
        /// The task was cancelled; the server was told to stop the statement.
        public static let cancelled = Self("cancelled")
        /// A statement took longer than it may; the server was told to stop it.
        public static let timedOut = Self("timedOut")
        /// The value of a parameter cannot be sent.
        public static let invalidParameter = Self("invalidParameter")
        /// A column is missing or holds something else than was asked for.
        public static let decodingFailed = Self("decodingFailed")
        /// A transaction is open on the connection already, so that none can begin.
        public static let transactionOpen = Self("transactionOpen")
        /// The transaction was used after its closure had ended, or a statement in the closure has ended it.
        public static let transactionEnded = Self("transactionEnded")
        /// The server rolled back instead of committing, because an earlier error was not passed on.
        public static let transactionAborted = Self("transactionAborted")
        /// A pooler stands between this program and the server, and what was asked for needs a session of its own.
        public static let unsupportedByPooler = Self("unsupportedByPooler")
        /// An earlier statement of the batch failed.
        public static let notRun = Self("notRun")
        /// The statement needs a protocol that this client does not speak, such as COPY.
        public static let unsupportedStatement = Self("unsupportedStatement")

        /// The server refused a statement.
        ///
        /// - Parameter sqlState: Five characters, listed in the appendix "PostgreSQL Error Codes" of its manual.
        /// - Returns: The code, `server(…)`.
        public static func server(_ sqlState: String) -> Self { Self("server(\(sqlState))", sqlState: sqlState) }
    }

    /// What kind of failure it is.
    public var code: Code

    /// What was attempted, what went wrong and what to change, without secrets.
    public var message: String

    /// The error underneath, if there is one.
    public var cause: (any Error)?

    /// Where the error was made.
    public var location: SourceLocation

    /// Whether the same attempt, repeated as a whole after a moment, may work.
    ///
    /// Not where a transaction may have been committed without anybody being told: to run it again could do it twice.
    public var isRetryable: Bool {
        switch code {
        case .connectionFailed, .connectionLost, .poolTimedOut, .poolFull: return true
        default: break
        }
        guard let sqlState = code.sqlState else { return false }
        // "Statement completion unknown" and "transaction resolution unknown".
        if sqlState == "40003" || sqlState == "08007" { return false }
        // Connection trouble, serialisation failures and deadlocks, lack of resources, locks not to be had, a server
        // that stops or starts.
        return ["08", "40", "53"].contains { sqlState.hasPrefix($0) }
            || ["55P03", "57P01", "57P02", "57P03"].contains(sqlState)
    }

    /// The message and the code, with its name if the server's manual has one.
    public var description: String {
        guard let name = code.conditionName else { return "\(message) [\(code)]" }
        return "\(message) [\(code) \(name)]"
    }

    package init(
        _ code: Code,
        _ message: String,
        cause: (any Error)? = nil,
        location: SourceLocation = SourceLocation()
    ) {
        self.code = code
        self.message = message
        self.cause = cause
        self.location = location
    }
}
