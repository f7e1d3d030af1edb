// SPDX-License-Identifier: Apache-2.0

public import StitchService
import TelemetryData

/// Why telemetry could not be written or read.
public struct OTLPError: Error, Sendable, CustomStringConvertible {
    /// The kinds of failure; more may come, so a `switch` over codes needs a `default`.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The code's name.
        public let description: String

        /// A file could not be opened, read or written.
        public static let file = Code(description: "file")

        /// What was read, or was to be sent, is larger or nested more deeply than the limits allow.
        public static let tooLarge = Code(description: "too_large")

        /// What was read is not OTLP.
        public static let malformed = Code(description: "malformed")
    }

    /// What kind of failure it is.
    public var code: Code

    /// What was attempted, what went wrong and what to change.
    public var message: String

    /// What caused it.
    public var cause: (any Error)?

    /// Where the error was made.
    public var location: SourceLocation

    /// Whether trying again may help.
    public var isRetryable: Bool { code == .unreachable }

    /// The message.
    public var description: String { message }

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

    init(wrapping error: any Error) {
        switch error {
        case let error as OTLPError: self = error
        case let error as ProtobufError where error.code == .tooDeep || error.code == .tooMany:
            self.init(.tooLarge, "a message of OTLP goes beyond the limits: \(error)", cause: error)
        default: self.init(.malformed, "bytes are no message of OTLP in protobuf: \(error)", cause: error)
        }
    }
}
