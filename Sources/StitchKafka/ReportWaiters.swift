// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Those who wait for the report of one record, in any number of tasks.
struct ReportWaiters: ~Copyable {
    /// 0 while nobody waits, the address of those who do, ``isReported`` once there is a report.
    private let waiting = Atomic<UInt>(0)
    private static let isReported: UInt = 1

    /// Whether the one whose wait may be cancelled was.
    private let isGivenUp = Atomic<Bool>(false)

    /// One of those who wait; the next one is retained.
    private final class Waiter {
        let continuation: UnsafeContinuation<Void, Never>
        var next: UInt = 0

        init(_ continuation: UnsafeContinuation<Void, Never>) { self.continuation = continuation }
    }

    /// Waits for the report.
    borrowing func wait() async {
        while !isReported { await sleep(isCancellable: false) }
    }

    /// Waits for the report, or until the task is cancelled; for one task at most.
    ///
    /// - Returns: Whether there is a report.
    borrowing func waitUnlessCancelled() async -> Bool {
        while !isReported, !isGivenUp.load(ordering: .sequentiallyConsistent) { await sleep(isCancellable: true) }
        return isReported
    }

    /// The task of who waits as long as it is not cancelled was.
    borrowing func giveUp() {
        isGivenUp.store(true, ordering: .sequentiallyConsistent)
        resumeEarly()
    }

    /// There is a report.
    borrowing func resume() {
        Self.resume(waiting.exchange(Self.isReported, ordering: .acquiringAndReleasing))
    }

    var isReported: Bool { waiting.load(ordering: .acquiring) == Self.isReported }

    /// Begins anew, for another record; to be called by who alone knows of it.
    borrowing func reset() { waiting.store(0, ordering: .relaxed) }

    /// Sleeps until there is a report, or somebody has given up.
    private borrowing func sleep(isCancellable: Bool) async {
        await withUnsafeContinuation { continuation in
            let waiter = Waiter(continuation)
            // Given back by whoever resumes it.
            let address = UInt(bitPattern: Unmanaged.passRetained(waiter).toOpaque())
            var seen = waiting.load(ordering: .acquiring)
            while seen != Self.isReported {
                waiter.next = seen
                let (exchanged, original) = waiting.compareExchange(
                    expected: seen,
                    desired: address,
                    successOrdering: .sequentiallyConsistent,
                    failureOrdering: .acquiring
                )
                if exchanged {
                    // The one who gives up may have looked for sleepers before this one was there.
                    if isCancellable, isGivenUp.load(ordering: .sequentiallyConsistent) { resumeEarly() }
                    return
                }
                seen = original
            }
            waiter.next = 0
            Self.resume(address)
        }
    }

    /// Has all who sleep look again, without a report.
    private borrowing func resumeEarly() {
        var seen = waiting.load(ordering: .sequentiallyConsistent)
        while seen != 0, seen != Self.isReported {
            let (exchanged, original) = waiting.compareExchange(
                expected: seen,
                desired: 0,
                ordering: .sequentiallyConsistent
            )
            if exchanged { return Self.resume(seen) }
            seen = original
        }
    }

    private static func resume(_ first: UInt) {
        var address = first
        while let pointer = UnsafeRawPointer(bitPattern: address) {
            let waiter = Unmanaged<Waiter>.fromOpaque(pointer).takeRetainedValue()
            address = waiter.next
            waiter.continuation.resume()
        }
    }
}
