// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// How far one side may go before the other has caught up.
///
/// One task asks; any may raise or close.
final class Credit: Sendable {
    private struct State {
        var limit: Int
        var isClosed = false
        var waiting: (position: Int, continuation: CheckedContinuation<Bool, Never>)?
    }

    private let state: Mutex<State>

    init(_ limit: Int) {
        state = Mutex(State(limit: limit))
    }

    var isClosed: Bool { state.withLock { $0.isClosed } }

    /// Waits until the limit is above a position; `false` if it was closed before.
    func reaches(_ position: Int) async -> Bool {
        await withCheckedContinuation { continuation in
            let answer = state.withLock { state -> Bool? in
                if state.isClosed { return false }
                if position < state.limit { return true }
                state.waiting = (position, continuation)
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    func raise(to limit: Int) {
        let ready = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            state.limit = max(state.limit, limit)
            guard let waiting = state.waiting, waiting.position < state.limit else { return nil }
            state.waiting = nil
            return waiting.continuation
        }
        ready?.resume(returning: true)
    }

    func close() {
        let waiting = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            state.isClosed = true
            defer { state.waiting = nil }
            return state.waiting?.continuation
        }
        waiting?.resume(returning: false)
    }
}
