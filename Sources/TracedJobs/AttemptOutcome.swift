// SPDX-License-Identifier: Apache-2.0

/// How an attempt ended, numbered as the database does (`outcome_name()`).
enum AttemptOutcome: Int, Sendable, CustomStringConvertible {
    case succeeded = 0
    case failed = 1
    case snoozed = 3
    case cancelled = 4
    case discarded = 5
    case returned = 6
    /// No handler knows the job's kind.
    case left = 7
    /// Claimed, and never begun.
    case unstarted = 8

    var description: String {
        switch self {
        case .succeeded: "succeeded"
        case .failed: "failed"
        case .snoozed: "snoozed"
        case .cancelled: "cancelled"
        case .discarded: "discarded"
        case .returned: "returned"
        case .left: "left"
        case .unstarted: "unstarted"
        }
    }
}
