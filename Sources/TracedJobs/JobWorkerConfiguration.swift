// SPDX-License-Identifier: Apache-2.0

import Foundation
public import MessageTracing
public import StitchPostgres

/// How a worker works.
public struct JobWorkerConfiguration: Sendable {
    /// The queues, each with the number of its jobs that run at once.
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
    /// The worker gives one three times in that time. At least 1 s.
    public var lease = Duration.seconds(30)

    /// How often the worker looks for jobs although it heard of none.
    public var fallbackInterval = Duration.seconds(5)

    /// Where the worker listens for new jobs; the queue's own database unless set.
    ///
    /// To listen takes a session, which a pooler in transaction mode has none of: behind one, give the address of the same
    /// database that leads past it. Without it the worker says so once, and looks for jobs every ``fallbackInterval``.
    public var listener: PostgresConfiguration?

    /// How long a shutdown lets handlers finish before it cancels them and gives their jobs back.
    public var drain = Duration.seconds(30)

    /// How long an attempt may take, or `nil` for as long as it takes.
    ///
    /// Then it is cancelled, and counts as failed. A kind may have a limit of its own, as it may have a retry policy and a
    /// continuation (``JobWorker/handle(_:retry:continuation:timeLimit:_:)``).
    public var attemptLimit: Duration?

    /// How long failed jobs wait.
    public var retry = RetryPolicy()

    /// After how many lost workers a job is dead.
    public var maximumLosses = 5

    /// Whether an attempt continues the trace that enqueued the job.
    public var continuation = ContinuationPolicy.default

    /// Works on these queues, each with the number of its jobs that run at once.
    public init(queues: [String: Int]) {
        self.queues = queues
    }

    func validate() throws(JobError) {
        guard !queues.isEmpty else {
            throw JobError(.invalidConfiguration, "A worker needs a queue, such as queues: [\"default\": 8]")
        }
        for (queue, limit) in queues where limit < 1 || queue.isEmpty {
            throw JobError(.invalidConfiguration, "Queue \"\(queue)\" can't run \(limit) jobs at once; 1 or more")
        }
        for text in queues.keys + [name] where text.utf8.contains(0) {
            throw JobError(
                .invalidConfiguration,
                "A worker and its queues need names without NUL, not \(text.debugDescription)"
            )
        }
        guard lease >= .seconds(1), fallbackInterval > .zero, drain >= .zero, maximumLosses >= 1, !name.isEmpty else {
            throw JobError(
                .invalidConfiguration,
                "The worker's lease (\(lease)) must be 1 s or longer, fallbackInterval (\(fallbackInterval)) longer than "
                    + "zero, drain (\(drain)) zero or longer, maximumLosses (\(maximumLosses)) 1 or more, its name not empty"
            )
        }
        guard attemptLimit.map({ $0 > .zero }) ?? true else {
            throw JobError(.invalidConfiguration, "The worker's attemptLimit must be longer than zero, or nil")
        }
        if let listener {
            do throws(PostgresError) { _ = try PostgresPool(listener) } catch {
                throw JobError(.invalidConfiguration, "The worker's listener can't be used", cause: error)
            }
        }
        try retry.validate()
    }
}
