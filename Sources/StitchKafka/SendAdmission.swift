// SPDX-License-Identifier: Apache-2.0

/// Decides which sender may try the local queue, who waits for room in it, and when the client may be destroyed.
///
/// Takes events, returns decisions; has no clock and no I/O. As long as an attempt or a report is outstanding, the client
/// is in use.
struct SendAdmission {
    enum Turn: Equatable {
        /// Try the queue now; hand `seen` back if it is full.
        case attempt(seen: UInt64)
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
    /// Attempts being made and records whose report is still to come.
    private(set) var outstanding = 0
    private var flushes = 0
    private var waiting: [UInt64] = []
    private var lastWaiter: UInt64 = 0
    /// Reports so far: tells an attempt that found the queue full whether there was room made meanwhile.
    private var reports: UInt64 = 0
    /// Room made since waiters were woken last.
    private var room = 0

    var step: Step {
        guard phase == .closed else { return .serve }
        if outstanding > 0 { return .purge }
        return flushes > 0 ? .serve : .finish
    }

    /// A sender comes.
    ///
    /// Those who wait already go first.
    mutating func arrive() -> Turn {
        guard phase == .open else { return .refused }
        return waiting.isEmpty ? attempt() : wait(first: false)
    }

    /// An attempt found the queue full.
    mutating func full(seen: UInt64) -> Turn {
        outstanding -= 1
        guard phase == .open else { return .refused }
        if seen != reports { return attempt() }
        return outstanding == 0 ? .impossible : wait(first: true)
    }

    /// An attempt was refused for good: no report will come.
    mutating func failed() { outstanding -= 1 }

    /// Reports came, and their room in the queue is free.
    mutating func reported(_ count: Int) {
        guard count > 0 else { return }
        outstanding -= count
        reports += UInt64(count)
        room += count
    }

    /// The waiters whose turn it is now, each with an attempt.
    ///
    /// To be asked after each of the above.
    mutating func wake() -> (waiters: [UInt64], turn: Turn) {
        // With nothing outstanding no report will come that would make room, so one has to try.
        let count = min(waiting.count, max(room, outstanding == 0 ? 1 : 0))
        room = 0
        let woken = Array(waiting.prefix(count))
        waiting.removeFirst(count)
        outstanding += count
        return (woken, .attempt(seen: reports))
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

    private mutating func attempt() -> Turn {
        outstanding += 1
        return .attempt(seen: reports)
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
