// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchPostgres

/// A job on its way into the database, checked.
struct NewJob: Sendable {
    let queue: String
    let kind: String
    let payload: [UInt8]
    let delay: Duration
    let priority: JobPriority
    let maximumAttempts: Int
    let unique: JobUniqueness?

    /// The largest number that a ticket holds, and some to spare.
    static let attemptLimit = 32_000

    /// A thousand years: what is later is a mistake, and beyond the times that all versions of Postgres can tell apart.
    static let longestDelay = Duration.seconds(31_557_600_000)

    init<Description: Job>(
        _ job: Description,
        _ queue: String,
        _ delay: Duration,
        _ maximumAttempts: Int,
        priority: JobPriority = .normal,
        unique: JobUniqueness? = nil
    ) throws(JobError) {
        let kind = Description.kind
        try Self.check(queue: queue, kind: kind, delay, maximumAttempts)
        if let unique {
            var isKeyStorable = true
            if case .text(let text) = unique.key { isKeyStorable = !text.utf8.contains(0) }
            guard unique.period.map({ $0 >= .seconds(1) }) ?? true, isKeyStorable else {
                throw JobError(
                    .invalidConfiguration,
                    "A \(kind) job can't be unique by \(unique): a period is a second or longer, and there is no NUL in a key"
                )
            }
        }
        let encoder = JSONEncoder()
        // The same data has to be the same bytes where it is a key.
        encoder.outputFormatting = .sortedKeys
        do { payload = Array(try encoder.encode(job)) } catch {
            throw JobError(.invalidPayload, "The data of a \(kind) job can't be written as JSON", cause: error)
        }
        self.queue = queue
        self.kind = kind
        self.delay = delay
        self.priority = priority
        self.maximumAttempts = maximumAttempts
        self.unique = unique
    }

    /// Refuses what no job can have.
    static func check(
        queue: String,
        kind: String,
        _ delay: Duration,
        _ maximumAttempts: Int
    ) throws(JobError) {
        guard !queue.isEmpty, !kind.isEmpty, !queue.utf8.contains(0), !kind.utf8.contains(0) else {
            throw JobError(
                .invalidConfiguration,
                "A job needs a queue and a kind, without NUL: queue \"\(queue)\", kind \"\(kind)\""
            )
        }
        guard delay >= .zero, delay <= Self.longestDelay, (1...Self.attemptLimit).contains(maximumAttempts) else {
            throw JobError(
                .invalidConfiguration,
                "A \(kind) job can't be enqueued after \(delay) for \(maximumAttempts) attempts; 0 to 1000 years, "
                    + "and 1 to \(Self.attemptLimit)"
            )
        }
    }

    /// Whether the job is written as a ticket and no more.
    var isPlain: Bool { delay == .zero && unique == nil }
}
