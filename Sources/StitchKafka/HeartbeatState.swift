// SPDX-License-Identifier: Apache-2.0

/// Decides when a heartbeat may be followed by a JoinGroup, because its answer may tell of a rebalance; part of `RejoinState`.
///
/// What the answer says nobody tells, only that it has come, and when the client looks at it. From then on the client takes
/// as long as its threads need until they run, which on a machine with much to do is a tenth of a second: as long as a commit
/// needs from its call until it leaves, the same way.
struct HeartbeatState {
    /// How long a client that has looked at an answer may take to join, at least and at most.
    static let hearing = (shortest: Duration.milliseconds(20), longest: Duration.seconds(1))

    /// How many times what commits take is allowed for that.
    static let allowance = 3

    /// How long an answer may take that never comes.
    static let asking = Duration.seconds(60)

    /// Until when a JoinGroup may follow.
    private(set) var end: ContinuousClock.Instant?

    /// Whether the answer has come, and the client has not looked at it.
    private var isUnseen = false

    private var commit: ContinuousClock.Instant?

    /// How long commits took lately from their call until they left: the slowest, of which each one takes a half off.
    private var slowest = Duration.zero

    /// Whether a JoinGroup may follow.
    func isOpen(at now: ContinuousClock.Instant) -> Bool { end.map { now < $0 } ?? false }

    mutating func sent(at now: ContinuousClock.Instant) {
        end = now + Self.asking
        isUnseen = false
    }

    /// Told when the answer has come, and again when the client looks at it.
    mutating func answered(at now: ContinuousClock.Instant) {
        isUnseen.toggle()
        let time = isUnseen ? Self.hearing.longest : max(slowest * Self.allowance, Self.hearing.shortest)
        end = now + min(time, Self.hearing.longest)
    }

    /// The client has joined.
    mutating func isOver() { end = nil }

    mutating func commitBegun(at now: ContinuousClock.Instant) { commit = now }

    mutating func commitSent(at now: ContinuousClock.Instant) {
        guard let begun = commit else { return }
        commit = nil
        slowest = max(now - begun, slowest / 2)
    }
}
