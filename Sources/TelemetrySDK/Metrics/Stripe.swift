// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import TelemetryAPI

/// One of several aggregations of an instrument, so that threads that measure at the same time don't meet.
///
/// `@unchecked Sendable`: what `contents` points to is touched only by the thread that has taken the lock word.
final class Stripe: @unchecked Sendable {
    // 0: free. A thread never sleeps on it: who finds it taken goes to another stripe. (`Mutex` would make threads queue
    // up where there are more of them than processors.)
    private let word = Atomic<UInt32>(0)

    // Owned: allocated and initialised by `init`, deinitialised and freed by `deinit`. A pointer spares each measurement
    // the checks of exclusive access, which the lock word makes sure of.
    private let contents: UnsafeMutablePointer<Aggregation>

    // Keeps what another processor writes all the time off this object's cache lines.
    private let padding: CacheLines = CacheLines()

    init(_ aggregation: Aggregation) {
        contents = .allocate(capacity: 1)
        contents.initialize(to: aggregation)
    }

    deinit {
        contents.deinitialize(count: 1)
        contents.deallocate()
    }

    /// Uses the aggregation; `nil` where another thread does.
    @inline(__always)
    func tryUse<Result>(_ body: (inout Aggregation) -> Result) -> Result? {
        guard word.load(ordering: .relaxed) == 0,
            word.compareExchange(expected: 0, desired: 1, successOrdering: .acquiring, failureOrdering: .relaxed)
                .exchanged
        else { return nil }
        defer { word.store(0, ordering: .releasing) }
        return body(&contents.pointee)
    }

    /// Uses the aggregation once it is free: others hold it for less than a microsecond, unless they lose their processor.
    func use<Result>(_ body: (inout Aggregation) -> Result) -> Result {
        while true {
            if let result = tryUse(body) { return result }
            sched_yield()
        }
    }
}

/// 128 bytes: two cache lines of 64, since processors fetch them in pairs.
struct CacheLines {
    private var low: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0, 0, 0)
    private var high: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0, 0, 0)
}
