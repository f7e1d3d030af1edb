// SPDX-License-Identifier: Apache-2.0

public import Foundation

/// One attempt at a job, as its handler sees it.
public struct JobAttempt: Sendable, Hashable {
    /// The job.
    public var jobID: JobID

    /// The queue that it was in.
    public var queue: String

    /// The job's kind.
    public var kind: String

    /// Which attempt it is, from 1.
    ///
    /// Snoozing, being given back and being rescued don't count.
    public var number: Int

    /// After how many attempts the job is given up.
    public var maximumAttempts: Int

    /// How often a worker was lost with the job.
    public var losses: Int

    /// When the job was enqueued, by the database's clock.
    public var createdAt: Date

    /// When the job was first due, by the database's clock.
    public var scheduledAt: Date

    /// Whether the job is given up if this attempt fails.
    public var isLast: Bool { number >= maximumAttempts }
}
