// SPDX-License-Identifier: Apache-2.0

/// Decides how a server stops.
///
/// Takes events, returns actions; has no clock and no I/O. While serving stops, requests that were begun before still get
/// their answer, until the drain is over; the daemon is stopped when no handler runs, because libmicrohttpd must not be
/// stopped while it waits for one.
struct ServerState {
    enum Action: Equatable {
        case stopAccepting
        case cancelHandlers
        case stopDaemon
        case announceStop
    }

    private enum Phase { case serving, draining, cancelling, stopping, stopped }

    private var phase = Phase.serving
    private var openExchanges = 0
    private var handlers = 0

    var isServing: Bool { phase == .serving }
    var isStopped: Bool { phase == .stopped }
    var isCancelling: Bool { phase == .cancelling }

    /// Whether the request that begins is taken; one that isn't is answered with 503.
    mutating func exchangeOpened() -> Bool {
        guard phase == .serving else { return false }
        openExchanges += 1
        return true
    }

    /// A request that was taken has been answered, or its connection is lost.
    mutating func exchangeClosed() -> [Action] {
        openExchanges -= 1
        return next()
    }

    /// Whether the handler may start.
    mutating func handlerStarts() -> Bool {
        guard phase == .serving || phase == .draining else { return false }
        handlers += 1
        return true
    }

    mutating func handlerEnded() -> [Action] {
        handlers -= 1
        return next()
    }

    mutating func shutdownRequested() -> [Action] {
        guard phase == .serving else { return [] }
        phase = .draining
        return [.stopAccepting] + next()
    }

    /// The drain is over, or nothing is to be waited for.
    mutating func cancelRequested() -> [Action] {
        let first: [Action]
        switch phase {
        case .serving: first = [.stopAccepting, .cancelHandlers]
        case .draining: first = [.cancelHandlers]
        case .cancelling, .stopping, .stopped: return []
        }
        phase = .cancelling
        return first + next()
    }

    mutating func daemonStopped() -> [Action] {
        phase = .stopped
        return [.announceStop]
    }

    private mutating func next() -> [Action] {
        switch phase {
        case .draining where openExchanges == 0 && handlers == 0, .cancelling where handlers == 0:
            phase = .stopping
            return [.stopDaemon]
        default:
            return []
        }
    }
}
