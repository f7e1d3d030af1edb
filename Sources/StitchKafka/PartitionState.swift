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

    private var phase = Phase.reading

    /// Whether the reader's task runs, or is about to.
    private(set) var isStarted = false

    /// Whether a handler is in flight.
    private(set) var isHandling = false

    /// Whether records may be taken from the queue, which is there until the partition is closed.
    var mayTake: Bool { phase == .reading }

    /// The reader gets a task.
    mutating func start() { isStarted = true }

    /// A handler is about to be called; `false` if it must not.
    mutating func begin() -> Bool {
        guard phase == .reading else { return false }
        isHandling = true
        return true
    }

    /// The handler returned or threw.
    ///
    /// - Returns: Whether the offset behind the handled records is to be stored.
    mutating func end(succeeded: Bool) -> Bool {
        isHandling = false
        // After a failure nothing more is handled, so that no later offset can cover the one that failed.
        if !succeeded, phase == .reading { phase = .stopping }
        return succeeded && phase != .closed
    }

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
}
