// SPDX-License-Identifier: Apache-2.0

import Dispatch
import MessageTracing
import StitchPostgres
public import StitchService
import Synchronization

/// Carries out the jobs of queues.
///
/// **Contract.** Register all handlers before ``run()``. Jobs of kinds that have no handler here are left to workers that
/// know them. Each job is attempted at least once: a worker that is killed, or cut off from the database for longer than
/// its lease, loses its jobs to another worker, and whatever it says about them afterwards has no effect. ``shutdown()``
/// claims nothing more, lets handlers finish within `drain`, then cancels them and gives their jobs back, which counts as
/// no attempt; cancelling the task of `run()` does that at once. A handler that ignores cancellation delays the end.
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

    private let store: JobStore
    private let handlers = JobHandlers()
    private let running = RunningAttempts()
    private let tally = JobTally()
    private let wake = WakeSignal()
    private let plan: Mutex<ClaimPlan>
    private let begun = Mutex(false)
    private let stopping = Latch()
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
        plan = Mutex(ClaimPlan(limits: configuration.queues))
        store = JobStore(database: jobs.database, names: jobs.names)
    }

    /// Registers what carries out the jobs of one kind; a kind that is registered twice is refused by ``run()``.
    ///
    /// - Parameters:
    ///   - type: The jobs.
    ///   - body: Carries out one job; several run at once. The span of the attempt is current in it.
    /// - Returns: The worker.
    @discardableResult
    public func handle<Description: Job>(
        _ type: Description.Type,
        _ body: @escaping @Sendable (Description, JobAttempt) async throws -> Void
    ) -> JobWorker {
        handlers.add(type, body)
        return self
    }

    /// What the worker has done since it was made.
    public var counts: JobCounts { tally.counts }

    /// `JobWorker(default, mail)`.
    public var name: String { "JobWorker(\(configuration.queues.keys.sorted().joined(separator: ", ")))" }

    /// When an attempt ended last, and why the database can't be asked.
    public var health: ServiceHealth { tally.health }

    /// Works until it is shut down or the task is cancelled.
    ///
    /// - Throws: ``JobError/Code/duplicateHandler``, ``JobError/Code/alreadyRunning``. A database that can't be reached is
    ///   waited for.
    public func run() async throws {
        let runner = try makeRunner()
        guard
            begun.withLock({ begun in
                defer { begun = true }
                return !begun
            })
        else {
            throw JobError(.alreadyRunning, "\(name) has been run before; make another worker")
        }
        defer { finished.open() }
        await withTaskCancellationHandler {
            await withHeartbeat(listening: true) { await claimAndRun(runner) }
        } onCancel: {
            stopping.open()
            running.stopAll()
            wake.signal()
        }
    }

    /// Claims nothing more, lets handlers finish within `drain`, then cancels them and gives their jobs back.
    public func shutdown() async {
        stopping.open()
        wake.signal()
        guard begun.withLock({ $0 }) else { return }
        let alarm = DispatchWorkItem { [running] in running.stopAll() }
        let drain = DispatchTimeInterval.milliseconds(Int((configuration.drain.inSeconds * 1000).rounded(.up)))
        DispatchQueue.global().asyncAfter(deadline: .now() + drain, execute: alarm)
        await finished.wait()
        alarm.cancel()
    }

    /// Works until nothing is left that is due, for tests; instead of ``run()``.
    ///
    /// - Parameter advancingTime: Whether to move the database's clock to the next job whenever nothing is due, until no
    ///   job is left. Only databases of the test kit have such a clock.
    /// - Throws: ``JobError``, such as ``JobError/Code/clockNotMovable``.
    public func drain(advancingTime: Bool = false) async throws(JobError) {
        let runner = try makeRunner()
        if advancingTime, !(try await store.hasMovableClock()) {
            throw JobError(
                .clockNotMovable,
                "Draining with advancingTime needs a database of the test kit (test.jobs()); this one has the real clock"
            )
        }
        let queues = Array(configuration.queues.keys)
        let kinds = Array(runner.handlers.keys)
        let wishes = ClaimPlan(limits: configuration.queues).wishes
        let outcome = await withHeartbeat(listening: false) { () async -> Result<Void, JobError> in
            do throws(JobError) {
                while !Task.isCancelled {
                    try await rescueLostJobs(store, configuration, tally)
                    // Asked before the claim, so that no job can become due unseen between the two.
                    let due = try await store.nextDue(queues: queues, kinds: kinds, includingLeases: true)
                    let jobs = try await store.claim(
                        wishes,
                        kinds: kinds,
                        worker: configuration.name,
                        lease: configuration.lease
                    )
                    if jobs.isEmpty {
                        guard advancingTime, let due else { break }
                        try await store.advanceClock(to: due.time)
                        continue
                    }
                    await withTaskGroup { group in
                        for job in jobs { group.addTask { await runner.run(job) } }
                    }
                }
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try outcome.get()
    }

    /// Keeps leases alive, and listens for jobs if wanted, while `work` runs.
    private func withHeartbeat<Value>(listening: Bool, _ work: () async -> Value) async -> Value {
        await withTaskGroup { group in
            let heartbeat = Heartbeat(store: store, configuration: configuration, running: running, tally: tally)
            group.addTask { await heartbeat.run() }
            if listening {
                let listener = JobListener(store: store, wake: wake)
                group.addTask { await listener.run() }
            }
            let value = await work()
            group.cancelAll()
            return value
        }
    }

    private func makeRunner() throws(JobError) -> AttemptRunner {
        AttemptRunner(
            store: store,
            configuration: configuration,
            handlers: try handlers.checked(),
            running: running,
            tally: tally
        )
    }

    private func claimAndRun(_ runner: AttemptRunner) async {
        let queues = Array(configuration.queues.keys)
        let kinds = Array(runner.handlers.keys)
        await withDiscardingTaskGroup { group in
            // Whoever starts after a crash need not wait for the first heartbeat.
            try? await rescueLostJobs(store, configuration, tally)
            while !stopping.isOpen {
                let wishes = plan.withLock { $0.wishes }
                guard !wishes.isEmpty else {
                    await wake.wait(atMost: configuration.fallbackInterval)
                    continue
                }
                do throws(JobError) {
                    // Asked before the claim, so that no job can become due unseen between the two.
                    let due = try await store.nextDue(queues: queues, kinds: kinds)
                    let jobs = try await store.claim(
                        wishes,
                        kinds: kinds,
                        worker: configuration.name,
                        lease: configuration.lease
                    )
                    tally.block(nil)
                    var claimed: [String: Int] = [:]
                    for job in jobs {
                        claimed[job.attempt.queue, default: 0] += 1
                        plan.withLock { $0.started(in: job.attempt.queue) }
                        group.addTask { [self] in
                            await runner.run(job)
                            plan.withLock { $0.ended(in: job.attempt.queue) }
                            wake.signal()
                        }
                    }
                    let next = plan.withLock {
                        $0.next(
                            claimed: claimed,
                            of: wishes,
                            due: due?.distance,
                            fallback: configuration.fallbackInterval
                        )
                    }
                    if case .sleep(let time) = next { await wake.wait(atMost: time) }
                } catch {
                    tally.block(error.message)
                    Diagnostics.log(.warning, "\(name) can't get jobs: \(error)")
                    await wake.wait(atMost: configuration.fallbackInterval)
                }
            }
        }
    }
}
