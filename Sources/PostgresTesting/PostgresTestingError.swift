// SPDX-License-Identifier: Apache-2.0

public import StitchService

/// Why a Postgres for tests is not to be had.
public struct PostgresTestingError: Error, Sendable, CustomStringConvertible {
    /// The kinds of failure; more may come, so a `switch` over codes needs a `default`.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The code's name.
        public let description: String

        /// The machine has no Postgres server to start.
        public static let serverNotInstalled = Code(description: "serverNotInstalled")
        /// Postgres is there but did not start.
        public static let serverFailed = Code(description: "serverFailed")
        /// A database for the test could not be made.
        public static let databaseFailed = Code(description: "databaseFailed")
    }

    /// What kind of failure it is.
    public var code: Code

    /// What was attempted, what went wrong and what to change.
    public var message: String

    /// The error underneath, if there is one.
    public var cause: (any Error)?

    /// Where the error was made.
    public var location: SourceLocation

    /// Whether trying again may help.
    public var isRetryable: Bool { code == .serverFailed }

    /// The message.
    public var description: String { message }

    init(_ code: Code, _ message: String, cause: (any Error)? = nil, location: SourceLocation = SourceLocation()) {
        self.code = code
        self.message = message
        self.cause = cause
        self.location = location
    }
}
