// SPDX-License-Identifier: Apache-2.0

/// Decides in which order a group of services stops.
///
/// Takes events, returns actions; has no clock and no I/O.
///
/// Services stop one after the other, the last in the list first, those that `stopsLast` after all others. The next is
/// told to stop when the one before it has ended. A second signal cancels what still runs, except those that stop last:
/// they get their orderly shutdown in any case.
struct ServiceGroupState {
    enum Event {
        case stopRequested
        case ended(service: Int, (any Error)?)
    }

    enum Action: Equatable {
        case shutdown(service: Int)
        case cancel(service: Int)
        case finish
    }

    private enum Phase { case running, stopping, cancelling }

    private let names: [String]
    private var phase = Phase.running
    /// Services that still run, in the order in which they are to be stopped.
    private var remaining: [Int]
    private let stopsLast: Set<Int>
    private var shuttingDown: Int?
    private(set) var failure: (any Error)?

    init(names: [String], stopsLast: Set<Int>) {
        self.names = names
        self.stopsLast = stopsLast
        let backwards = names.indices.reversed()
        remaining = backwards.filter { !stopsLast.contains($0) } + backwards.filter { stopsLast.contains($0) }
    }

    mutating func handle(_ event: Event) -> [Action] {
        switch event {
        case .stopRequested: stopRequested()
        case .ended(let service, let error): ended(service, error)
        }
    }

    private mutating func stopRequested() -> [Action] {
        switch phase {
        case .running:
            phase = .stopping
            return shutdownNext()
        case .stopping:
            phase = .cancelling
            return remaining.filter { !stopsLast.contains($0) }.map { .cancel(service: $0) } + shutdownNext()
        case .cancelling:
            return []
        }
    }

    private mutating func ended(_ service: Int, _ error: (any Error)?) -> [Action] {
        remaining.removeAll { $0 == service }
        if shuttingDown == service { shuttingDown = nil }
        switch phase {
        case .running:
            failure =
                error
                ?? ServiceError(.endedEarly, "\(names[service]) stopped by itself, so the others were stopped too")
            phase = .stopping
        case .stopping, .cancelling:
            // What was told to stop may answer with its cancellation; anything else is worth telling.
            if let error, !(error is CancellationError), failure == nil { failure = error }
        }
        return shutdownNext()
    }

    private mutating func shutdownNext() -> [Action] {
        guard shuttingDown == nil else { return [] }
        guard let next = remaining.first else { return [.finish] }
        if phase == .cancelling, !stopsLast.contains(next) { return [] }
        shuttingDown = next
        return [.shutdown(service: next)]
    }
}
