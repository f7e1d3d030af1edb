// SPDX-License-Identifier: Apache-2.0

import Foundation
public import MessageTracing
public import StitchPostgres

/// How a worker works.
public struct JobWorkerConfiguration: Sendable {
    /// The queues, each with the number of its jobs that run at once, 1 to 10,000.
    ///
    /// Of jobs that are done fast the worker claims up to 1,024 more of each queue, and holds no others in memory; of slow
    /// ones it claims none ahead.
    public var queues: [String: Int]

    /// What the worker is called in the database; a random name unless set.
    ///
    /// No two workers may have the same one.
    public var name = "worker-\(UUID().uuidString.lowercased())"

    /// How long the database waits for a sign of life of the worker before it gives its jobs to others.
    ///
    /// The worker gives one three times in that time. From 1 s to a day.
    public var lease = Duration.seconds(30)

    /// How often the worker looks for jobs although it heard of none, 1 ms or more.
    public var fallbackInterval = Duration.seconds(5)

    /// Where the worker listens for new jobs; the queue's own database unless set.
    ///
    /// To listen takes a session, which a pooler in transaction mode has none of: behind one, give the address of the same
    /// database that leads past it. Without it the worker says so once, and looks for jobs every ``fallbackInterval``.
    public var listener: PostgresConfiguration?

    /// How long a shutdown lets handlers finish before it cancels them and gives their jobs back, zero or longer; more than a
    /// year is a year.
    public var drain = Duration.seconds(30)

    /// How long a handler may go on after it was cancelled, zero or longer.
    ///
    /// One that goes on for longer is warned of, and is in the worker's health as long as it keeps its place. A worker that
    /// stops waits no longer for it, and leaves its job to the lease.
    public var grace = Duration.seconds(30)

    /// How long an attempt may take, longer than zero, or `nil` for as long as it takes.
    ///
    /// Then it is cancelled, and counts as failed. A kind may have a limit of its own, as it may have a retry policy and a
    /// continuation (``JobWorker/handle(_:retry:continuation:timeLimit:_:)``).
    public var attemptLimit: Duration?

    /// How long failed jobs wait.
    public var retry = RetryPolicy()

    /// After how many lost workers a job is dead, 1 to 32,000.
    public var maximumLosses = 5

    /// Whether an attempt continues the trace that enqueued the job.
    public var continuation = ContinuationPolicy.default

    /// Works on these queues, each with the number of its jobs that run at once.
    public init(queues: [String: Int]) {
        self.queues = queues
    }
}
