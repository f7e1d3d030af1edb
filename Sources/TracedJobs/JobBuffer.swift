// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Jobs of one queue that were claimed and have not begun.
///
/// Bounded by what is claimed ahead; keeps no job that it has handed out.
final class JobBuffer: Sendable {
    private struct State {
        var jobs = Backlog<ClaimedJob>()
        var waiters: [CheckedContinuation<ClaimedJob?, Never>] = []
        var isClosed = false
    }

    private let state = Mutex(State())

    func add(_ jobs: [ClaimedJob]) {
        let ready = state.withLock { state in
            state.jobs.add(jobs)
            var ready: [(CheckedContinuation<ClaimedJob?, Never>, ClaimedJob)] = []
            while !state.waiters.isEmpty, let job = state.jobs.take() {
                ready.append((state.waiters.removeLast(), job))
            }
            return ready
        }
        for (waiter, job) in ready { waiter.resume(returning: job) }
    }

    /// The next job, in the order in which they were claimed; `nil` when the buffer is closed.
    func next() async -> ClaimedJob? {
        if let job = state.withLock({ $0.jobs.take() }) { return job }
        return await withCheckedContinuation { continuation in
            let found = state.withLock { state -> ClaimedJob?? in
                if let job = state.jobs.take() { return .some(job) }
                if state.isClosed { return .some(nil) }
                state.waiters.append(continuation)
                return nil
            }
            if let found { continuation.resume(returning: found) }
        }
    }

    /// Lets nobody have any more, and returns what nobody has begun.
    func close() -> [ClaimedJob] {
        let (rest, waiters) = state.withLock { state in
            state.isClosed = true
            defer { state.waiters = [] }
            return (state.jobs.takeAll(), state.waiters)
        }
        for waiter in waiters { waiter.resume(returning: nil) }
        return rest
    }
}
