// SPDX-License-Identifier: Apache-2.0

/// How a transaction is to be run.
///
/// ```swift
/// try await database.withTransaction(.init(isolation: .serializable, attempts: 5)) { transaction in
///     // May run up to five times: do nothing in here that a rollback does not take back.
/// }
/// ```
public struct PostgresTransactionOptions: Sendable, Hashable {
    /// What a transaction sees of others.
    public enum Isolation: String, Sendable, Hashable {
        /// Each statement sees what was committed before it began.
        case readCommitted = "READ COMMITTED"
        /// All statements see what was committed before the first of them began.
        case repeatableRead = "REPEATABLE READ"
        /// As if transactions ran one after the other.
        case serializable = "SERIALIZABLE"
    }

    /// What it sees of others; `nil` leaves it to the server's default.
    public var isolation: Isolation?

    /// Whether it may change nothing.
    public var isReadOnly: Bool

    /// Whether a serialisable, read-only transaction waits at its beginning until it can't fail any more.
    public var isDeferrable: Bool

    /// How often it is run at most, 1 or more, when the server ends it because of a serialisation failure (40001) or a
    /// deadlock (40P01).
    public var attempts: Int

    /// How long each of its statements may take on the server; `nil` leaves it to the server's setting.
    public var statementTimeout: Duration?

    /// Describes a transaction.
    ///
    /// - Parameters:
    ///   - isolation: What it sees of others.
    ///   - isReadOnly: Whether it may change nothing.
    ///   - isDeferrable: Whether a serialisable, read-only transaction waits until it can't fail any more.
    ///   - attempts: How often it is run at most.
    ///   - statementTimeout: How long each of its statements may take on the server.
    public init(
        isolation: Isolation? = nil,
        isReadOnly: Bool = false,
        isDeferrable: Bool = false,
        attempts: Int = 1,
        statementTimeout: Duration? = nil
    ) {
        self.isolation = isolation
        self.isReadOnly = isReadOnly
        self.isDeferrable = isDeferrable
        self.attempts = attempts
        self.statementTimeout = statementTimeout
    }

    /// The statements that begin it.
    var beginning: String {
        var text = "BEGIN"
        if let isolation { text += " ISOLATION LEVEL \(isolation.rawValue)" }
        if isReadOnly { text += " READ ONLY" }
        if isDeferrable { text += " DEFERRABLE" }
        guard let statementTimeout else { return text }
        // 0 would mean none.
        let (seconds, attoseconds) = statementTimeout.components
        let milliseconds = seconds.multipliedReportingOverflow(by: 1000)
        let whole =
            milliseconds.overflow ? Int64(Int32.max) : milliseconds.partialValue + attoseconds / 1_000_000_000_000_000
        return text + "; SET LOCAL statement_timeout = \(min(max(whole, 1), Int64(Int32.max)))"
    }
}
