// SPDX-License-Identifier: Apache-2.0

import MessageTracing
import StitchService

/// Rescues the jobs of workers that give no sign of life, and does what else has to be done now and then.
///
/// Beside the heart, which must not wait for what may take long.
struct JobMaintenance: Sendable {
    let store: JobStore
    let configuration: JobWorkerConfiguration
    let identity: WorkerIdentity
    let tally: JobTally

    /// After so many rounds, what looks at much is done as well.
    private static let roundsBetweenRareSteps = 100

    /// Goes round three times per lease until the task is cancelled; rescue and maintenance fail each for itself.
    ///
    /// - Parameter rescuing: Whether it rescues lost jobs as well. Where a test moves the clock, only whoever moves it knows
    ///   that between a beat and a rescue no lease ran out.
    func run(rescuing: Bool = true) async {
        var rounds = 0
        while true {
            try? await Task.sleep(for: configuration.lease / 3)
            if Task.isCancelled { return }
            rounds += 1
            if rescuing { await attempt(.rescue, "rescue") { () async throws(JobError) in try await rescueLostJobs() } }
            let isRare = rounds % Self.roundsBetweenRareSteps == 0
            await attempt(.maintenance, "maintenance") { () async throws(JobError) in
                try await store.maintain(MaintenanceStep.allCases.filter { isRare || !$0.isRare })
            }
        }
    }

    private func attempt(
        _ part: JobTally.Part,
        _ what: String,
        _ body: () async throws(JobError) -> Void
    ) async {
        do {
            try await body()
            tally.unblock(part)
        } catch {
            tally.block(part, "\(error)")
            Diagnostics.log(.warning, "The \(what) by \(configuration.name) failed: \(error)")
        }
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
