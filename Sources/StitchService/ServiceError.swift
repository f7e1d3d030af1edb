// SPDX-License-Identifier: Apache-2.0

/// Why a group of services could not be run.
public struct ServiceError: Error, Sendable, CustomStringConvertible {
    /// The kinds of failure; more may come, so a `switch` over codes needs a `default`.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The code's name.
        public let description: String

        /// A service's `run()` returned although nobody had stopped it.
        public static let endedEarly = Code(description: "endedEarly")
    }

    /// What kind of failure it is.
    public var code: Code

    /// What was attempted and what went wrong, without secrets.
    public var message: String

    /// Where the error was made.
    public var location: SourceLocation

    /// Whether trying again may help: never, a service that ended stays ended.
    public var isRetryable: Bool { false }

    /// The message.
    public var description: String { message }

    init(_ code: Code, _ message: String, location: SourceLocation = SourceLocation()) {
        self.code = code
        self.message = message
        self.location = location
    }
}
