// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The requests that wait for work that somebody else does, each with a number by which the work finds back to it.
final class Replies: Sendable {
    /// Nobody has done the work in time.
    struct Missing: Error {}

    /// How long a request waits: longer than the work may take.
    static let patience = Duration.seconds(20)

    private struct State {
        var lastRequest = 0
        var waiting: [Int: AsyncStream<[CallFailure]>.Continuation] = [:]
    }

    private let state = Mutex(State())

    /// Hands work on and waits for its outcome.
    ///
    /// - Parameter pass: Hands the work on under the number that it is given.
    /// - Returns: The outcome.
    /// - Throws: ``Missing``, or what `pass` throws.
    func outcome(_ pass: @escaping @Sendable (Int) async throws -> Void) async throws -> [CallFailure] {
        let (outcomes, outcome) = AsyncStream.makeStream(of: [CallFailure].self, bufferingPolicy: .bufferingOldest(1))
        let request = state.withLock { state in
            state.lastRequest += 1
            state.waiting[state.lastRequest] = outcome
            return state.lastRequest
        }
        defer { state.withLock { _ = $0.waiting.removeValue(forKey: request) } }
        return try await withThrowingTaskGroup(of: [CallFailure].self) { group in
            group.addTask {
                try await pass(request)
                for await failures in outcomes { return failures }
                throw CancellationError()
            }
            group.addTask {
                try await Task.sleep(for: Self.patience)
                throw Missing()
            }
            defer { group.cancelAll() }
            return try await group.next() ?? []
        }
    }

    /// Tells a request that its work is done, unless it no longer waits or has been told before.
    func give(_ failures: [CallFailure], to request: Int) {
        let outcome = state.withLock { $0.waiting[request] }
        outcome?.yield(failures)
    }
}
