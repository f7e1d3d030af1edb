// SPDX-License-Identifier: Apache-2.0

import CStitchPlatform
import Synchronization
import TelemetryData

/// Tells the time so that no span seems to end before it began: a clock that never goes back, moved to the system's time.
///
/// By how much it is moved is found out again every ten seconds, so that spans follow a system clock that is corrected.
/// Each span keeps to what held at its start: its duration is right whatever happens to the system clock meanwhile.
final class SpanClock: Sendable {
    /// By how many nanoseconds a span's clock is moved; wraps.
    struct Offset: Sendable, Hashable {
        var nanoseconds: UInt64
    }

    private static let lifetime: UInt64 = 10_000_000_000

    private let offset: Atomic<UInt64>
    private let determinedAt: Atomic<UInt64>

    init() {
        let monotonic = Self.monotonic
        offset = Atomic(Timestamp.now.nanoseconds &- monotonic)
        determinedAt = Atomic(monotonic)
    }

    /// Now, for a span that starts, and what its end is to be measured with.
    func start() -> (time: Timestamp, offset: Offset) {
        let monotonic = Self.monotonic
        let determined = determinedAt.load(ordering: .relaxed)
        if monotonic &- determined > Self.lifetime,
            determinedAt.compareExchange(expected: determined, desired: monotonic, ordering: .relaxed).exchanged
        {
            offset.store(Timestamp.now.nanoseconds &- monotonic, ordering: .relaxed)
        }
        let offset = offset.load(ordering: .relaxed)
        return (Timestamp(nanoseconds: monotonic &+ offset), Offset(nanoseconds: offset))
    }

    /// Now, for a span that started with this offset.
    static func now(_ offset: Offset) -> Timestamp {
        Timestamp(nanoseconds: monotonic &+ offset.nanoseconds)
    }

    @inline(__always)
    private static var monotonic: UInt64 { stitch_monotonic_time() }
}
