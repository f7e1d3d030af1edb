// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A place where a worker makes one attempt after the other, and what stops the one that is made there now.
///
/// An attempt has no task of its own, which would cost more than all else that is done for a short one: it runs in the task
/// of its place. One that is told to stop takes that task with it, and the place goes on with another.
final class AttemptPlace: Sendable {
    /// Why an attempt was told to stop.
    enum Stop: Sendable { case shutdown, cancelled, timedOut }

    /// The task that runs at the place.
    ///
    /// `@unchecked Sendable` because all that is done with it is to cancel it, which any thread may while the task runs; it
    /// is let go before the task goes on to anything else.
    private struct Runner: @unchecked Sendable {
        let task: UnsafeCurrentTask
    }

    private struct State {
        var job: (place: ClaimedJob.Place, id: JobID)?
        var runner: Runner?
        var stop: Stop?
    }

    private let state = Mutex(State())

    /// Makes an attempt here, in the task that calls.
    ///
    /// - Returns: What `attempt` returns.
    func run<Value: Sendable>(_ job: ClaimedJob, _ attempt: () async -> Value) async -> Value {
        let runner = withUnsafeCurrentTask { task in task.map { Runner(task: $0) } }
        state.withLock { $0 = State(job: (job.place, job.attempt.jobID), runner: runner) }
        defer { state.withLock { $0 = State() } }
        return await attempt()
    }

    /// Stops the attempt that is made here, if it is one of those.
    func stop(_ reason: Stop, where matches: (ClaimedJob.Place, JobID) -> Bool) {
        state.withLock { state in
            guard let job = state.job, matches(job.place, job.id) else { return }
            if state.stop == nil { state.stop = reason }
            // Under the lock, so that the task is there yet.
            state.runner?.task.cancel()
        }
    }

    /// Why the attempt that is made here was told to stop, if it was; asked in its task.
    ///
    /// Who cancels the task of `run()` reaches attempts before the worker hears of it.
    var stopped: Stop? { state.withLock { $0.stop } ?? (Task.isCancelled ? .shutdown : nil) }
}
