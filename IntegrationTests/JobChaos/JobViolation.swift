// SPDX-License-Identifier: Apache-2.0

/// Something that must not happen to a job, and did.
struct JobViolation: Sendable, CustomStringConvertible {
    enum Rule: String, Sendable, CaseIterable {
        case lost = "a job that was committed is not finished"
        case enqueuedTwice = "a job was enqueued once, and is there twice"
        case rolledBackRun = "a job was rolled back, and is there or was run"
        case claimedTwice = "a ticket is in two claims"
        case receiptDiffers = "a receipt counts other tickets than it holds"
        case completedTwice = "an attempt was completed twice"
        case completedUnclaimed = "something was completed that nobody had claimed"
        case completedUndone = "an attempt was completed that nobody made"
        case completionLost = "a completion that was seen is gone"
        case runAfterCompletion = "a job was completed, and then run again"
        case lostAndCompleted = "an attempt was completed, and ended otherwise too"
        case passedOver = "a job began while one of a higher priority was ready"
        case tooEarly = "a job began before it was due"
        case madeUnclaimed = "an attempt was made more often than it was claimed"
        case twoAtOnce = "two workers made the same attempt at once"
        case wrongAttempt = "a job was done by another attempt than the one that succeeds"
        case deadWithoutPoison = "a job is dead that did nobody harm"
        case poisonAlive = "a job that traps its process is not dead"
        case twoOfAKey = "two jobs had one key at once"
        case leaseLeft = "a lease is left"
        case viewDiffers = "the view of jobs says something else than the tables"
    }

    var rule: Rule
    /// What it is about, and what is known of it.
    var job: Int?
    var detail: String

    var description: String { "\(rule.rawValue): \(detail)" }
}
