// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Synchronization

/// The I/O shell round ``PoolState``: makes, hands out, takes back and closes connections.
final class ConnectionLeases: Sendable {
    struct Lease: Sendable {
        let id: PoolState.ConnectionID
        let connection: PostgresConnection
    }

    private struct Shell {
        var pool: PoolState
        var connections: [PoolState.ConnectionID: PostgresConnection] = [:]
        var waiters: [PoolState.WaiterID: CheckedContinuation<PoolState.Grant?, Never>] = [:]
        var nextWaiter = 0
        var isDrained = false
        var drainers: [CheckedContinuation<Void, Never>] = []
        var lastFailure: String?
        var pace = ConnectPace()
        var lastRelease: ContinuousClock.Instant?
        var statistics = PostgresPoolStatistics()
        var alarm: (time: ContinuousClock.Instant, work: DispatchWorkItem)?

        mutating func take(_ id: PoolState.ConnectionID) -> PostgresConnection? {
            guard let connection = connections.removeValue(forKey: id) else { return nil }
            statistics.closed += 1
            return connection
        }
    }

    private let configuration: PostgresConfiguration
    private let shell: Mutex<Shell>

    init(_ configuration: PostgresConfiguration) {
        self.configuration = configuration
        let limits = PoolState.Limits(
            connections: configuration.maximumConnections,
            waiters: configuration.maximumWaiters,
            idle: configuration.idleTimeout,
            check: configuration.checkAfter
        )
        shell = Mutex(Shell(pool: PoolState(limits)))
    }

    deinit { shell.withLock { $0.alarm?.work.cancel() } }

    var statistics: PostgresPoolStatistics {
        shell.withLock { shell in
            var statistics = shell.statistics
            statistics.leased = shell.pool.leased.count
            statistics.idle = shell.pool.idleCount
            statistics.waiting = shell.pool.waiters.count
            return statistics
        }
    }

    /// How many callers wait, why no connection could be made lately, and when one came back last.
    var status: (waiting: Int, failure: String?, lastRelease: ContinuousClock.Instant?) {
        shell.withLock { ($0.pool.waiters.count, $0.lastFailure, $0.lastRelease) }
    }

    // MARK: Taking and giving back

    func acquire() async throws(PostgresError) -> Lease {
        let begin = ContinuousClock.now
        let lease: Lease
        switch await grant() {
        case .use(let id):
            if let connection = connection(id), await connection.isReusable() {
                lease = Lease(id: id, connection: connection)
            } else {
                // The server has closed it meanwhile. Who has its place keeps that, and waits for no other.
                lease = try await reconnect(id, since: begin)
            }
        case .check(let id):
            let connection = connection(id)
            if let connection, await connection.answers() {
                lease = Lease(id: id, connection: connection)
            } else {
                guard !Task.isCancelled else {
                    // Asked or not, it has not answered: who waits would get it as one that has, and wait for good.
                    await release(id, isReusable: false)
                    throw Self.cancelled
                }
                // What made this one fall silent has silenced the others too, and to ask each takes long.
                await perform { $0.pool.discardIdle() }
                lease = try await reconnect(id, since: begin)
            }
        case .connect(let id):
            lease = try await connect(id, since: begin)
        case .full:
            shell.withLock { $0.statistics.refused += 1 }
            throw PostgresError(
                .poolFull,
                "\(configuration.maximumWaiters) callers wait already for one of \(configuration.maximumConnections) "
                    + "connections; do less at once, or raise maximumConnections or maximumWaiters"
            )
        case .refused:
            throw PostgresError(.poolClosed, "The Postgres pool has been shut down")
        case nil where Task.isCancelled:
            throw Self.cancelled
        case nil:
            shell.withLock { $0.statistics.timedOut += 1 }
            throw PostgresError(
                .poolTimedOut,
                "No connection became free within \(configuration.acquireTimeout): all "
                    + "\(configuration.maximumConnections) are in use; raise maximumConnections, or hold connections for "
                    + "a shorter time"
            )
        }
        shell.withLock { shell in
            shell.statistics.acquired += 1
            shell.statistics.waited += begin.duration(to: .now)
        }
        return lease
    }

    private func connection(_ id: PoolState.ConnectionID) -> PostgresConnection? {
        shell.withLock { $0.connections[id] }
    }

    private static var cancelled: PostgresError {
        PostgresError(.cancelled, "Waiting for a Postgres connection was cancelled")
    }

    func release(_ lease: Lease) async {
        // Who gets it next looks at its socket.
        await release(lease.id, isReusable: lease.connection.isReusable(looksAtSocket: false))
    }

    private func release(_ id: PoolState.ConnectionID, isReusable: Bool) async {
        await perform { shell in
            let now = ContinuousClock.now
            if isReusable {
                shell.lastRelease = now
                // Whoever wants a connection gets one, whatever went wrong before.
                if shell.pool.waiters.isEmpty { shell.lastFailure = nil }
            }
            return shell.pool.release(id, isReusable: isReusable, at: now)
        }
    }

    /// Makes a connection in the place of one that has died.
    private func reconnect(
        _ id: PoolState.ConnectionID,
        since begin: ContinuousClock.Instant
    ) async throws(PostgresError) -> Lease {
        let dead = shell.withLock { shell in
            shell.pool.willReconnect(id)
            return shell.take(id)
        }
        await dead?.close()
        return try await connect(id, since: begin)
    }

