// SPDX-License-Identifier: Apache-2.0

/// Why a store could not do what it was asked.
public struct StoreError: Error, Sendable, CustomStringConvertible {
    /// The kinds of error; more may come, so a `switch` needs a `default`.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The code's name.
        public let description: String

        /// An option of the configuration is not possible.
        public static let invalidConfiguration = Code(description: "invalid-configuration")
        /// The directory can't be read or written.
        public static let unavailable = Code(description: "unavailable")
        /// What is there was not written by a store, or was damaged.
        public static let damaged = Code(description: "damaged")
        /// A newer version wrote it.
        public static let newerFormat = Code(description: "newer-format")
        /// Another process writes to it.
        public static let locked = Code(description: "locked")
        /// The store can't search by that.
        public static let unsupportedSearch = Code(description: "unsupported-search")
        /// A received message is not one of OTLP.
        public static let malformed = Code(description: "malformed")
        /// A received message is larger than it may be, or holds too much.
        public static let tooLarge = Code(description: "too-large")
        /// The store was shut down.
        public static let closed = Code(description: "closed")
    }

    /// What kind of error it is.
    public let code: Code

    /// What was attempted, what was wrong, and what to change, in one sentence.
    public let message: String

    /// `code: message`.
    public var description: String { "\(code): \(message)" }

    /// An error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
