// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Synchronization

/// Wakes the one task that waits; a signal that comes when nobody waits wakes the next wait.
///
/// Several count as one.
final class WakeSignal: Sendable {
    private struct State {
        var isSignalled = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    func signal() {
        let waiter = state.withLock { state in
            defer { state.waiter = nil }
            if state.waiter == nil { state.isSignalled = true }
            return state.waiter
        }
        waiter?.resume()
    }

    /// Returns after a signal, after the time, or when the task is cancelled.
    func wait(atMost time: Duration) async {
        let alarm = DispatchWorkItem { [self] in signal() }
        defer { alarm.cancel() }
        DispatchQueue.global().asyncAfter(deadline: .now() + .upTo(time), execute: alarm)
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let goesOn = state.withLock { state in
                    guard !state.isSignalled, !Task.isCancelled else {
                        state.isSignalled = false
                        return true
                    }
                    state.waiter = continuation
                    return false
                }
                if goesOn { continuation.resume() }
            }
        } onCancel: {
            signal()
        }
    }
}
