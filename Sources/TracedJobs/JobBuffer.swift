// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Jobs of one queue that were claimed and have not begun.
///
/// Bounded by what is claimed ahead; keeps no job that it has handed out. Those who wait for one are woken one after the
/// other: who is woken takes a job, and wakes the next if there is more. So handlers that wait for something run side by
/// side, as many as there are places, and those that are done at once are called by the few tasks that processors have room
/// for, one after the other, without a change of task for each.
final class JobBuffer<Job: Sendable>: Sendable {
    /// Resumed with whether it is the one that was woken.
    private typealias Waiter = CheckedContinuation<Bool, Never>

    private struct State {
        var jobs = Backlog<Job>()
        var waiters: [Waiter] = []
        /// Whether somebody was woken who has not looked yet.
        var isWaking = false
        var isClosed = false

        /// Who is to be woken now.
        mutating func nextToWake() -> Waiter? {
            guard !isWaking, jobs.count > 0, let waiter = waiters.popLast() else { return nil }
            isWaking = true
            return waiter
        }
    }

    private let state = Mutex(State())

    func add(_ jobs: [Job]) {
        let waiter = state.withLock { state in
            state.jobs.add(jobs)
            return state.nextToWake()
        }
        waiter?.resume(returning: true)
    }

    /// The next job, in the order in which they were claimed; `nil` when the buffer is closed.
    func next() async -> Job? {
        var wasWoken = false
        while true {
            let (job, isClosed, waiter) = state.withLock { state in
                if wasWoken { state.isWaking = false }
                let job = state.jobs.take()
                return (job, state.isClosed, state.nextToWake())
            }
            waiter?.resume(returning: true)
            if let job { return job }
            if isClosed { return nil }
            wasWoken = await wait()
        }
    }

    /// Lets nobody have any more, and returns what nobody has begun.
    func close() -> [Job] {
        let (rest, waiters) = state.withLock { state in
            state.isClosed = true
            defer { state.waiters = [] }
            return (state.jobs.takeAll(), state.waiters)
        }
        for waiter in waiters { waiter.resume(returning: false) }
        return rest
    }

    private func wait() async -> Bool {
        await withCheckedContinuation { continuation in
            let mayWait = state.withLock { state in
                guard state.jobs.count == 0, !state.isClosed else { return false }
                state.waiters.append(continuation)
                return true
            }
            if !mayWait { continuation.resume(returning: false) }
        }
    }
}
