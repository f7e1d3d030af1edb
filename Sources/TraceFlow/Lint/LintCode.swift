// SPDX-License-Identifier: Apache-2.0

/// A kind of finding, with what it means, how it comes about and what to do.
///
/// The identifier is stable: it may stand in the configuration of a CI. More codes may come.
public struct LintCode: Sendable, Hashable, CustomStringConvertible {
    /// How bad it is.
    public enum Severity: String, Sendable, Hashable, CaseIterable, Comparable {
        /// A flow is torn, or what is told of it is wrong.
        case error
        /// Something is probably wrong, or will be dear.
        case warning
        /// Something could be better.
        case note

        /// The worst comes first.
        public static func < (a: Self, b: Self) -> Bool { a.rank < b.rank }

        private var rank: Int {
            switch self {
            case .error: 0
            case .warning: 1
            case .note: 2
            }
        }
    }

    /// The code, as `dangling-link`.
    public let id: String

    /// How bad it is.
    public let severity: Severity

    /// What it means.
    public let meaning: String

    /// How it comes about.
    public let cause: String

    /// What to do.
    public let remedy: String

    /// The code.
    public var description: String { id }

    /// All codes, in the order in which findings of the same severity are told.
    public static let all: [LintCode] = links + messages + spans

    /// The code of that identifier.
    public static func named(_ id: String) -> LintCode? { all.first { $0.id == id } }
}

extension LintCode {
    init(_ id: String, _ severity: Severity, means meaning: String, from cause: String, remedy: String) {
        self.init(id: id, severity: severity, meaning: meaning, cause: cause, remedy: remedy)
    }
}
