// SPDX-License-Identifier: Apache-2.0

import MessageTracing
import StitchService
import Synchronization

/// Gives the database signs of life, rescues the jobs of workers that give none, and does what else has to be done now and
/// then.
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

    /// After so many beats, old tickets of queues that nobody works on are moved.
    private static let beatsBetweenMoves = 100

    /// Beats three times per lease until the task is cancelled; first after a third of a lease, since leases begin whole.
    ///
    /// - Parameter rescuing: Whether it rescues lost jobs as well. Where a test moves the clock, only whoever moves it knows
    ///   that between a beat and a rescue no lease ran out.
    func run(rescuing: Bool = true) async {
        var beats = 0
        while true {
            await order.wait(atMost: configuration.lease / 3)
            if Task.isCancelled { return }
            do {
                try await beat()
                if rescuing { try await rescueLostJobs() }
                beats += 1
                try await store.maintain(movingOldTickets: beats % Self.beatsBetweenMoves == 0)
            } catch {
                tally.block("\(error)")
                Diagnostics.log(.warning, "The heartbeat of \(configuration.name) failed: \(error)")
            }
        }
    }

    /// Gives one sign of life.
    ///
    /// A worker that was given up stops its attempts, since others make them anew.
    func beat() async throws(JobError) {
        guard let registration = identity.current else { return }
        guard let pulse = try await store.beat(registration.worker, holding: registration.claims) else {
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

    /// Takes jobs from workers whose leases have run out, each with its span and a `settle` span.
    func rescueLostJobs() async throws(JobError) {
        let rescued = try await store.rescue(maximumLosses: configuration.maximumLosses)
        tally.countRescued(rescued.count)
        let known = identity.current.map { Array($0.kinds.values) } ?? []
        for job in rescued {
            job.tell()
            JobMetrics.lost(job, known)
        }
        if !rescued.isEmpty { LostWork.exportSoon() }
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
