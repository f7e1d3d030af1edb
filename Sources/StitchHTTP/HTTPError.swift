// SPDX-License-Identifier: Apache-2.0

public import StitchService

/// Why a server could not be started.
public struct HTTPError: Error, Sendable, CustomStringConvertible {
    /// The kinds of failure; more may come, so a `switch` over codes needs a `default`.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The code's name.
        public let description: String

        /// A setting is wrong; the message names it, its value and what would be right.
        public static let invalidConfiguration = Code(description: "invalidConfiguration")
        /// A route is wrong, or there twice; the message names it.
        public static let invalidRoute = Code(description: "invalidRoute")
        /// Another program, or another server of this one, listens at the address.
        public static let addressInUse = Code(description: "addressInUse")
        /// The address can't be listened at.
        public static let cannotListen = Code(description: "cannotListen")
    }

    /// What kind of failure it is.
    public var code: Code

    /// What was attempted, what went wrong and what would help, without secrets.
    public var message: String

    /// What made it fail, where that is an error of its own.
    public var cause: (any Error)?

    /// Whether trying the same again may help: when the address was in use, it may be free later.
    public var isRetryable: Bool { code == .addressInUse }

    /// Where the error was made.
    public var location: SourceLocation

    /// The message.
    public var description: String { cause.map { "\(message) (\($0))" } ?? message }

    init(
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
