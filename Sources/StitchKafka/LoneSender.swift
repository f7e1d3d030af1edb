// SPDX-License-Identifier: Apache-2.0

import CStitchPlatform
import Dispatch
import Synchronization

/// The one sender whose record is on its way alone, if there is one.
///
/// Instead of the producer's thread, which would have it go on, it is called itself when there is something to get from
/// librdkafka: one thread less to wait for.
struct LoneSender: ~Copyable {
    // The address of what stands for its record, which is aligned; 0 for none.
    private let place = Atomic<UInt>(0)
    /// Added to the address while the record is being handed over.
    private static let isComing: UInt = 1

    // One more than the number of the thread on which it is being called; 0 for none.
    private let calling = Atomic<UInt64>(0)
    // Who ran within its call and is to go on elsewhere.
    private let leaving = Mutex<UnsafeContinuation<Void, Never>?>(nil)

    /// It is about to hand its record over.
    func comes(_ reference: Unmanaged<PendingSend>) {
        place.store(Self.address(reference) | Self.isComing, ordering: .relaxed)
    }

    /// It has handed it over, and may be called, unless it has left since.
    func waits(_ reference: Unmanaged<PendingSend>) {
        let address = Self.address(reference)
        _ = place.compareExchange(expected: address | Self.isComing, desired: address, ordering: .releasing)
    }

    /// Its record wasn't taken, or has its report.
    ///
    /// - Returns: Whether it can't be called any more; `false` where it was.
    func leaves(_ reference: Unmanaged<PendingSend>) -> Bool {
        var seen = place.load(ordering: .relaxed)
        while seen & ~Self.isComing == Self.address(reference) {
            let (exchanged, original) = place.compareExchange(
                expected: seen,
                desired: 0,
                ordering: .acquiringAndReleasing
            )
            if exchanged { return true }
            seen = original
        }
        return false
    }

    /// Whether there is one that may be called.
    var isWaiting: Bool {
        let seen = place.load(ordering: .relaxed)
        return seen != 0 && seen & Self.isComing == 0
    }

    /// Calls it.
    ///
    /// - Returns: Whether there was one.
    func call() -> Bool {
        let seen = place.load(ordering: .relaxed)
        guard
            seen & Self.isComing == 0,
            let pointer = UnsafeRawPointer(bitPattern: seen),
            place.compareExchange(expected: seen, desired: 0, ordering: .sequentiallyConsistent).exchanged
        else { return false }
        // There until it goes on, since nobody else gives it back.
        let sender = Unmanaged<PendingSend>.fromOpaque(pointer)._withUnsafeGuaranteedRef { $0.sender }
        calling.store(UInt64(stitch_thread_number()) + 1, ordering: .relaxed)
        sender?.resume()
        calling.store(0, ordering: .relaxed)
        if let caller = leaving.withLock({ $0.take() }) { DispatchQueue.global().async { caller.resume() } }
        return true
    }

    /// Whether it runs within its own call, where librdkafka's queue is locked: executors may run tasks at once.
    var isWithinCall: Bool { calling.load(ordering: .relaxed) == UInt64(stitch_thread_number()) + 1 }

    /// Has a sender that runs within its call go on elsewhere, once the call is over.
    borrowing nonisolated(nonsending) func leaveCall() async {
        await withUnsafeContinuation { caller in leaving.withLock { $0 = caller } }
    }

    private static func address(_ reference: Unmanaged<PendingSend>) -> UInt { UInt(bitPattern: reference.toOpaque()) }
}
