// SPDX-License-Identifier: Apache-2.0

import CStitchPlatform
import Synchronization

/// How many spans a tracer has started, recorded and not.
///
/// Each thread counts at a place that it shares with few others, since one place for all would go from processor to
/// processor with every span.
final class SpanStarts: Sendable {
    private struct Place: ~Copyable {
        let sampled = Atomic<Int>(0)
        let unsampled = Atomic<Int>(0)
        // Two lines of a processor's cache that no other place shares.
        private let padding: (Int, Int, Int, Int, Int, Int, Int, Int, Int, Int, Int, Int, Int, Int) =
            (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    }

    private static let count = 16

    private struct Places: @unchecked Sendable {
        // Owned by the object until its end; what it points to is atomic.
        let start: UnsafeMutablePointer<Place>
    }

    private let places: Places

    init() {
        let start = UnsafeMutablePointer<Place>.allocate(capacity: Self.count)
        for index in 0..<Self.count { (start + index).initialize(to: Place()) }
        places = Places(start: start)
    }

    deinit {
        places.start.deinitialize(count: Self.count)
        places.start.deallocate()
    }

    @inline(__always)
    func add(isSampled: Bool) {
        let place = places.start + (Int(stitch_thread_number()) & (Self.count - 1))
        if isSampled {
            place.pointee.sampled.wrappingAdd(1, ordering: .relaxed)
        } else {
            place.pointee.unsampled.wrappingAdd(1, ordering: .relaxed)
        }
    }

    /// The counts so far.
    var counts: (sampled: Int, unsampled: Int) {
        var counts = (sampled: 0, unsampled: 0)
        for index in 0..<Self.count {
            counts.sampled += places.start[index].sampled.load(ordering: .relaxed)
            counts.unsampled += places.start[index].unsampled.load(ordering: .relaxed)
        }
        return counts
    }
}
