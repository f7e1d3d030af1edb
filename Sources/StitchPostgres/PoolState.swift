// SPDX-License-Identifier: Apache-2.0

/// Decides who gets which connection of a pool.
///
/// Takes events, returns what is to be done; has no clock and no I/O.
///
/// At most `limit` connections exist, counting those that are being made. Who comes first is served first. A connection
/// that was used last is used next, so that surplus ones stay unused, and are closed after a while.
struct PoolState {
    typealias ConnectionID = Int
    typealias WaiterID = Int
    typealias Instant = ContinuousClock.Instant

    /// What a caller that wants a connection is told.
    enum Grant: Equatable {
        /// Use this idle connection; if it has died, make another one in its place, as for ``connect(_:)``.
        case use(ConnectionID)
        /// The same if it still answers; it was not used for a while.
        case check(ConnectionID)
        /// Make a connection with this number; then tell ``PoolState/didConnect(_:expires:)`` and use it, or tell
        /// ``PoolState/release(_:isReusable:at:)``.
        case connect(ConnectionID)
        /// Too many callers wait already.
        case full
        /// The pool is closed.
        case refused
    }

    enum Action: Equatable {
        case grant(WaiterID, Grant)
        case close(ConnectionID)
        /// The pool is shut down and no connection is in use any more.
        case drained
    }

    struct Limits {
        var connections: Int
        var waiters = Int.max
        /// How long a connection may be unused before it is closed; for ever, if `nil`.
        var idle: Duration?
        /// After how long without use a connection is to be checked.
        var check: Duration?
    }

    private struct Idle {
        var connection: ConnectionID
        var since: Instant
    }

    let limits: Limits
    /// Those used last come last.
    private var idle: [Idle] = []
    private(set) var leased: Set<ConnectionID> = []
    private(set) var waiters: [WaiterID] = []
    private(set) var isClosed = false
    private var expiries: [ConnectionID: Instant] = [:]
    private var nextID = 0

    init(_ limits: Limits) { self.limits = limits }

    var idleCount: Int { idle.count }

    /// When ``expire(at:)`` has something to do next.
    var nextExpiry: Instant? { idle.compactMap { expiry(of: $0) }.min() }

    /// A caller wants a connection.
    ///
    /// - Returns: `nil` when it has to wait for a ``Action/grant(_:_:)``.
    mutating func acquire(_ waiter: WaiterID, at now: Instant) -> Grant? {
        if isClosed { return .refused }
        if let last = idle.popLast() {
            leased.insert(last.connection)
            let isStale = limits.check.map { last.since.duration(to: now) >= $0 } ?? false
            return isStale ? .check(last.connection) : .use(last.connection)
        }
        if leased.count < limits.connections { return .connect(reserve()) }
        if waiters.count >= limits.waiters { return .full }
        waiters.append(waiter)
        return nil
    }

    /// A connection has been made, to be used until a certain time at most.
    mutating func didConnect(_ connection: ConnectionID, expires: Instant?) {
        if leased.contains(connection) { expiries[connection] = expires }
    }

    /// A caller has done with its connection, or could not make it (`isReusable` is false then).
    mutating func release(_ connection: ConnectionID, isReusable: Bool, at now: Instant) -> [Action] {
        guard leased.remove(connection) != nil else { return [] }
        if isClosed { return [close(connection)] + (leased.isEmpty ? [.drained] : []) }
        let isOld = expiries[connection].map { $0 <= now } ?? false
        guard isReusable, !isOld else {
            let closing = close(connection)
            return waiters.isEmpty ? [closing] : [closing, .grant(waiters.removeFirst(), .connect(reserve()))]
        }
        guard !waiters.isEmpty else {
            idle.append(Idle(connection: connection, since: now))
            return []
        }
        leased.insert(connection)
        return [.grant(waiters.removeFirst(), .use(connection))]
    }

    /// The connection that a caller was granted has died; the caller keeps its place and makes another one there.
    mutating func willReconnect(_ connection: ConnectionID) { expiries[connection] = nil }

    /// A connection fell silent while it was idle: closes the others that are idle.
    mutating func discardIdle() -> [Action] {
        defer { idle = [] }
        return idle.map { close($0.connection) }
    }

    /// Time has passed: closes what is too old, or was unused for too long.
    mutating func expire(at now: Instant) -> [Action] {
        let expired = idle.filter { entry in expiry(of: entry).map { $0 <= now } ?? false }.map(\.connection)
        idle.removeAll { expired.contains($0.connection) }
        return expired.map { close($0) }
    }

    /// A caller waits no longer.
    ///
    /// - Returns: Whether it was still waiting; if not, a grant is on its way to it.
    mutating func abandon(_ waiter: WaiterID) -> Bool {
        guard let place = waiters.firstIndex(of: waiter) else { return false }
        waiters.remove(at: place)
        return true
    }

    /// No connection is handed out from now on.
    mutating func shutdown() -> [Action] {
        guard !isClosed else { return [] }
        isClosed = true
        let actions = waiters.map { Action.grant($0, .refused) } + idle.map { close($0.connection) }
        waiters = []
        idle = []
        return actions + (leased.isEmpty ? [.drained] : [])
    }

    private func expiry(of entry: Idle) -> Instant? {
        let unused = limits.idle.map { entry.since.advanced(by: $0) }
        return [unused, expiries[entry.connection]].compactMap { $0 }.min()
    }

    private mutating func close(_ connection: ConnectionID) -> Action {
        expiries[connection] = nil
        return .close(connection)
    }

    private mutating func reserve() -> ConnectionID {
        nextID += 1
        leased.insert(nextID)
        return nextID
    }
}
