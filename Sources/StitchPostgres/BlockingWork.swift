// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Synchronization

/// Runs what may block (names to resolve, password files to read) on a thread outside the cooperative pool.
func blocking<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
        DispatchQueue.global().async { continuation.resume(returning: work()) }
    }
}

/// Runs what may block, and waits no longer than until a certain time, or until the task is cancelled.
///
/// The work goes on then, by itself, and what it holds is let go of when it has ended.
///
/// - Returns: What the work returned; `nil` when nobody waited for it.
func blocking<Value: Sendable>(
    until deadline: ContinuousClock.Instant,
    _ work: @escaping @Sendable () -> Value
) async -> Value? {
    let race = Race<Value>()
    let alarm = DispatchWorkItem { race.settle(nil) }
    let remaining = max(deadline - ContinuousClock.now, .zero)
    DispatchQueue.global().asyncAfter(deadline: .now() + remaining.dispatchInterval, execute: alarm)
    defer { alarm.cancel() }
    return await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
            guard race.begin(continuation) else { return continuation.resume(returning: nil) }
            DispatchQueue.global().async { race.settle(work()) }
        }
    } onCancel: {
        race.settle(nil)
    }
}

/// Takes the first of several answers.
private final class Race<Value: Sendable>: Sendable {
    private enum State {
        case ready
        case waiting(CheckedContinuation<Value?, Never>)
        case over
    }

    private let state = Mutex(State.ready)

    /// Takes who waits, unless it is over already.
    func begin(_ waiter: CheckedContinuation<Value?, Never>) -> Bool {
        state.withLock { state in
            guard case .ready = state else { return false }
            state = .waiting(waiter)
            return true
        }
    }

    func settle(_ value: Value?) {
        let waiter = state.withLock { state -> CheckedContinuation<Value?, Never>? in
            defer { state = .over }
            if case .waiting(let waiter) = state { return waiter }
            return nil
        }
        waiter?.resume(returning: value)
    }
}
