// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A value that is set once and may be awaited by any number of tasks, before and after.
final class OneTime<Value: Sendable>: Sendable {
    private enum State {
        case open([CheckedContinuation<Value, Never>])
        case set(Value)
    }

    private let state = Mutex(State.open([]))

    /// Sets the value; later calls change nothing.
    func set(_ value: Value) {
        let waiting = state.withLock { state -> [CheckedContinuation<Value, Never>] in
            guard case .open(let waiting) = state else { return [] }
            state = .set(value)
            return waiting
        }
        for continuation in waiting { continuation.resume(returning: value) }
    }

    /// Whether it is set.
    var isSet: Bool {
        state.withLock { state in
            if case .set = state { true } else { false }
        }
    }

    /// The value, once it is set.
    ///
    /// Cancellation doesn't end the wait: whoever sets the value has to.
    var value: Value {
        get async {
            await withCheckedContinuation { continuation in
                let value = state.withLock { state -> Value? in
                    switch state {
                    case .set(let value):
                        return value
                    case .open(let waiting):
                        state = .open(waiting + [continuation])
                        return nil
                    }
                }
                if let value { continuation.resume(returning: value) }
            }
        }
    }
}
