// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What a test has made for itself, and what is to be done when it ends.
final class TestResources: Sendable {
    typealias CleanUp = @Sendable () async throws -> Void

    private struct State {
        var cleanUps: [CleanUp] = []
        var made: [String: Task<any Sendable, any Error>] = [:]
    }

    private let state = Mutex(State())

    func add(_ cleanUp: @escaping CleanUp) {
        state.withLock { $0.cleanUps.append(cleanUp) }
    }

    func value(
        of name: String,
        _ make: @escaping @Sendable () async throws -> any Sendable
    ) async throws -> any Sendable {
        // Whoever asks awaits the task, so it ends before the test does.
        let task = state.withLock { state in
            let task = state.made[name] ?? Task { try await make() }
            state.made[name] = task
            return task
        }
        return try await task.value
    }

    func finish() async throws {
        var failure: (any Error)?
        while let cleanUp = state.withLock({ $0.cleanUps.popLast() }) {
            do { try await cleanUp() } catch { failure = failure ?? error }
        }
        if let failure { throw failure }
    }
}
