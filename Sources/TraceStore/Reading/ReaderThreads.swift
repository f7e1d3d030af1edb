// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Synchronization

/// Threads beside Swift's own that read, a few at a time; who comes later waits for one to be free.
final class ReaderThreads: Sendable {
    private let limit: Int
    private let queue = DispatchQueue(label: "stitch-store-reading", attributes: .concurrent)
    private let state = Mutex(State())

    private struct State {
        var running = 0
        var waiting: [@Sendable () -> Void] = []
    }

    /// So many threads, from 1.
    init(limit: Int) { self.limit = max(1, limit) }

    /// Runs a body on one of the threads.
    func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            start { continuation.resume(with: Swift.Result { try body() }) }
        }
    }

    private func start(_ job: @escaping @Sendable () -> Void) {
        let isFree = state.withLock { state in
            guard state.running < limit else {
                state.waiting.append(job)
                return false
            }
            state.running += 1
            return true
        }
        if isFree { queue.async { self.work(job) } }
    }

    /// Does a job, and then whatever waits.
    private func work(_ job: @Sendable () -> Void) {
        job()
        while let next = next() { next() }
    }

    private func next() -> (@Sendable () -> Void)? {
        state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.running -= 1
                return nil
            }
            return state.waiting.removeFirst()
        }
    }
}
