// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Synchronization

/// Stops one running statement when its task is cancelled or its time is over, and makes sure that the request can't hit
/// the next one.
final class StatementCancellation: Sendable {
    /// Why a statement is stopped.
    enum Reason: Sendable {
        case cancelled
        case timedOut
    }

    private enum State {
        case idle
        case asking(Reason, finished: CheckedContinuation<Void, Never>?)
        case asked(Reason)
        case over
    }

    /// How long the server may take to end a statement that it was told to stop, before the connection is broken.
    static let patience = Duration.seconds(10)

    private let state = Mutex(State.idle)
    private let handle: CancelHandle
    private let watch: SocketWatch
    private let patience: Duration

    init(_ handle: CancelHandle, _ watch: SocketWatch, patience: Duration = patience) {
        self.handle = handle
        self.watch = watch
        self.patience = patience
    }

    /// Sets the time after which the statement is stopped.
    ///
    /// - Returns: What is to be cancelled when the statement has ended.
    func alarm(after timeout: Duration) -> DispatchWorkItem {
        let alarm = DispatchWorkItem { [self] in request(.timedOut) }
        DispatchQueue.global().asyncAfter(deadline: .now() + timeout.dispatchInterval, execute: alarm)
        return alarm
    }

    /// Asks the server to stop the statement; does nothing when it has ended.
    func request(_ reason: Reason) {
        let begins = state.withLock { state in
            guard case .idle = state else { return false }
            state = .asking(reason, finished: nil)
            return true
        }
        guard begins else { return }
        DispatchQueue.global().asyncAfter(deadline: .now() + patience.dispatchInterval) { [self] in
            // Neither has the server ended the statement, nor, maybe, even taken the request.
            let isOver = state.withLock { if case .over = $0 { true } else { false } }
            if !isOver { watch.breakConnection() }
            asked(reason)
        }
        DispatchQueue.global().async { [self] in
            if !handle.cancel() { watch.breakConnection() }
            asked(reason)
        }
    }

    private func asked(_ reason: Reason) {
        let waiter = state.withLock { state in
            guard case .asking(_, let waiter) = state else { return nil as CheckedContinuation<Void, Never>? }
            state = .asked(reason)
            return waiter
        }
        waiter?.resume()
    }

    /// To be called when the statement has ended; waits until a request that is under way has arrived.
    ///
    /// - Returns: Why the server was asked to stop the statement; `nil` if it wasn't.
    func end() async -> Reason? {
        let isIdle = state.withLock { state in
            guard case .idle = state else { return false }
            state = .over
            return true
        }
        if isIdle { return nil }
        await withCheckedContinuation { continuation in
            let waits = state.withLock { state in
                guard case .asking(let reason, _) = state else { return false }
                state = .asking(reason, finished: continuation)
                return true
            }
            if !waits { continuation.resume() }
        }
        return state.withLock { state in
            defer { state = .over }
            if case .asked(let reason) = state { return reason }
            return nil
        }
    }
}
