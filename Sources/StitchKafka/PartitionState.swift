// SPDX-License-Identifier: Apache-2.0

/// What the reader of one partition may do.
///
/// Takes events, returns decisions; has no clock and no I/O.
struct PartitionState {
    private enum Phase {
        /// Records are taken and handled.
        case reading
        /// No record begins any more; the handler in flight may finish, and its offset counts.
        case stopping
        /// The partition is given away: nothing that ends from now on counts.
        case closed
    }

    /// What is to become of records that were taken, before the next of them begins.
    enum Decision {
        case goOn
        /// Until something changes.
        case wait
        /// They are not to be handled: the partition stops, or reading goes on elsewhere.
        case drop
    }

    private var phase = Phase.reading
    private var isPaused = false
    private var isSeeking = false

    /// Is raised whenever what was taken before is void.
    private(set) var generation = 0

    /// Whether somebody reads, or is about to.
    private(set) var isStarted = false

    /// Whether a handler is in flight.
    private(set) var isHandling = false

    /// What counts as handled, and what is committed.
    private(set) var offsets = OffsetTracker()

    /// Whether records may be taken from the queue, which is there until the partition is closed.
    var mayTake: Bool { phase == .reading && !isPaused && !isSeeking && !isHandling }

    /// Whether nothing will be taken any more.
    var isOver: Bool { phase != .reading }

    /// Whether whoever reads has to ask before the next record.
    var isInterrupted: Bool { phase != .reading || isPaused || isSeeking }

    /// Whether the caller may still change anything.
    var isClosed: Bool { phase == .closed }

    /// The reader gets a task.
    mutating func start() { isStarted = true }

    /// Records were taken, and are about to be handled.
    mutating func begin() { isHandling = true }

    /// What is to become of the records that were taken in `generation`.
    mutating func decide(generation: Int) -> Decision {
        guard phase == .reading, generation == self.generation else {
            isHandling = false
            return .drop
        }
        // Nothing is in flight meanwhile, so that the partition can be given away.
        isHandling = !isPaused && !isSeeking
        return isHandling ? .goOn : .wait
    }

    /// No handler is in flight for a while, between two tries for instance, so that the partition can be given away.
    ///
    /// - Returns: Whether what was taken in `generation` may still be handled, which `decide` says when the time is over.
    mutating func rest(generation: Int) -> Bool {
        isHandling = false
        return phase == .reading && generation == self.generation
    }

    /// The handler is done with what was taken, or gives up the rest; `next` is behind the last record that was handled.
    mutating func end(handledBefore next: Int64?, generation: Int, failed: Bool = false) {
        isHandling = false
        note(handledBefore: next, generation: generation)
        // After a failure nothing more is handled, so that no later offset can cover the one that failed.
        if failed, phase == .reading { phase = .stopping }
    }

    /// Records before `next` were handled.
    mutating func note(handledBefore next: Int64?, generation: Int) {
        guard let next, phase != .closed, generation == self.generation else { return }
        offsets.note(handledBefore: next)
    }

    /// What is to be committed now; `nil` if nothing is.
    mutating func takeUncommitted() -> Int64? { phase == .closed ? nil : offsets.takeUncommitted() }

    /// Whether there is something to be committed.
    var hasUncommitted: Bool { phase != .closed && offsets.isBehind }

    /// Whether the partition was given away before all that counts was committed.
    var isLeftBehind: Bool { phase == .closed && offsets.isBehind }

    /// That was not committed.
    mutating func refused(_ offset: Int64) { offsets.refused(offset) }

    /// No record is to begin any more.
    mutating func stop() {
        if phase == .reading { phase = .stopping }
    }

    /// The partition is given away; `false` if it was before.
    mutating func close() -> Bool {
        guard phase != .closed else { return false }
        phase = .closed
        return true
    }

    /// No record is to begin until `resume`.
    mutating func pause() { isPaused = true }

    mutating func resume() { isPaused = false }

    /// What was taken is void; nothing is taken until `endSeek`.
    mutating func beginSeek() {
        isSeeking = true
        generation += 1
        offsets.seek()
    }

    mutating func endSeek() { isSeeking = false }
}
