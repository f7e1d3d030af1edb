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

    /// How long after its JoinGroup was answered a client may take to send a SyncGroup, unless it begins anew.
    static let answering = Duration.seconds(1)

    /// Whether a JoinGroup is on its way.
    private var isJoining = false

    /// Whether the client owes the group a SyncGroup.
    private var owesSync = false

    /// Whether the client joins by that request at all: in the newer protocol of groups it doesn't.
    private var joins = false

    /// Until when a JoinGroup may follow what has come.
    private var end: ContinuousClock.Instant?

    private var heartbeat = HeartbeatState()

    /// Whether a commit that is sent now reaches the group with the generation that it has.
    func isSettled(at now: ContinuousClock.Instant) -> Bool {
        !isJoining && !heartbeat.isOpen(at: now) && end.map { now >= $0 } ?? true
    }

    /// When to look again if no event comes.
    func end(from now: ContinuousClock.Instant, limit: ContinuousClock.Instant) -> ContinuousClock.Instant {
        guard !isJoining else { return limit }
        return [end, heartbeat.end].compactMap(\.self).filter { $0 > now }.max().map { min($0, limit) } ?? limit
    }

    /// Partitions were given away.
    mutating func gaveAway(at now: ContinuousClock.Instant) {
        if joins { open(until: now + Self.giving) }
    }

    /// A heartbeat has left.
    mutating func heartbeatSent(at now: ContinuousClock.Instant) { heartbeat.sent(at: now) }

    /// It was answered, with whatever: told by the thread that reads, and again by the one that looks at it.
    mutating func heartbeatAnswered(at now: ContinuousClock.Instant) { heartbeat.answered(at: now) }

    /// A JoinGroup has left.
    mutating func joinSent() {
        joins = true
        isJoining = true
        owesSync = true
    }

    /// It was answered, with whatever; told twice, too.
    mutating func joinAnswered(at now: ContinuousClock.Instant) {
        if owesSync { open(until: now + Self.answering) }
        isJoining = false
    }

    /// A SyncGroup has left, so the client knows the group's new generation.
    mutating func syncSent() {
        isJoining = false
        owesSync = false
        end = nil
        heartbeat.isOver()
    }

    /// A commit was handed to the client.
    mutating func commitBegun(at now: ContinuousClock.Instant) { heartbeat.commitBegun(at: now) }

    /// It has left.
    mutating func commitSent(at now: ContinuousClock.Instant) { heartbeat.commitSent(at: now) }

    private mutating func open(until other: ContinuousClock.Instant) { end = end.map { max($0, other) } ?? other }
}
