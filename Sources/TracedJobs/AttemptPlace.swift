// SPDX-License-Identifier: Apache-2.0

import Dispatch
import StitchService
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
        var job: ClaimedJob?
        var runner: Runner?
        var stop: Stop?
        /// Whether it was told to stop long ago.
        var isIgnoring = false
    }

    /// How long an attempt may go on that was told to stop, before that is told.
    private let grace: Duration
    private let state = Mutex(State())

    init(grace: Duration) { self.grace = grace }

    /// Makes an attempt here, in the task that calls.
    ///
    /// - Returns: What `attempt` returns.
    func run<Value: Sendable>(_ job: ClaimedJob, _ attempt: () async -> Value) async -> Value {
        let runner = withUnsafeCurrentTask { task in task.map { Runner(task: $0) } }
        state.withLock { $0 = State(job: job, runner: runner) }
        defer { state.withLock { $0 = State() } }
        return await attempt()
    }

    /// Stops the attempt that is made here, if it is one of those.
    func stop(_ reason: Stop, where matches: (ClaimedJob.Place, JobID) -> Bool) {
        let stopped = state.withLock { state -> ClaimedJob.Place? in
            guard let job = state.job, matches(job.place, job.attempt.jobID) else { return nil }
            let isFirst = state.stop == nil
            if isFirst { state.stop = reason }
            // Under the lock, so that the task is there yet.
            state.runner?.task.cancel()
            return isFirst ? job.place : nil
        }
        guard let stopped else { return }
        DispatchQueue.global().asyncAfter(deadline: .now() + .upTo(grace)) { [weak self] in
            self?.tellIfIgnored(by: stopped)
        }
    }

    /// Why the attempt that is made here was told to stop, if it was; asked in its task.
    ///
    /// Who cancels the task of `drain()` reaches attempts before the worker hears of it.
    var stopped: Stop? { state.withLock { $0.stop } ?? (Task.isCancelled ? .shutdown : nil) }

    /// The job at which an attempt is made here.
    var job: JobID? { state.withLock { $0.job?.attempt.jobID } }

    /// The same, if the attempt was told to stop and ignores that.
    var ignoring: JobID? { state.withLock { $0.isIgnoring ? $0.job?.attempt.jobID : nil } }

    private func tellIfIgnored(by attempt: ClaimedJob.Place) {
        let found = state.withLock { state -> (JobAttempt, Stop)? in
            guard let job = state.job, job.place == attempt, let stop = state.stop else { return nil }
            state.isIgnoring = true
            return (job.attempt, stop)
        }
        guard let (attempt, stop) = found else { return }
        let reason =
            switch stop {
            case .shutdown: "the worker stops, or has lost it to others"
            case .cancelled: "somebody cancelled it"
            case .timedOut: "it took longer than it may"
            }
        Diagnostics.log(
            .warning,
            "Job \(attempt.jobID) (\(attempt.queue)/\(attempt.kind)) was told to stop \(grace) ago, because \(reason), and goes "
                + "on: its handler ignores cancellation, and keeps a place of its queue for as long"
        )
    }
}
