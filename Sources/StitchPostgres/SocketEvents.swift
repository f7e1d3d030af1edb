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
///
/// It is an executor too: a task that prefers it goes on where its answer comes in, without another thread to be woken.
final class SocketEvents: TaskExecutor {
    typealias Token = UInt64

    private struct State {
        var handlers: [Token: @Sendable () -> Void] = [:]
        var nextToken: Token = 1
        var jobs: [UnownedJob] = []
        /// Whether the thread waits, or is about to, and nobody has woken it.
        var isWaiting = false
    }

    /// `nil` when the process had no file descriptor left for it.
    static let shared: SocketEvents? = SocketEvents()

    /// What wakes the thread.
    private static let wakeToken: Token = 0

    private let queue: Int32
    private let waker: Int32
    private let state = Mutex(State())

    private init?() {
        #if canImport(Darwin)
        queue = kqueue()
        waker = queue
        #else
        queue = epoll_create1(Int32(EPOLL_CLOEXEC))
        waker = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
        #endif
        guard queue >= 0, waker >= 0 else { return nil }
        prepareWaker()
        let thread = Thread { [self] in run() }
        thread.name = "stitch-postgres"
        thread.start()
    }

    /// Has `handler` called, on the thread, when a socket that was armed with the token is ready or broken.
    func add(_ handler: @escaping @Sendable () -> Void) -> Token {
        state.withLock { state in
            defer { state.nextToken += 1 }
            state.handlers[state.nextToken] = handler
            return state.nextToken
        }
    }

    // MARK: Jobs of tasks

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let wakes = state.withLock { state in
            state.jobs.append(job)
            defer { state.isWaiting = false }
            return state.isWaiting
        }
        if wakes { wake() }
    }

    private func run() {
        var running: [UnownedJob] = []
        while true {
            running.removeAll(keepingCapacity: true)
            state.withLock { state in
                swap(&running, &state.jobs)
                state.isWaiting = running.isEmpty
            }
            for job in running { job.runSynchronously(on: asUnownedTaskExecutor()) }
            // Who ran may have left more to run; then the sockets are only looked at.
            deliver(waits: running.isEmpty)
        }
    }

    /// Who is resumed from here on needs not wake the thread.
    private func stopWaiting() { state.withLock { $0.isWaiting = false } }

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

    private func deliver(waits: Bool) {
        var events = [kevent](repeating: kevent(), count: 64)
        var none = timespec()
        let count = kevent(queue, nil, 0, &events, Int32(events.count), waits ? nil : &none)
        if waits { stopWaiting() }
        for event in events.prefix(Int(max(count, 0))) { handle(Token(UInt(bitPattern: event.udata))) }
    }

    private func prepareWaker() { change(flags: EV_ADD | EV_CLEAR, fflags: 0) }

    private func wake() { change(flags: 0, fflags: NOTE_TRIGGER) }

    private func change(flags: Int32, fflags: UInt32) {
        var event = kevent(
            ident: 0,
            filter: Int16(EVFILT_USER),
            flags: UInt16(flags),
            fflags: fflags,
            data: 0,
            udata: nil
        )
        _ = kevent(queue, &event, 1, nil, 0, nil)
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

    private func deliver(waits: Bool) {
        withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: 64) { events in
            let count = epoll_wait(queue, events.baseAddress, Int32(events.count), waits ? -1 : 0)
            if waits { stopWaiting() }
            for event in events.prefix(Int(max(count, 0))) {
                if event.data.u64 == Self.wakeToken { clearWaker() } else { handle(event.data.u64) }
            }
        }
    }

    private func prepareWaker() {
        var event = epoll_event()
        event.events = EPOLLIN.rawValue
        event.data.u64 = Self.wakeToken
        _ = epoll_ctl(queue, EPOLL_CTL_ADD, waker, &event)
    }

    private func wake() { _ = eventfd_write(waker, 1) }

    private func clearWaker() {
        var count: eventfd_t = 0
        _ = eventfd_read(waker, &count)
    }
    #endif
}
