// SPDX-License-Identifier: Apache-2.0

/// A text that nobody may read in a log: printed, dumped or put into another text it is `<redacted>`.
///
/// ```swift
/// configuration.authentication = .scramSHA512(username: "billing", password: KafkaSecret(password))
/// ```
public struct KafkaSecret: Sendable, Hashable {
    /// The text itself.
    public var text: String

    /// Hides a text.
    public init(_ text: String) { self.text = text }
}

extension KafkaSecret: ExpressibleByStringLiteral {
    /// Hides a literal, as in tests.
    public init(stringLiteral value: String) { self.init(value) }
}

extension KafkaSecret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// `<redacted>`.
    public var description: String { "<redacted>" }

    /// `<redacted>`.
    public var debugDescription: String { description }

    /// Without the text: what `dump` prints.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
