// SPDX-License-Identifier: Apache-2.0

/// Decides who waits for room in the local queue, whose turn it is, and when the client may be destroyed.
///
/// Takes events, returns decisions; has no clock and no I/O. As long as an attempt or a report is outstanding, the client
/// is in use; that is counted by `SendGate`, which senders pass without asking here as long as it is open and nobody
/// waits.
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

    private var phase = Phase.open
    private var flushes = 0
    private var waiting: [UInt64] = []
    private var lastWaiter: UInt64 = 0

    var isOpen: Bool { phase == .open }

    var isClosed: Bool { phase == .closed }

    var hasWaiting: Bool { !waiting.isEmpty }

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
        return waiting.isEmpty ? .attempt : wait(first: false)
    }

    /// An attempt found the queue full, and is over.
    ///
    /// - Parameters:
    ///   - seen: How many reports there had been before it.
    ///   - traffic: What there is now, the attempt not counted.
    /// - Returns: What the sender is to do.
    mutating func full(seen: Int, _ traffic: SendGate.Traffic) -> Turn {
        guard phase == .open else { return .refused }
        if seen != traffic.reports { return .attempt }
        return traffic.outstanding == 0 ? .impossible : wait(first: true)
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
        // With nothing outstanding no report will come that would make room, so one has to try.
        let count = min(waiting.count, max(room, outstanding == 0 ? 1 : 0))
        let woken = Array(waiting.prefix(count))
        waiting.removeFirst(count)
        return woken
    }

    /// A waiter gives up; `false` if its turn had come already.
    mutating func cancel(waiter: UInt64) -> Bool {
        guard let index = waiting.firstIndex(of: waiter) else { return false }
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
        waiting.insert(lastWaiter, at: first ? 0 : waiting.count)
        return .wait(waiter: lastWaiter)
    }

    private mutating func refuseWaiting() -> [UInt64] {
        defer { waiting = [] }
        return waiting
    }
}
