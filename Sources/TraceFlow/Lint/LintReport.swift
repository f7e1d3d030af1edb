// SPDX-License-Identifier: Apache-2.0

/// All that was found.
public struct LintReport: Sendable, Hashable {
    /// What was found: the worst first, then in the order of the codes, then of the first span.
    public let findings: [LintFinding]

    /// How many spans are referred to and not there for a reason that is known, by reason.
    public let explainedEnds: [EndExplanation: Int]

    /// How many spans were looked at.
    public let spans: Int

    /// Why a span isn't there that another one refers to.
    public enum EndExplanation: String, Sendable, Hashable, CaseIterable {
        /// It was not sampled.
        case notSampled = "not sampled"
        /// It was lost with the worker that made it.
        case lostWithWorker = "lost with its worker"
        /// It is older than what is kept.
        case expired
        /// It may still arrive.
        case notArrived = "not arrived yet"
        /// It is of a trace that was too much to look at.
        case outside = "outside of what was looked at"

        /// The reason that a cause is; `nil` where nobody knows any.
        init?(_ cause: MissingEnd.Cause) {
            switch cause {
            case .notSampled: self = .notSampled
            case .lost: self = .lostWithWorker
            case .expired: self = .expired
            case .notArrived: self = .notArrived
            case .unexplained: return nil
            }
        }
    }

    /// Whether nothing was found that is as bad as this.
    public func isClean(of severity: LintCode.Severity = .note) -> Bool {
        !findings.contains { $0.severity <= severity }
    }
}
