// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Counts who uses the client: attempts that are being made, and records whose report is still to come.
///
/// What every record passes, so it is one word: no lock is taken unless the gate is closed, or somebody waits for room.
/// What is decided then is `SendAdmission`'s.
struct SendGate: ~Copyable {
    /// What goes through the gate, at one moment.
    struct Traffic {
        /// Attempts being made and records without a report.
        var outstanding: Int
        /// Reports so far.
        var reports: Int
        /// Topics of senders' own, which the client has to outlive.
        var leases = 0
    }

    private static let closed = 1 << 62
    private static let waiting = 1 << 61

    private let word = Atomic<Int>(0)
    // Tells an attempt that found the queue full whether there was room made meanwhile.
    private let reportCount = Atomic<Int>(0)

    private let leaseCount = Atomic<Int>(0)

    /// A sender that has entered keeps a topic of its own.
    func lend() { leaseCount.wrappingAdd(1, ordering: .sequentiallyConsistent) }

    /// The topic is gone.
    func giveBack() { leaseCount.wrappingSubtract(1, ordering: .sequentiallyConsistent) }

    /// Lets a sender in; `false`, with nothing done, where that is not to be decided here.
    @inline(__always)
    func enter() -> Bool {
        if word.wrappingAdd(1, ordering: .acquiringAndReleasing).oldValue < Self.waiting { return true }
        word.wrappingSubtract(1, ordering: .acquiringAndReleasing)
        return false
    }

    /// Lets senders in, whatever the gate says: after a decision.
    func enter(_ count: Int) { word.wrappingAdd(count, ordering: .acquiringAndReleasing) }

    /// A sender leaves without a record on its way.
    ///
    /// - Returns: Whether somebody waits.
    func leave() -> Bool {
        word.wrappingSubtract(1, ordering: .acquiringAndReleasing).oldValue & Self.waiting != 0
    }

    /// Reports have come, and their room in the queue is free.
    ///
    /// - Returns: Whether somebody waits.
    func report(_ count: Int) -> Bool {
        // First, so that who says that it waits after the other sees that there was one.
        reportCount.wrappingAdd(count, ordering: .sequentiallyConsistent)
        return word.wrappingSubtract(count, ordering: .sequentiallyConsistent).oldValue & Self.waiting != 0
    }

    /// Reports so far.
    @inline(__always)
    var reports: Int { reportCount.load(ordering: .acquiring) }

    /// What goes through now.
    var traffic: Traffic {
        let outstanding = word.load(ordering: .sequentiallyConsistent) & (Self.waiting - 1)
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

    /// Lets nobody in any more.
    func close() { word.bitwiseOr(Self.closed, ordering: .sequentiallyConsistent) }
}
