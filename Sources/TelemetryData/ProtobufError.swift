// SPDX-License-Identifier: Apache-2.0

/// Why bytes are no protobuf message that can be read.
public struct ProtobufError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of failure; more may come, so a `switch` over codes needs a `default`.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The code's name.
        public let description: String

        /// The bytes end within a field.
        public static let truncated = Code(description: "truncated")

        /// The bytes break the format.
        public static let malformed = Code(description: "malformed")

        /// Messages are nested more deeply than the reader was told to follow.
        public static let tooDeep = Code(description: "too_deep")

        /// There is more in the message than the reader was told to keep.
        public static let tooMany = Code(description: "too_many")
    }

    /// What kind of failure it is.
    public let code: Code

    /// What went wrong.
    public let message: String

    /// Whether trying again may help.
    public var isRetryable: Bool { false }

    /// The message.
    public var description: String { message }

    @usableFromInline
    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
