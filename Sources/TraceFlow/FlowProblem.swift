// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// Something that keeps a flow from being whole.
public struct FlowProblem: Sendable, Hashable, CustomStringConvertible {
    /// The kinds of problem; more may come, so a `switch` over kinds needs a `default`.
    public struct Kind: Sendable, Hashable, CustomStringConvertible {
        /// The kind's name.
        public let description: String

        /// A span links to one that isn't there.
        public static let danglingLink = Kind(description: "dangling-link")
        /// A span's parent isn't there.
        public static let orphan = Kind(description: "orphan")
        /// A message was processed without a link to the span that created it: its context was lost on the way.
        public static let missingCreationLink = Kind(description: "missing-creation-link")
        /// A second or later attempt has no link to the one before.
        public static let retryWithoutLink = Kind(description: "retry-without-link")
    }

    /// What kind of problem it is.
    public var kind: Kind

    /// The span that has it.
    public var span: SpanReference

    /// Which hop broke and how, in one sentence.
    public var description: String
}
