// SPDX-License-Identifier: Apache-2.0

/// Something that is wrong or could be better, once for each place where it is so.
public struct LintFinding: Sendable, Hashable, CustomStringConvertible {
    /// How many spans a finding names at most.
    public static let namedSpans = 10

    /// What kind of finding it is.
    public let code: LintCode

    /// The first spans that have it, in the order of their start.
    public let spans: [SpanReference]

    /// How many spans have it.
    public let count: Int

    /// Which hop has it and how, in one sentence; of the first span, if there are several.
    public let description: String

    /// How bad it is.
    public var severity: LintCode.Severity { code.severity }

    /// What it means and how it comes about.
    public var explanation: String { code.meaning + " " + code.cause }

    /// What to do.
    public var remedy: String { code.remedy }
}
