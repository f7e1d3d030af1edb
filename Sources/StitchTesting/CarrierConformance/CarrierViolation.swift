// SPDX-License-Identifier: Apache-2.0

/// A rule that a carrier broke: in which case, and how.
public struct CarrierViolation: Error, Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible {
    /// The rules; more may come, so a `switch` over rules needs a `default`.
    public struct Rule: Sendable, Hashable, CustomStringConvertible {
        /// The rule in a few words.
        public let description: String

        /// Every legal context arrives as it was written.
        public static let roundTrip = Rule(description: "round trip")
        /// What other programs may legally write is read.
        public static let reading = Rule(description: "reading")
        /// After writing there is exactly one of each field, and all else is as it was.
        public static let replacement = Rule(description: "replacement")
        /// After writing there is no field of an older context.
        public static let leftovers = Rule(description: "leftovers")
        /// A carrier without fields changes nothing.
        public static let emptyCarrier = Rule(description: "empty carrier")
        /// Repeated fields are read as the kind of carrier has it.
        public static let duplicates = Rule(description: "duplicates")
        /// What is too long does no harm.
        public static let oversize = Rule(description: "oversize")
        /// What is not legal is no context, and costs no other field.
        public static let garbage = Rule(description: "garbage")
        /// `traceparent` of a later version is read by its first 55 characters.
        public static let versions = Rule(description: "versions")
        /// The fixture does what it says.
        public static let fixture = Rule(description: "fixture")
    }

    /// The rule that was broken.
    public var rule: Rule

    /// The case in which it was, in a few words.
    public var name: String

    /// What should have been.
    public var expected: String

    /// What was.
    public var found: String

    /// Rule, case, expected and found, in one sentence.
    public var description: String { "\(rule), \(name): expected \(expected), found \(found)" }

    /// The description on a line of its own, because a failed expectation shows all violations.
    public var debugDescription: String { "\n- \(description)" }
}

/// Texts from outside as a sentence can hold them.
enum Excerpt {
    private static let longest = 160

    static func of(_ text: String) -> String {
        let count = text.utf8.count
        if count <= longest { return text.debugDescription }
        return "\(String(text.prefix(longest)).debugDescription)… (\(count) bytes)"
    }

    static func of(_ field: CarrierField) -> String {
        "\(field.name): \(field.text.map(of) ?? "\(field.value.count) bytes that are no UTF-8")"
    }

    static func of(_ fields: [CarrierField]) -> String {
        guard !fields.isEmpty else { return "no fields" }
        let shown = fields.prefix(8).map { of($0) }.joined(separator: "; ")
        return "[\(shown)\(fields.count > 8 ? "; … \(fields.count) in all" : "")]"
    }
}
