// SPDX-License-Identifier: Apache-2.0

import StitchPostgres
import StitchService
import Synchronization

/// Gives the database signs of life.
///
/// On a connection of its own, since handlers may keep all of the pool's for longer than a lease.
struct Heartbeat: Sendable {
    let store: JobStore
    let configuration: JobWorkerConfiguration
    let identity: WorkerIdentity
    let running: RunningAttempts
    let tally: JobTally
    /// Beats at once.
    let order: WakeSignal
    /// Told which queues have jobs that are to be claimed alone.
    let foundSolo: @Sendable (Set<String>) -> Void

    /// Beats three times per lease until the task is cancelled; first after a third of a lease, since leases begin whole.
    ///
    /// A connection that fails, or on which a beat takes longer than that, is made anew; where none can be had, it beats on
    /// one of the pool's.
    func run() async {
        let interval = configuration.lease / 3
        var failures = 0
        while !Task.isCancelled {
            var isConnected = false
            do {
                try await store.database.withConnectionOfItsOwn(answeringWithin: interval) { connection in
                    isConnected = true
                    if failures > 0 { try await beat(on: connection) }
                    while true {
                        failures = 0
                        await order.wait(atMost: interval)
                        if Task.isCancelled { return }
                        try await beat(on: connection)
                    }
                }
            } catch {
                if Task.isCancelled { return }
                tally.block(.heart, "\(error)")
                Diagnostics.log(.warning, "The heartbeat of \(configuration.name) failed: \(error)")
                if !isConnected { try? await beat() }
                // At once after the first failure, then ever more slowly.
                try? await Task.sleep(for: min(.milliseconds(50) * failures * failures, interval / 2))
                failures += 1
            }
        }
    }

    /// Gives one sign of life.
    ///
    /// A worker that was given up stops its attempts, since others make them anew.
    ///
    /// - Parameter connection: Where; on one of the pool's unless given.
    /// - Throws: ``JobError``.
    func beat(on connection: PostgresConnection? = nil) async throws(JobError) {
        guard let registration = identity.current else { return }
        let claims = registration.claims
        let pulse = try await store.beat(registration.worker, holding: claims, on: connection)
        tally.unblock(.heart)
        guard let pulse else {
            identity.forget(registration)
            running.stop { $0.worker == registration.worker }
            Diagnostics.log(
                .warning,
                "Worker \(configuration.name) gave no sign of life in time, and lost its jobs to others"
            )
            return
        }
        running.stop(pulse.stop)
        foundSolo(Set(registration.queues.filter { pulse.solo.contains($0.value) }.keys))
    }
}

/// Under which id a worker claims; another one after it was given up.
final class WorkerIdentity: Sendable {
    private let state = Mutex<Registration?>(nil)

    var current: Registration? { state.withLock { $0 } }

    func set(_ registration: Registration) { state.withLock { $0 = registration } }

    /// Forgets a registration that was given up, unless there is another already.
    func forget(_ registration: Registration) {
        state.withLock { if $0?.worker == registration.worker { $0 = nil } }
    }
}
