// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Counts who uses the client: attempts that are being made, and records whose report is still to come.
///
/// What every record passes, so it is one word: no lock is taken unless the gate is closed, or somebody waits for room.
/// What is decided then is `SendAdmission`'s.
///
/// For those who flush it tells senders by two epochs that alternate. The epoch is a bit of the same word, so that at each
/// turn it is known how many had entered before; who leaves in another epoch than he entered in is one of them.
struct SendGate: ~Copyable {
    /// What goes through the gate, at one moment.
    struct Traffic {
        /// Attempts being made and records without a report.
        var outstanding: Int
        /// Reports so far.
        var reports: Int
        /// What the client has to outlive beside: topics of senders' own, and a sender that was called.
        var leases = 0
    }

    private static let closed = 1 << 62
    private static let waiting = 1 << 61
    /// Set while the one sender that there was has been called to get its report, and hasn't come.
    private static let called = 1 << 60
    /// The bit of the epoch; below it those are counted who have entered.
    fileprivate static let epoch = 1 << 59

    private let word = Atomic<Int>(0)
    // How many of the epoch before haven't left; for a moment it may be less than 0, while it turns.
    private let earlier = Atomic<Int>(0)
    // Tells an attempt that found the queue full whether there was room made meanwhile.
    private let reportCount = Atomic<Int>(0)

    private let leaseCount = Atomic<Int>(0)

    /// A sender that has entered keeps a topic of its own, or was called.
    func lend() { leaseCount.wrappingAdd(1, ordering: .sequentiallyConsistent) }

    /// The topic is gone, or the sender has done what it was called for.
    func giveBack() { leaseCount.wrappingSubtract(1, ordering: .sequentiallyConsistent) }

    /// Lets a sender in; `nil`, with nothing done, where that is not to be decided here.
    @inline(__always)
    func enter() -> SendEntry? {
        let before = word.wrappingAdd(1, ordering: .acquiringAndReleasing).oldValue
        if before < Self.called { return SendEntry(in: before) }
        _ = leave(SendEntry(in: before))
        return nil
    }

    /// Lets one sender in for so many records; `nil`, with nothing done, where that is not to be decided here.
    func enterUnlessWaiting(_ count: Int) -> SendEntry? {
        let before = word.wrappingAdd(count, ordering: .acquiringAndReleasing).oldValue
        if before < Self.called { return SendEntry(in: before) }
        _ = leave(SendEntry(in: before), count)
        return nil
    }

    /// Lets senders in, whatever the gate says: after a decision.
    func enter(_ count: Int) -> SendEntry {
        SendEntry(in: word.wrappingAdd(count, ordering: .acquiringAndReleasing).oldValue)
    }

    /// A sender leaves without a record on its way, or without so many of those that it had entered for.
    ///
    /// - Returns: Whether somebody waits.
    func leave(_ entry: SendEntry, _ count: Int = 1) -> Bool {
        let before = word.wrappingSubtract(count, ordering: .sequentiallyConsistent).oldValue
        if SendEntry(in: before) != entry { earlier.wrappingSubtract(count, ordering: .sequentiallyConsistent) }
        return before & Self.waiting != 0
    }

    /// Reports have come, and their room in the queue is free.
    ///
    /// - Returns: Whether somebody waits.
    func report(_ reports: SendReports) -> Bool {
        // First, so that who says that it waits after the other sees that there was one.
        reportCount.wrappingAdd(reports.count, ordering: .sequentiallyConsistent)
        let before = word.wrappingSubtract(reports.count, ordering: .sequentiallyConsistent).oldValue
        let early = before & Self.epoch == 0 ? reports.marked : reports.count - reports.marked
        if early > 0 { earlier.wrappingSubtract(early, ordering: .sequentiallyConsistent) }
        return before & Self.waiting != 0
    }

    /// Whether all who entered before the last turn have left, and what they handed over was reported.
    ///
    /// To be asked by one at a time, as `turn`.
    var isSettled: Bool { earlier.load(ordering: .sequentiallyConsistent) == 0 }

    /// From now on senders enter in the other epoch; not before the last one is settled.
    func turn() {
        let before = word.bitwiseXor(Self.epoch, ordering: .sequentiallyConsistent).oldValue
        earlier.wrappingAdd(before & (Self.epoch - 1), ordering: .sequentiallyConsistent)
    }

    /// Reports so far.
    @inline(__always)
    var reports: Int { reportCount.load(ordering: .acquiring) }

    /// What goes through now.
    var traffic: Traffic {
        let outstanding = word.load(ordering: .sequentiallyConsistent) & (Self.epoch - 1)
        // After the other, since whoever lends has entered and not left.
        let leases = leaseCount.load(ordering: .sequentiallyConsistent)
        return Traffic(
            outstanding: outstanding,
            reports: reportCount.load(ordering: .sequentiallyConsistent),
            leases: leases
        )
    }

    /// Says whether somebody waits, so that everybody else asks first.
    func setWaiting(_ isWaiting: Bool) {
        if isWaiting {
            word.bitwiseOr(Self.waiting, ordering: .sequentiallyConsistent)
        } else {
            word.bitwiseAnd(~Self.waiting, ordering: .sequentiallyConsistent)
        }
    }

    /// Whether one has entered, and no more than one, and nobody waits.
    var isAlone: Bool { Self.isAlone(word.load(ordering: .acquiring)) }

    private static func isAlone(_ word: Int) -> Bool { word & (waiting | (epoch - 1)) == 1 }

    /// The only sender there is is called; whoever comes from now on, and before it does, is turned away, unless he enters after
    /// a decision.
    ///
    /// - Returns: Whether it is the only one still, and nobody waits.
    func call() -> Bool {
        Self.isAlone(word.bitwiseOr(Self.called, ordering: .sequentiallyConsistent).oldValue)
    }

    /// It has come, or somebody else does what it was called for.
    ///
    /// - Returns: Whether that is news.
    @discardableResult
    func endCall() -> Bool {
        word.bitwiseAnd(~Self.called, ordering: .sequentiallyConsistent).oldValue & Self.called != 0
    }

    /// Whether nobody is let in any more.
    var isClosed: Bool { word.load(ordering: .acquiring) & Self.closed != 0 }

    /// Lets nobody in any more.
    func close() { word.bitwiseOr(Self.closed, ordering: .sequentiallyConsistent) }
}

/// The epoch that a sender entered in, which it leaves with, or its record's report.
package struct SendEntry: Equatable {
    private let epoch: Int

    fileprivate init(in word: Int) { epoch = word & SendGate.epoch }

    /// What is added to the address that librdkafka keeps with a record, whose last bits are free: 0 or ``markBit``.
    var mark: Int { epoch >> 58 }

    /// The bit of the mark.
    static let markBit: UInt = 2
}

/// Reports that came together.
struct SendReports {
    /// How many.
    var count = 0
    /// How many of them are of records with a mark.
    var marked = 0
}
