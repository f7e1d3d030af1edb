// SPDX-License-Identifier: Apache-2.0

/// Decides who waits for room in the local queue, whose turn it is, and when the client may be destroyed.
///
/// Takes events, returns decisions; has no clock and no I/O. As long as an attempt or a report is outstanding, the client
/// is in use; that is counted by `SendGate`, which senders pass without asking here as long as it is open and nobody
/// waits.
///
/// Who has found the queue full tries again alone: as long as he does, or waits for more room, nobody behind him gets in, so
/// that small records can't take, again and again, the room that a large one waits for.
struct SendAdmission {
    enum Turn: Equatable {
        /// Try the queue now.
        case attempt
        /// Wait until this waiter's turn comes.
        case wait(waiter: UInt64)
        /// The producer is closed.
        case refused
        /// The queue is full with nothing in it: the record alone is larger than the queue.
        case impossible
    }

    /// What the client's thread has to do next.
    enum Step: Equatable { case serve, purge, finish }

    private enum Phase { case open, draining, closed }

    private struct Waiter {
        var id: UInt64
        /// Whether it has found the queue full.
        var hasFailed: Bool
    }

    private var phase = Phase.open
    private var flushes = 0
    /// In the order of their turns; those that have failed are in front.
    private var waiting: [Waiter] = []
    private var lastWaiter: UInt64 = 0
    /// How many are trying again.
    private var trying = 0
    /// How many reports came that nobody was woken for.
    private var room = 0

    var isOpen: Bool { phase == .open }

    var isClosed: Bool { phase == .closed }

    /// Whether somebody waits for room, or tries again.
    var hasWaiting: Bool { !waiting.isEmpty || trying > 0 }

    func step(_ traffic: SendGate.Traffic) -> Step {
        guard phase == .closed else { return .serve }
        if traffic.outstanding > 0 || traffic.leases > 0 { return .purge }
        return flushes > 0 ? .serve : .finish
    }

    /// A sender comes.
    ///
    /// Those who wait already go first.
    mutating func arrive() -> Turn {
        guard phase == .open else { return .refused }
        return hasWaiting ? wait(first: false) : .attempt
    }

    /// An attempt found the queue full, and is over.
    ///
    /// - Parameters:
    ///   - seen: How many reports there had been before it.
    ///   - traffic: What there is now, the attempt not counted.
    ///   - again: Whether the sender had found it full before; then this is the end of its try.
    /// - Returns: What the sender is to do.
    mutating func full(seen: Int, _ traffic: SendGate.Traffic, again: Bool) -> Turn {
        if again { trying -= 1 }
        guard phase == .open else { return .refused }
        if seen != traffic.reports {
            trying += 1
            return .attempt
        }
        // What room there was is not enough.
        room = 0
        return traffic.outstanding == 0 ? .impossible : wait(first: true)
    }

    /// A sender that had found the queue full and tried again is done with that, whatever came of it; whose turn it is then,
    /// `wake` says.
    mutating func passed() {
        trying -= 1
        // Who has found room may have left some.
        room = max(room, 1)
    }

    /// The waiters whose turn it is now.
    ///
    /// To be asked after reports, and after attempts that came to nothing while somebody waits.
    ///
    /// - Parameters:
    ///   - room: How many reports came.
    ///   - outstanding: How many are still to come, and attempts that are being made.
    /// - Returns: The waiters, each of which makes an attempt.
    mutating func wake(room: Int, outstanding: Int) -> [UInt64] {
        self.room += room
        guard trying == 0, let first = waiting.first else {
            if waiting.isEmpty { self.room = 0 }
            return []
        }
        // With nothing outstanding no report will come that would make room, so one has to try.
        let count = min(max(self.room, outstanding == 0 ? 1 : 0), first.hasFailed ? 1 : waiting.count)
        if first.hasFailed { trying += count }
        let woken = waiting.prefix(count).map(\.id)
        waiting.removeFirst(count)
        self.room = max(self.room - count, 0)
        return woken
    }

    /// A waiter gives up; `false` if its turn had come already.
    mutating func cancel(waiter: UInt64) -> Bool {
        guard let index = waiting.firstIndex(where: { $0.id == waiter }) else { return false }
        waiting.remove(at: index)
        return true
    }

    /// Somebody wants to flush; `false` if it is too late.
    mutating func beginFlush() -> Bool {
        guard phase != .closed else { return false }
        flushes += 1
        return true
    }

    mutating func endFlush() { flushes -= 1 }

    /// Nobody is let in any more; returns the waiters to refuse, or `nil` when that was so before.
    mutating func drain() -> [UInt64]? {
        guard phase == .open else { return nil }
        phase = .draining
        return refuseWaiting()
    }

    /// What is still outstanding is given up; returns the waiters to refuse.
    mutating func close() -> [UInt64] {
        phase = .closed
        return refuseWaiting()
    }

    private mutating func wait(first: Bool) -> Turn {
        lastWaiter += 1
        waiting.insert(Waiter(id: lastWaiter, hasFailed: first), at: first ? 0 : waiting.count)
        return .wait(waiter: lastWaiter)
    }

    private mutating func refuseWaiting() -> [UInt64] {
        defer { waiting = [] }
        return waiting.map(\.id)
    }
}
