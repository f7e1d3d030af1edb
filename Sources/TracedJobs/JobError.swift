// SPDX-License-Identifier: Apache-2.0

import StitchPostgres
public import StitchService

/// Why something with jobs did not work.
public struct JobError: Error, Sendable, CustomStringConvertible {
    /// The kinds of failure; more may come, so a `switch` over codes needs a `default`.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The code's name.
        public let description: String

        /// A setting can't be used.
        public static let invalidConfiguration = Code(description: "invalidConfiguration")
        /// The tables could not be made.
        public static let migrationFailed = Code(description: "migrationFailed")
        /// The job was not enqueued.
        public static let enqueueFailed = Code(description: "enqueueFailed")
        /// The job's data can't be written as JSON, or not read as the type that the handler takes.
        public static let invalidPayload = Code(description: "invalidPayload")
        /// Two handlers are registered for one kind.
        public static let duplicateHandler = Code(description: "duplicateHandler")
        /// A worker can be run once.
        public static let alreadyRunning = Code(description: "alreadyRunning")
        /// An attempt took longer than it may.
        public static let attemptTimedOut = Code(description: "attemptTimedOut")
        /// The database did not answer as a job queue does.
        public static let databaseFailed = Code(description: "databaseFailed")
        /// The database's clock can't be moved, so it is not a test's.
        public static let clockNotMovable = Code(description: "clockNotMovable")
    }

    /// What kind of failure it is.
    public var code: Code

    /// What was attempted, what went wrong and what to change, without secrets and without the job's data.
    public var message: String

    /// The error underneath, if there is one.
    public var cause: (any Error)?

    /// Where the error was made.
    public var location: SourceLocation

    /// Whether trying again after a moment may help.
    public var isRetryable: Bool { (cause as? PostgresError)?.isRetryable ?? false }

    /// Whether the database has no such schema, table or function: it was not migrated, or not to this version.
    var lacksTables: Bool { (cause as? PostgresError)?.lacksTables ?? false }

    /// Whether the role lacks a right.
    var lacksRights: Bool { (cause as? PostgresError)?.code.sqlState == "42501" }

    /// The message, and that of the error underneath.
    public var description: String { cause.map { "\(message): \($0)" } ?? message }

    init(_ code: Code, _ message: String, cause: (any Error)? = nil, location: SourceLocation = SourceLocation()) {
        self.code = code
        self.message = message
        self.cause = cause
        self.location = location
    }
}

extension PostgresError {
    /// Whether the database has no such schema, table or function.
    var lacksTables: Bool { ["3F000", "42P01", "42883"].contains(code.sqlState) }
}
