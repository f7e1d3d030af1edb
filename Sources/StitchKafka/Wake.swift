// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Lets one task sleep until something happens.
///
/// A signal that comes while nobody sleeps is kept, several count as one.
///
/// May be signalled from librdkafka's threads while they hold locks: it only marks the task as ready to run.
final class Wake: Sendable {
    private enum State {
        case idle
        case signalled
        case sleeping(CheckedContinuation<Void, Never>)
    }

    private let state = Mutex(State.idle)

    func signal() {
        let sleeper = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard case .sleeping(let continuation) = state else {
                state = .signalled
                return nil
            }
            state = .idle
            return continuation
        }
        sleeper?.resume()
    }

    /// Sleeps until the next signal.
    ///
    /// Cancellation doesn't end the sleep: whoever cancels has to signal.
    func wait() async {
        await withCheckedContinuation { continuation in
            let isSignalled = state.withLock { state -> Bool in
                if case .signalled = state {
                    state = .idle
                    return true
                }
                state = .sleeping(continuation)
                return false
            }
            if isSignalled { continuation.resume() }
        }
    }
}
