// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Ends waits once it is set.
final class StopSignal: Sendable {
    private let state = Mutex<(isSet: Bool, task: Task<Void, Never>?)>((false, nil))

    /// Ends the wait that is under way and those to come.
    func set() {
        let task = state.withLock { state in
            state.isSet = true
            return state.task
        }
        task?.cancel()
    }

    /// Waits; `false` if it was ended before the time was over, by the signal or by the task's cancellation.
    func wait(_ duration: Duration) async -> Bool {
        let sleep = Task { _ = try? await Task.sleep(for: duration) }
        let isSet = state.withLock { state in
            state.task = sleep
            return state.isSet
        }
        if isSet { sleep.cancel() }
        await withTaskCancellationHandler {
            await sleep.value
        } onCancel: {
            sleep.cancel()
        }
        return !Task.isCancelled && !state.withLock { $0.isSet }
    }
}
