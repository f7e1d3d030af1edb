// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Synchronization

/// Stops one running statement when its task is cancelled, and makes sure that the request can't hit the next one.
final class StatementCancellation: Sendable {
    private enum State {
        case idle
        case asking(finished: CheckedContinuation<Void, Never>?)
        case asked
        case over
    }

    /// How long the server may take to end a statement that it was told to stop, before the connection is broken.
    private static let patience = DispatchTimeInterval.seconds(10)

    private let state = Mutex(State.idle)
    private let handle: CancelHandle
    private let watch: SocketWatch

    init(_ handle: CancelHandle, _ watch: SocketWatch) {
        self.handle = handle
        self.watch = watch
    }

    /// Asks the server to stop the statement; does nothing when it has ended.
    func request() {
        let begins = state.withLock { state in
            guard case .idle = state else { return false }
            state = .asking(finished: nil)
            return true
        }
        guard begins else { return }
        DispatchQueue.global().async { [self] in
            if !handle.cancel() { watch.breakConnection() }
            let waiter = state.withLock { state in
                guard case .asking(let waiter) = state else { return nil as CheckedContinuation<Void, Never>? }
                state = .asked
                return waiter
            }
            waiter?.resume()
        }
        DispatchQueue.global().asyncAfter(deadline: .now() + Self.patience) { [self] in
            let isOver = state.withLock { if case .over = $0 { true } else { false } }
            if !isOver { watch.breakConnection() }
        }
    }

    /// To be called when the statement has ended; waits until a request that is under way has arrived.
    ///
    /// - Returns: Whether the server was asked to stop the statement.
    func end() async -> Bool {
        await withCheckedContinuation { continuation in
            let waits = state.withLock { state in
                guard case .asking = state else { return false }
                state = .asking(finished: continuation)
                return true
            }
            if !waits { continuation.resume() }
        }
        return state.withLock { state in
            defer { state = .over }
            if case .asked = state { return true }
            return false
        }
    }
}
