// SPDX-License-Identifier: Apache-2.0

/// Decides when offsets had better not be committed, because the consumer joins its group anew.
///
/// Takes events, returns decisions; has no clock and no I/O. A broker looks at the requests of a connection one after the
/// other, and at none behind a JoinGroup until that is answered, which takes as long as the slowest member needs to come. A
/// commit behind it comes with a generation of the group that is over by then; the group refuses it, and librdkafka takes
/// all of the assignment for lost (decision 0018).
struct RejoinState {
    /// How long after giving partitions away a client may take to join once more, as cooperative members do.
    static let giving = Duration.seconds(2)

    /// How long after an answer to a heartbeat a client may take to join, should it say that the group rebalances.
    static let hearing = Duration.milliseconds(20)

    /// How long after its JoinGroup was answered a client may take to send a SyncGroup, unless it begins anew.
    static let answering = Duration.seconds(1)

    private enum Phase: Equatable {
        case settled
        case open(until: ContinuousClock.Instant)
        case joining
    }

    private var phase = Phase.settled

    /// Whether the client joins by that request at all: in the newer protocol of groups it doesn't.
    private var joins = false

    /// Whether a commit that is sent now reaches the group with the generation that it has.
    func isSettled(at now: ContinuousClock.Instant) -> Bool {
        switch phase {
        case .settled: true
        case .open(let end): now >= end
        case .joining: false
        }
    }

    /// When to look again if no event comes.
    func end(from now: ContinuousClock.Instant, limit: ContinuousClock.Instant) -> ContinuousClock.Instant {
        if case .open(let end) = phase { min(end, limit) } else { limit }
    }

    /// Partitions were given away.
    mutating func gaveAway(at now: ContinuousClock.Instant) {
        if joins { open(until: now + Self.giving) }
    }

    /// A heartbeat was answered, with whatever.
    mutating func heartbeatAnswered(at now: ContinuousClock.Instant) { open(until: now + Self.hearing) }

    /// A JoinGroup has left.
    mutating func joinSent() {
        joins = true
        phase = .joining
    }

    /// It was answered, with whatever.
    mutating func joinAnswered(at now: ContinuousClock.Instant) {
        if phase == .joining { phase = .open(until: now + Self.answering) }
    }

    /// A SyncGroup has left, so the client knows the group's new generation.
    mutating func syncSent() { phase = .settled }

    /// A JoinGroup may follow.
    private mutating func open(until end: ContinuousClock.Instant) {
        switch phase {
        case .settled: phase = .open(until: end)
        case .open(let other): phase = .open(until: max(end, other))
        case .joining: break
        }
    }
}