    private func connect(
        _ id: PoolState.ConnectionID,
        since begin: ContinuousClock.Instant
    ) async throws(PostgresError) -> Lease {
        var began = ContinuousClock.now
        do throws(PostgresError) {
            // After a failure not at once again; but who has waited long enough tries.
            if let next = shell.withLock({ $0.pace.next }), next > began {
                try? await Task.sleep(until: min(next, begin + configuration.acquireTimeout), clock: .continuous)
                if Task.isCancelled { throw Self.cancelled }
                began = .now
            }
            let connection = try await PostgresConnection.open(configuration)
            // Not all at the same time, when all were made at the same time.
            let lifetime = configuration.maximumLifetime.map { $0 * Double.random(in: 0.9...1) }
            shell.withLock { shell in
                shell.connections[id] = connection
                shell.lastFailure = nil
                shell.pace.succeeded()
                shell.statistics.opened += 1
                shell.pool.didConnect(id, expires: lifetime.map { .now + $0 })
            }
            return Lease(id: id, connection: connection)
        } catch {
            if error.code != .cancelled {
                shell.withLock { shell in
                    shell.lastFailure = error.message
                    shell.pace.failed(begun: began, at: .now)
                    shell.statistics.failed += 1
                }
            }
            await release(id, isReusable: false)
            throw error
        }
    }

    /// Waits for a grant; `nil` after the time-out or when the task is cancelled.
    private func grant() async -> PoolState.Grant? {
        let waiter = shell.withLock { shell in
            shell.nextWaiter += 1
            return shell.nextWaiter
        }
        let alarm = DispatchWorkItem { [self] in abandon(waiter) }
        defer { alarm.cancel() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let grant: PoolState.Grant?? = shell.withLock { shell in
                    if Task.isCancelled { return .some(nil) }
                    if let grant = shell.pool.acquire(waiter, at: .now) { return grant }
                    shell.waiters[waiter] = continuation
                    return nil
                }
                if let grant { return continuation.resume(returning: grant) }
                let timeout = configuration.acquireTimeout.dispatchInterval
                DispatchQueue.global().asyncAfter(deadline: .now() + timeout, execute: alarm)
            }
        } onCancel: {
            abandon(waiter)
        }
    }

    private func abandon(_ waiter: PoolState.WaiterID) {
        let continuation = shell.withLock { shell in
            shell.pool.abandon(waiter) ? shell.waiters.removeValue(forKey: waiter) : nil
        }
        continuation?.resume(returning: nil)
    }

    // MARK: Closing

    /// Hands out no connection any more and closes those that are idle.
    func beginShutdown() async {
        await perform { $0.pool.shutdown() }
    }

    /// Returns when no connection is in use any more, or ``breakLeased()`` was called.
    func drained() async {
        await withCheckedContinuation { continuation in
            let isDrained = shell.withLock { shell in
                if !shell.isDrained { shell.drainers.append(continuation) }
                return shell.isDrained
            }
            if isDrained { continuation.resume() }
        }
    }

    /// Breaks the connections that are in use; waits for nobody.
    func breakLeased() {
        let (connections, drainers) = shell.withLock { shell in
            shell.isDrained = true
            defer { shell.drainers = [] }
            return (shell.pool.leased.compactMap { shell.connections[$0] }, shell.drainers)
        }
        for connection in connections { connection.abort() }
        for drainer in drainers { drainer.resume() }
    }

    private func perform(_ event: (inout Shell) -> [PoolState.Action]) async {
        var closing: [PostgresConnection] = []
        var resuming: [(CheckedContinuation<PoolState.Grant?, Never>, PoolState.Grant)] = []
        var drainers: [CheckedContinuation<Void, Never>] = []
        shell.withLock { shell in
            for action in event(&shell) {
                switch action {
                case .close(let id):
                    if let connection = shell.take(id) { closing.append(connection) }
                case .grant(let waiter, let grant):
                    if let continuation = shell.waiters.removeValue(forKey: waiter) {
                        resuming.append((continuation, grant))
                    }
                case .drained:
                    shell.isDrained = true
                    drainers = shell.drainers
                    shell.drainers = []
                }
            }
            setAlarm(&shell)
        }
        for (continuation, grant) in resuming { continuation.resume(returning: grant) }
        for connection in closing { await connection.close() }
        for drainer in drainers { drainer.resume() }
    }

    // MARK: What gets too old

    /// Has the pool looked at when the next connection gets too old.
    private func setAlarm(_ shell: inout Shell) {
        guard let next = shell.pool.nextExpiry else {
            shell.alarm?.work.cancel()
            shell.alarm = nil
            return
        }
        if let alarm = shell.alarm, alarm.time <= next { return }
        shell.alarm?.work.cancel()
        let work = DispatchWorkItem { [weak self] in self?.expire() }
        shell.alarm = (next, work)
        let remaining = max(ContinuousClock.now.duration(to: next), .zero)
        DispatchQueue.global().asyncAfter(deadline: .now() + remaining.dispatchInterval, execute: work)
    }

    private func expire() {
        // Nobody uses these, so that the last reference is this one, and letting it go closes the connection.
        let closing = shell.withLock { shell in
            shell.alarm = nil
            defer { setAlarm(&shell) }
            return shell.pool.expire(at: .now).compactMap { action in
                if case .close(let id) = action { shell.take(id) } else { nil }
            }
        }
        _ = closing
    }
}
