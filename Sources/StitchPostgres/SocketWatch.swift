// SPDX-License-Identifier: Apache-2.0

import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Suspends a task until a socket can be read or written; no thread waits for it alone.
///
/// One task waits at a time. The watch has a descriptor of its own for the socket, because libpq closes its own at any
/// moment, and a number that was closed may belong to another file.
final class SocketWatch: Sendable {
    struct Interest: OptionSet, Sendable {
        let rawValue: Int
        static let read = Self(rawValue: 1)
        static let write = Self(rawValue: 2)
    }

    private struct State {
        var token: SocketEvents.Token = 0
        var wasArmed = false
        var waiter: CheckedContinuation<Void, Never>?
        var isWoken = false
        var isClosed = false
    }

    private let descriptor: Int32
    private let events: SocketEvents
    private let state = Mutex(State())

    /// Watches a socket, which stays with its owner.
    ///
    /// - Returns: `nil` when the process has no descriptor left.
    init?(socket: Int32) {
        let descriptor = fcntl(socket, F_DUPFD_CLOEXEC, 0)
        guard descriptor >= 0 else { return nil }
        guard let events = SocketEvents.shared else {
            Self.close(descriptor)
            return nil
        }
        self.descriptor = descriptor
        self.events = events
        let token = events.add { [weak self] in self?.wake(sticky: false) }
        state.withLock { $0.token = token }
    }

    deinit { close() }

    /// Returns when the socket is ready or broken; sometimes for no reason.
    func wait(for interest: Interest) async {
        await withCheckedContinuation { continuation in
            let goesOn = state.withLock { state in
                guard !state.isWoken, !state.isClosed, state.waiter == nil else {
                    state.isWoken = false
                    return true
                }
                state.waiter = continuation
                events.arm(descriptor, interest, state.token, isFirst: !state.wasArmed)
                state.wasArmed = true
                return false
            }
            if goesOn { continuation.resume() }
        }
    }

    /// Ends the wait.
    ///
    /// - Parameter sticky: Whether the next wait is to end too, when nobody waits yet.
    func wake(sticky: Bool = true) {
        let waiter = state.withLock { state in
            defer { state.waiter = nil }
            if state.waiter == nil, sticky { state.isWoken = true }
            return state.waiter
        }
        waiter?.resume()
    }

    /// Breaks the connection under libpq: its next read sees the end.
    func breakConnection() {
        state.withLock { state in
            if !state.isClosed { _ = shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
        wake()
    }

    /// Gives up the socket and ends the wait.
    func close() {
        let waiter = state.withLock { state in
            guard !state.isClosed else { return nil as CheckedContinuation<Void, Never>? }
            state.isClosed = true
            events.remove(descriptor, state.token)
            Self.close(descriptor)
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    private static func close(_ descriptor: Int32) {
        #if canImport(Darwin)
        _ = Darwin.close(descriptor)
        #elseif canImport(Musl)
        _ = Musl.close(descriptor)
        #else
        _ = Glibc.close(descriptor)
        #endif
    }
}
