// SPDX-License-Identifier: Apache-2.0

import StitchPostgres
import StitchService

extension JobWorker {
    /// Works until nothing is left that is due, for tests; instead of ``run()``.
    ///
    /// - Parameter advancingTime: Whether to move the database's clock to the next job whenever nothing is due, until no
    ///   job is left. Only databases of the test kit have such a clock.
    /// - Throws: ``JobError``, such as ``JobError/Code/clockNotMovable``.
    public func drain(advancingTime: Bool = false) async throws(JobError) {
        let handlers = try handlers.checked(for: configuration)
        let kinds = try KnownKinds(handlers, usual: configuration.continuation)
        if advancingTime, !(try await store.hasMovableClock()) {
            throw JobError(
                .clockNotMovable,
                "Draining with advancingTime needs a database of the test kit (test.jobs()); this one has the real clock"
            )
        }
        try await register(kinds)
        let completions = makeCompletions()
        let runner = makeRunner(handlers, completions)
        let heartbeat = makeHeartbeat()
        let maintenance = makeMaintenance()
        let outcome = await withTaskGroup { group in
            group.addTask { await heartbeat.run() }
            group.addTask { await maintenance.run(rescuing: false) }
            let outcome: Result<Void, JobError>
            do throws(JobError) {
                while !Task.isCancelled {
                    try await heartbeat.beat()
                    try await maintenance.rescueLostJobs()
                    guard let jobs = try await claimRound(kinds) else { continue }
                    if jobs.isEmpty {
                        guard advancingTime, let due = try await store.nextDue(includingLeases: true) else { break }
                        try await store.advanceClock(to: due.time)
                        continue
                    }
                    await withTaskGroup { attempts in
                        for job in jobs {
                            attempts.addTask { [running] in await running.withPlace { await runner.run(job, at: $0) } }
                        }
                    }
                    await completions.flush()
                }
                outcome = .success(())
            } catch { outcome = .failure(error) }
            await gauges.measure()
            await leave()
            group.cancelAll()
            return outcome
        }
        try outcome.get()
    }

    /// The jobs of one round, or none because the worker was given up meanwhile and has to register anew.
    private func claimRound(_ kinds: KnownKinds) async throws(JobError) -> [ClaimedJob]? {
        let registration: Registration
        if let current = identity.current { registration = current } else { registration = try await register(kinds) }
        do throws(JobError) { return try await claimRound(as: registration) } catch {
            guard error.isWorkerUnknown else { throw error }
            identity.forget(registration)
            return nil
        }
    }

    /// As many jobs of each queue as run at once; one that has to be alone only if there are no others.
    private func claimRound(as registration: Registration) async throws(JobError) -> [ClaimedJob] {
        try await store.promote(for: registration)
        var jobs: [ClaimedJob] = []
        for (queue, limit) in configuration.queues.sorted(by: { $0.key < $1.key }) {
            jobs += try await claim(.init(queue: queue, count: min(limit, ClaimPlan.maximumBatch)), registration)
        }
        guard jobs.isEmpty else { return jobs }
        for queue in configuration.queues.keys.sorted() {
            jobs = try await claim(.init(queue: queue, count: 1, mode: .solo), registration)
            if !jobs.isEmpty { break }
        }
        return jobs
    }
}
