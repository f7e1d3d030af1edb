// SPDX-License-Identifier: Apache-2.0

import CStitchLibpq
import Foundation
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The one thread of the process that waits for the sockets of all connections, by epoll or kqueue.
///
/// Dispatch sources would do, but on Linux they say nothing when the other side hangs up. The thread is started for the
/// first connection and lives as long as the process.
final class SocketEvents: Sendable {
    typealias Token = UInt64

    private struct State {
        var handlers: [Token: @Sendable () -> Void] = [:]
        var nextToken: Token = 0
    }

    /// `nil` when the process had no file descriptor left for it.
    static let shared: SocketEvents? = SocketEvents()

    private let queue: Int32
    private let state = Mutex(State())

    private init?() {
        #if canImport(Darwin)
        queue = kqueue()
        #else
        queue = epoll_create1(Int32(EPOLL_CLOEXEC))
        #endif
        guard queue >= 0 else { return nil }
        let thread = Thread { [self] in
            while true { deliver() }
        }
        thread.name = "stitch-postgres"
        thread.start()
    }

    /// Has `handler` called, on the thread, when a socket that was armed with the token is ready or broken.
    func add(_ handler: @escaping @Sendable () -> Void) -> Token {
        state.withLock { state in
            state.nextToken += 1
            state.handlers[state.nextToken] = handler
            return state.nextToken
        }
    }

    private func handle(_ token: Token) {
        let handler = state.withLock { $0.handlers[token] }
        handler?()
    }

    #if canImport(Darwin)
    /// Asks for one event.
    func arm(_ descriptor: Int32, _ interest: SocketWatch.Interest, _ token: Token, isFirst: Bool) {
        var changes: [kevent] = []
        for (wanted, filter) in [(SocketWatch.Interest.read, EVFILT_READ), (.write, EVFILT_WRITE)]
        where interest.contains(wanted) {
            changes.append(
                kevent(
                    ident: UInt(descriptor),
                    filter: Int16(filter),
                    flags: UInt16(EV_ADD | EV_ONESHOT),
                    fflags: 0,
                    data: 0,
                    udata: UnsafeMutableRawPointer(bitPattern: UInt(token))
                )
            )
        }
        _ = kevent(queue, &changes, Int32(changes.count), nil, 0, nil)
    }

    /// Forgets a socket; call it before closing the descriptor.
    func remove(_ descriptor: Int32, _ token: Token) {
        // kqueue drops its events when the descriptor is closed.
        state.withLock { $0.handlers[token] = nil }
    }

    private func deliver() {
        var events = [kevent](repeating: kevent(), count: 64)
        let count = kevent(queue, nil, 0, &events, Int32(events.count), nil)
        for event in events.prefix(Int(max(count, 0))) { handle(Token(UInt(bitPattern: event.udata))) }
    }
    #else
    /// Asks for one event.
    func arm(_ descriptor: Int32, _ interest: SocketWatch.Interest, _ token: Token, isFirst: Bool) {
        var event = epoll_event()
        // Hang-ups and errors are always told.
        event.events = EPOLLONESHOT.rawValue
        if interest.contains(.read) { event.events |= EPOLLIN.rawValue | EPOLLRDHUP.rawValue }
        if interest.contains(.write) { event.events |= EPOLLOUT.rawValue }
        event.data.u64 = token
        _ = epoll_ctl(queue, isFirst ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, descriptor, &event)
    }

    /// Forgets a socket; call it before closing the descriptor.
    func remove(_ descriptor: Int32, _ token: Token) {
        // The socket may stay open through libpq's descriptor, so closing ours would not be enough.
        _ = epoll_ctl(queue, EPOLL_CTL_DEL, descriptor, nil)
        state.withLock { $0.handlers[token] = nil }
    }

    private func deliver() {
        var events = [epoll_event](repeating: epoll_event(), count: 64)
        let count = epoll_wait(queue, &events, Int32(events.count), -1)
        for event in events.prefix(Int(max(count, 0))) { handle(event.data.u64) }
    }
    #endif
}
