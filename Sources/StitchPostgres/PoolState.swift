// SPDX-License-Identifier: Apache-2.0

/// Decides who gets which connection of a pool.
///
/// Takes events, returns what is to be done; has no clock and no I/O.
///
/// At most `limit` connections exist, counting those that are being made. Who comes first is served first. A connection
/// that was used last is used next, so that surplus ones stay unused.
struct PoolState {
    typealias ConnectionID = Int
    typealias WaiterID = Int

    /// What a caller that wants a connection is told.
    enum Grant: Equatable {
        /// Use this idle connection.
        case use(ConnectionID)
        /// Make a connection with this number; then use it, or tell ``PoolState/release(_:isReusable:)``.
        case connect(ConnectionID)
        /// The pool is closed.
        case refused
    }

    enum Action: Equatable {
        case grant(WaiterID, Grant)
        case close(ConnectionID)
        /// The pool is shut down and no connection is in use any more.
        case drained
    }

    let limit: Int
    private var idle: [ConnectionID] = []
    private(set) var leased: Set<ConnectionID> = []
    private(set) var waiters: [WaiterID] = []
    private(set) var isClosed = false
    private var nextID = 0

    init(limit: Int) { self.limit = limit }

    /// A caller wants a connection.
    ///
    /// - Returns: `nil` when it has to wait for a ``Action/grant(_:_:)``.
    mutating func acquire(_ waiter: WaiterID) -> Grant? {
        if isClosed { return .refused }
        if let connection = idle.popLast() {
            leased.insert(connection)
            return .use(connection)
        }
        if leased.count < limit { return .connect(reserve()) }
        waiters.append(waiter)
        return nil
    }

    /// A caller has done with its connection, or could not make it (`isReusable` is false then).
    mutating func release(_ connection: ConnectionID, isReusable: Bool) -> [Action] {
        guard leased.remove(connection) != nil else { return [] }
        if isClosed { return [.close(connection)] + (leased.isEmpty ? [.drained] : []) }
        guard isReusable else {
            guard !waiters.isEmpty else { return [.close(connection)] }
            return [.close(connection), .grant(waiters.removeFirst(), .connect(reserve()))]
        }
        guard !waiters.isEmpty else {
            idle.append(connection)
            return []
        }
        leased.insert(connection)
        return [.grant(waiters.removeFirst(), .use(connection))]
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
        let actions = waiters.map { Action.grant($0, .refused) } + idle.map { .close($0) }
        waiters = []
        idle = []
        return actions + (leased.isEmpty ? [.drained] : [])
    }

    private mutating func reserve() -> ConnectionID {
        nextID += 1
        leased.insert(nextID)
        return nextID
    }
}
