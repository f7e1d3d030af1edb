// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The attempts that a worker is making now.
final class RunningAttempts: Sendable {
    private struct State {
        var attempts: [Int64: (job: JobID, task: Task<Void, any Error>)] = [:]
        /// Attempts that were told to stop, or that were never to begin.
        var stopped: Set<Int64> = []
        var stopsAll = false
    }

    private let state = Mutex(State())

    /// The leases to be prolonged.
    var leases: [JobID: Int64] {
        state.withLock { state in
            Dictionary(state.attempts.map { ($0.value.job, $0.key) }, uniquingKeysWith: { $1 })
        }
    }

    func add(_ job: ClaimedJob, _ task: Task<Void, any Error>) {
        let stops = state.withLock { state in
            state.attempts[job.lease] = (job.attempt.jobID, task)
            if state.stopsAll { state.stopped.insert(job.lease) }
            return state.stopsAll
        }
        if stops { task.cancel() }
    }

    /// Forgets an attempt that has ended.
    ///
    /// - Returns: Whether it had been told to stop.
    func remove(_ job: ClaimedJob) -> Bool {
        state.withLock { state in
            state.attempts[job.lease] = nil
            return state.stopped.remove(job.lease) != nil
        }
    }

    func stop(where matches: (Int64) -> Bool) {
        let tasks = state.withLock { state in
            let chosen = state.attempts.filter { matches($0.key) }
            state.stopped.formUnion(chosen.keys)
            return chosen.values.map(\.task)
        }
        for task in tasks { task.cancel() }
    }

    /// Stops all, also those that begin later.
    func stopAll() {
        state.withLock { $0.stopsAll = true }
        stop { _ in true }
    }
}
