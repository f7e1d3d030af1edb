// SPDX-License-Identifier: Apache-2.0

import Dispatch
import MessageTracing
import StitchPostgres
public import StitchService
import Synchronization
import TelemetryAPI

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

    let store: JobStore
    let handlers = JobHandlers()
    let running = RunningAttempts()
    let tally = JobTally()
    let identity = WorkerIdentity()
    let wake = WakeSignal()
    let plan: Mutex<ClaimPlan>
    /// Makes the heart beat at once.
    private let order = WakeSignal()
    private let begun = Mutex(false)
    let stopping = Latch()
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
    /// - Throws: ``JobError/Code/duplicateHandler``, ``JobError/Code/alreadyRunning``, ``JobError/Code/migrationFailed`` if
    ///   the tables are missing or of another version. A database that can't be reached is waited for.
    public func run() async throws {
        let handlers = try handlers.checked()
        guard
            begun.withLock({ begun in
                defer { begun = true }
                return !begun
            })
        else {
            throw JobError(.alreadyRunning, "\(name) has been run before; make another worker")
        }
        defer { finished.open() }
        let outcome = await withTaskCancellationHandler {
            await work(handlers)
        } onCancel: {
            stopping.open()
            running.stopAll()
            wake.signal()
        }
        try outcome.get()
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

    // MARK: What it is made of

    private func work(_ handlers: [String: JobHandlers.Handler]) async -> Result<Void, JobError> {
        let kinds = handlers.keys.sorted()
        let registration: Registration
        do throws(JobError) {
            guard let registered = try await registerWhenPossible(kinds) else { return .success(()) }
            registration = registered
        } catch { return .failure(error) }
        let completions = makeCompletions()
        let runner = makeRunner(handlers, completions)
        let heartbeat = makeHeartbeat()
        let listener = JobListener(store, wake: wake, order: order)
        let buffers = configuration.queues.mapValues { _ in JobBuffer() }
        await withTaskGroup { attendants in
            attendants.addTask { await heartbeat.run() }
            attendants.addTask { await listener.run(registration) }
            await withTaskGroup { speaker in
                speaker.addTask { await completions.run() }
                await withTaskGroup { places in
                    for (queue, limit) in configuration.queues {
                        guard let buffer = buffers[queue] else { continue }
                        for _ in 0..<limit {
                            places.addTask { await runner.workOff(buffer) }
                        }
                    }
                    // Whoever starts after a crash need not wait for the first heartbeat.
                    do throws(JobError) { try await heartbeat.rescueLostJobs() } catch { tally.block(error.message) }
                    await claimJobs(into: buffers, kinds, listener)
                    for job in buffers.values.flatMap({ $0.close() }) {
                        completions.add(EndedAttempt(job, .unstarted, span: nil))
                    }
                }
                completions.close()
            }
            if let current = identity.current { try? await store.leave(current.worker) }
            attendants.cancelAll()
        }
        return .success(())
    }

    /// Registers as soon as the database is there; `nil` if the worker is stopped before.
    private func registerWhenPossible(_ kinds: [String]) async throws(JobError) -> Registration? {
        while !stopping.isOpen {
            do throws(JobError) { return try await register(kinds) } catch {
                guard error.isRetryable else { throw error }
                tally.block(error.message)
                Diagnostics.log(.warning, "\(name) can't begin: \(error)")
                await wake.wait(atMost: configuration.fallbackInterval)
            }
        }
        return nil
    }

    @discardableResult
    func register(_ kinds: [String]) async throws(JobError) -> Registration {
        let registration = try await store.register(configuration, kinds: kinds, reservesIDs: reservesIDs)
        identity.set(registration)
        return registration
    }

    /// Whether the tracer takes the ids that a claim reserves.
    var reservesIDs: Bool {
        let tracer = TelemetrySystem.tracer
        return tracer.isEnabled && tracer.reserving != nil
    }

    func makeCompletions() -> Completions {
        Completions(store, tally) { [self] ends in
            if let registration = identity.current, registration.worker == ends.first?.place.worker {
                registration.ended(ends.map(\.place.claim))
            }
            plan.withLock { plan in
                for ended in ends { plan.ended(in: ended.queue) }
            }
            wake.signal()
        }
    }

    func makeRunner(_ handlers: [String: JobHandlers.Handler], _ completions: Completions) -> AttemptRunner {
        AttemptRunner(
            configuration: configuration,
            handlers: handlers,
            running: running,
            completions: completions,
            identity: identity
        )
    }

    func makeHeartbeat() -> Heartbeat {
        Heartbeat(
            store: store,
            configuration: configuration,
            identity: identity,
            running: running,
            tally: tally,
            order: order,
            foundSolo: { [self] queues in
                plan.withLock { $0.found(solo: queues) }
                if !queues.isEmpty { wake.signal() }
            }
        )
    }
}
