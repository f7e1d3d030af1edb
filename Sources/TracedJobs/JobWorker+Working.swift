// SPDX-License-Identifier: Apache-2.0

import MessageTracing
import StitchService
import Synchronization
import TelemetryAPI

extension JobWorker {
    /// Registers, and works until the worker is stopped and all that it holds has ended.
    func work(_ handlers: [String: KindHandler], _ kinds: KnownKinds) async -> Result<Void, JobError> {
        let registration: Registration
        do throws(JobError) {
            guard let registered = try await registerWhenPossible(kinds) else { return .success(()) }
            registration = registered
        } catch { return .failure(error) }
        let completions = makeCompletions()
        let runner = makeRunner(handlers, completions)
        let heartbeat = makeHeartbeat()
        let maintenance = makeMaintenance()
        let listener = JobListener(store, at: configuration.listener, wake: wake, order: order)
        let buffers = configuration.queues.mapValues { _ in JobBuffer<ClaimedJob>() }
        await withTaskGroup { attendants in
            attendants.addTask { await heartbeat.run() }
            attendants.addTask { await maintenance.run() }
            attendants.addTask { [gauges] in await gauges.run() }
            attendants.addTask { await listener.run(registration) }
            await withTaskGroup { speaker in
                speaker.addTask { await completions.run() }
                makeAttempts(at: buffers, runner)
                // Whoever starts after a crash need not wait for the first round.
                do throws(JobError) { try await maintenance.rescueLostJobs() } catch {
                    tally.block(.maintenance, error.message)
                }
                await claimJobs(into: buffers, kinds, listener)
                for job in buffers.values.flatMap({ $0.close() }) {
                    completions.add(EndedAttempt(job, .unstarted, span: nil))
                }
                completions.claimsEnded()
                await left.wait()
                completions.close()
            }
            let behind = running.jobs
            if behind.isEmpty { await leave() } else { abandon(behind) }
            attendants.cancelAll()
        }
        return .success(())
    }

    /// Makes attempts at all places until the buffers are closed, and opens `left` then.
    ///
    /// In a task that whoever waits for `left` waits for, unless a handler holds it up for too long.
    private func makeAttempts(at buffers: [String: JobBuffer<ClaimedJob>], _ runner: AttemptRunner) {
        Task { [left, configuration] in
            await withTaskGroup { places in
                for (queue, limit) in configuration.queues {
                    guard let buffer = buffers[queue] else { continue }
                    for _ in 0..<limit {
                        places.addTask { await runner.workOff(buffer) }
                    }
                }
            }
            left.open()
        }
    }

    /// Goes without a goodbye: jobs whose handlers don't end must not be given to others before the lease has run out.
    private func abandon(_ jobs: [JobID]) {
        if let current = identity.current { identity.forget(current) }
        let numbers = jobs.map(\.rawValue).sorted().map { String($0) }.joined(separator: ", ")
        Diagnostics.log(
            .error,
            "\(name) ends although the handlers of jobs \(numbers) go on, which were cancelled \(configuration.grace) ago; "
                + "others get these jobs when the lease (\(configuration.lease)) has run out. Let handlers heed cancellation, or "
                + "raise grace"
        )
    }

    /// Registers as soon as the database is there; `nil` if the worker is stopped before.
    private func registerWhenPossible(_ kinds: KnownKinds) async throws(JobError) -> Registration? {
        while !stopping.isOpen {
            do throws(JobError) { return try await register(kinds) } catch {
                guard error.isRetryable else { throw error }
                tally.block(.claims, error.message)
                Diagnostics.log(.warning, "\(name) can't begin: \(error)")
                await wake.wait(atMost: configuration.fallbackInterval)
            }
        }
        return nil
    }

    @discardableResult
    func register(_ kinds: KnownKinds) async throws(JobError) -> Registration {
        let registration = try await store.register(configuration, kinds: kinds, reservesIDs: reservesIDs)
        identity.set(registration)
        return registration
    }

    /// Says goodbye; the heart, which may still beat, has nobody to speak for from then on.
    func leave() async {
        guard let current = identity.current else { return }
        identity.forget(current)
        try? await store.leave(current.worker)
    }

    /// Whether the tracer takes the ids that a claim reserves.
    var reservesIDs: Bool {
        let tracer = TelemetrySystem.tracer
        return tracer.isEnabled && tracer.reserving != nil
    }

    var gauges: QueueGauges {
        QueueGauges(database: store.database, names: store.names, configuration: configuration)
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

    func makeRunner(_ handlers: [String: KindHandler], _ completions: Completions) -> AttemptRunner {
        AttemptRunner(handlers: handlers, running: running, completions: completions, identity: identity)
    }

    func makeMaintenance() -> JobMaintenance {
        JobMaintenance(store: store, configuration: configuration, identity: identity, tally: tally)
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
