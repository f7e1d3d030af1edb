// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Jobs of one queue that were claimed and have not begun.
///
/// Bounded by what is claimed ahead.
final class JobBuffer: Sendable {
    private struct State {
        var jobs: [ClaimedJob] = []
        /// The first that has not been taken.
        var first = 0
        var waiters: [CheckedContinuation<ClaimedJob?, Never>] = []
        var isClosed = false

        mutating func take() -> ClaimedJob? {
            guard first < jobs.count else { return nil }
            defer {
                first += 1
                if first == jobs.count {
                    jobs.removeAll(keepingCapacity: true)
                    first = 0
                }
            }
            return jobs[first]
        }
    }

    private let state = Mutex(State())

    func add(_ jobs: [ClaimedJob]) {
        let ready = state.withLock { state in
            state.jobs += jobs
            var ready: [(CheckedContinuation<ClaimedJob?, Never>, ClaimedJob)] = []
            while !state.waiters.isEmpty, let job = state.take() { ready.append((state.waiters.removeLast(), job)) }
            return ready
        }
        for (waiter, job) in ready { waiter.resume(returning: job) }
    }

    /// The next job, in the order in which they were claimed; `nil` when the buffer is closed.
    func next() async -> ClaimedJob? {
        if let job = state.withLock({ $0.take() }) { return job }
        return await withCheckedContinuation { continuation in
            let found = state.withLock { state -> ClaimedJob?? in
                if let job = state.take() { return .some(job) }
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
            defer {
                state.jobs = []
                state.first = 0
                state.waiters = []
            }
            return (Array(state.jobs[state.first...]), state.waiters)
        }
        for waiter in waiters { waiter.resume(returning: nil) }
        return rest
    }
}
