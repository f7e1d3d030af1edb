// SPDX-License-Identifier: Apache-2.0

import MessageTracing
import StitchService

/// Gives the database signs of life for the attempts that run, and rescues the jobs of workers that give none.
struct Heartbeat: Sendable {
    let store: JobStore
    let configuration: JobWorkerConfiguration
    let running: RunningAttempts
    let tally: JobTally

    /// Beats three times per lease until the task is cancelled; first after a third of a lease, since leases begin whole.
    func run() async {
        while true {
            do { try await Task.sleep(for: configuration.lease / 3) } catch { return }
            await beat()
        }
    }

    private func beat() async {
        do {
            let leases = running.leases
            if !leases.isEmpty {
                let held = try await store.prolong(leases, by: configuration.lease)
                // What such an attempt does from now on, another worker does too.
                let lost = Set(leases.values).subtracting(held)
                running.stop { lost.contains($0) }
            }
            try await rescueLostJobs(store, configuration, tally)
        } catch {
            tally.block("\(error)")
            Diagnostics.log(.warning, "The heartbeat of \(configuration.name) failed: \(error)")
        }
    }
}

/// Takes jobs from workers whose leases have expired, each with a `settle` span.
func rescueLostJobs(
    _ store: JobStore,
    _ configuration: JobWorkerConfiguration,
    _ tally: JobTally
) async throws(JobError) {
    let rescued = try await store.rescue(maximumLosses: configuration.maximumLosses)
    tally.countRescued(rescued.count)
    for job in rescued {
        Diagnostics.log(.warning, "Job \(job.id) was lost with worker \(job.worker)")
        // The attempt's own span was lost with its worker.
        SettleSpan(job.target, messageID: job.id.description, attempt: nil, reason: job.isDead ? "dead" : "rescue")
            .end()
    }
}
