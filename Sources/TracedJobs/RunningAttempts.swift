// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The attempts that a worker is making now.
final class RunningAttempts: Sendable {
    /// Why an attempt was told to stop.
    enum Stop: Sendable { case shutdown, cancelled, timedOut }

    private struct State {
        var attempts: [ClaimedJob.Place: (job: JobID, task: Task<Void, any Error>)] = [:]
        /// Attempts that were told to stop, or that were never to begin.
        var stopped: [ClaimedJob.Place: Stop] = [:]
        var stopsAll = false
    }

    private let state = Mutex(State())

    func add(_ job: ClaimedJob, _ task: Task<Void, any Error>) {
        let stops = state.withLock { state in
            state.attempts[job.place] = (job.attempt.jobID, task)
            if state.stopsAll { state.stopped[job.place] = .shutdown }
            return state.stopsAll
        }
        if stops { task.cancel() }
    }

    /// Forgets an attempt that has ended.
    ///
    /// - Returns: Why it had been told to stop, if it had.
    func remove(_ job: ClaimedJob) -> Stop? {
        state.withLock { state in
            state.attempts[job.place] = nil
            return state.stopped.removeValue(forKey: job.place)
        }
    }

    func stop(where matches: (ClaimedJob.Place) -> Bool) {
        stop(.shutdown) { place, _ in matches(place) }
    }

    /// Stops one that has taken too long.
    func timeOut(_ place: ClaimedJob.Place) { stop(.timedOut) { known, _ in known == place } }

    /// Stops those at these jobs.
    func stop(_ jobs: Set<JobID>) {
        if !jobs.isEmpty { stop(.cancelled) { _, job in jobs.contains(job) } }
    }

    /// Stops all, also those that begin later.
    func stopAll() {
        state.withLock { $0.stopsAll = true }
        stop(.shutdown) { _, _ in true }
    }

    private func stop(_ reason: Stop, _ matches: (ClaimedJob.Place, JobID) -> Bool) {
        let tasks = state.withLock { state in
            let chosen = state.attempts.filter { matches($0.key, $0.value.job) }
            for place in chosen.keys where state.stopped[place] == nil { state.stopped[place] = reason }
            return chosen.values.map(\.task)
        }
        for task in tasks { task.cancel() }
    }
}
