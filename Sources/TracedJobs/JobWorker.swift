// SPDX-License-Identifier: Apache-2.0

import Dispatch
public import MessageTracing
public import StitchService
import Synchronization

/// Carries out the jobs of queues.
///
/// **Contract.** Register all handlers before ``run()``. Jobs of kinds that have no handler here are left to workers that
/// know them. Each job is attempted at least once: a worker that is killed, or cut off from the database for longer than
/// its lease, loses its jobs to another worker, and whatever it says about them afterwards has no effect; the span of such
/// an attempt is the one that the other makes. ``shutdown()``
/// claims nothing more, lets handlers finish within `drain`, then cancels them and gives their jobs back, which counts as
/// no attempt; cancelling the task of `run()` does that at once. Until they have ended the worker keeps its lease. A handler
/// that ignores cancellation delays the end, for ``JobWorkerConfiguration/grace`` at most: then its job is left to the lease,
/// and to whoever rescues it.
///
/// A handler steers its job by what it throws: ``JobControl``, or any other error, after which the job is tried again
/// later (``RetryPolicy``) until its attempts are used up.
///
/// ```swift
/// let worker = try JobWorker(jobs, queues: ["default": 8])
///     .handle(SendReceipt.self) { job, attempt in try await mailer.send(job.orderID) }
/// ```
public final class JobWorker: Service {
    /// How the worker was set up.
    public let configuration: JobWorkerConfiguration

    let store: JobStore
    let handlers = JobHandlers()
    let running: RunningAttempts
    let tally = JobTally()
    let identity = WorkerIdentity()
    let wake = WakeSignal()
    let plan: Mutex<ClaimPlan>
    /// Makes the heart beat at once.
    let order = WakeSignal()
    private let begun = Mutex(false)
    let stopping = Latch()
    /// Opened when no attempt is made any more, or none is waited for.
    let left = Latch()
    private let finished = Latch()

    /// Makes a worker with the default settings.
    ///
    /// - Parameters:
    ///   - jobs: The queues' database.
    ///   - queues: The queues, each with the number of its jobs that run at once.
    /// - Throws: ``JobError/Code/invalidConfiguration``.
    public convenience init(_ jobs: JobQueue, queues: [String: Int]) throws(JobError) {
        try self.init(jobs, JobWorkerConfiguration(queues: queues))
    }

    /// Makes a worker.
    ///
    /// - Throws: ``JobError/Code/invalidConfiguration``.
    public init(_ jobs: JobQueue, _ configuration: JobWorkerConfiguration) throws(JobError) {
        try configuration.validate()
        self.configuration = configuration
        plan = Mutex(ClaimPlan(limits: configuration.queues, patience: configuration.lease))
        running = RunningAttempts(grace: configuration.grace)
        store = JobStore(database: jobs.database, names: jobs.names)
    }

    /// Registers what carries out the jobs of one kind, under its aliases too.
    ///
    /// What can't be used, and a name that is registered twice, is refused by ``run()``.
    ///
    /// - Parameters:
    ///   - type: The jobs.
    ///   - retry: How long failed jobs of the kind wait; as the worker's configuration says unless given.
    ///   - continuation: Whether attempts continue the trace that enqueued the job; likewise.
    ///   - timeLimit: How long an attempt may take, longer than zero; likewise (``JobWorkerConfiguration/attemptLimit``).
    ///   - body: Carries out one job; several run at once. The span of the attempt is current in it.
    /// - Returns: The worker.
    @discardableResult
    public func handle<Description: Job>(
        _ type: Description.Type,
        retry: RetryPolicy? = nil,
        continuation: ContinuationPolicy? = nil,
        timeLimit: Duration? = nil,
        _ body: @escaping @Sendable (Description, JobAttempt) async throws -> Void
    ) -> JobWorker {
        handlers.add(type, .init(retry: retry, continuation: continuation, timeLimit: timeLimit), body)
        return self
    }

    /// What the worker has done since it was made.
    public var counts: JobCounts { tally.counts }

    /// `JobWorker(default, mail)`.
    public var name: String { "JobWorker(\(configuration.queues.keys.sorted().joined(separator: ", ")))" }

    /// When an attempt ended last, why the database can't be asked, and which handlers keep their places although they were
    /// told to stop.
    public var health: ServiceHealth { tally.health(ignoring: running.ignoring) }

    /// Works until it is shut down or the task is cancelled.
    ///
    /// - Throws: ``JobError/Code/duplicateHandler``, ``JobError/Code/invalidConfiguration`` for a handler that can't be used,
    ///   ``JobError/Code/alreadyRunning``, ``JobError/Code/migrationFailed`` if the tables are missing or of another version.
    ///   A database that can't be reached is waited for.
    public func run() async throws {
        let handlers = try handlers.checked(for: configuration)
        let kinds = try KnownKinds(handlers, usual: configuration.continuation)
        guard
            begun.withLock({ begun in
                defer { begun = true }
                return !begun
            })
        else {
            throw JobError(.alreadyRunning, "\(name) has been run before; make another worker")
        }
        defer { finished.open() }
        // In a task that nobody cancels: who is cancelled must not lose its lease while its handlers clean up.
        let working = Task { await work(handlers, kinds) }
        let outcome = await withTaskCancellationHandler {
            await working.value
        } onCancel: {
            stopping.open()
            stopAttempts()
            wake.signal()
        }
        try outcome.get()
    }

    /// Claims nothing more, lets handlers finish within `drain`, then cancels them and gives their jobs back.
    public func shutdown() async {
        stopping.open()
        wake.signal()
        guard begun.withLock({ $0 }) else { return }
        let alarm = DispatchWorkItem { [self] in stopAttempts() }
        DispatchQueue.global().asyncAfter(deadline: .now() + .upTo(configuration.drain), execute: alarm)
        await finished.wait()
        alarm.cancel()
    }

    /// Cancels the handlers, and waits for them no longer than `grace`.
    private func stopAttempts() {
        running.stopAll()
        DispatchQueue.global().asyncAfter(deadline: .now() + .upTo(configuration.grace)) { [left] in left.open() }
    }
}
