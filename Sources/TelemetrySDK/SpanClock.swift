// SPDX-License-Identifier: Apache-2.0

import CStitchPlatform
import Synchronization
import TelemetryData

/// Tells the time so that no span seems to end before it began: a clock that never goes back, moved to the system's time.
///
/// By how much it is moved is found out again every ten seconds, so that spans follow a system clock that is corrected.
/// Each span keeps to what held at its start: its duration is right whatever happens to the system clock meanwhile.
///
/// It is moved on at once, but not back by a second or less, so that no span seems to begin before its parent: a process
/// whose system clock was that much ahead stays so. Only where the clock is set back by more do later spans begin earlier.
final class SpanClock: Sendable {
    /// By how many nanoseconds a span's clock is moved; wraps.
    struct Offset: Sendable, Hashable {
        var nanoseconds: UInt64
    }

    private static let lifetime: UInt64 = 10_000_000_000

    /// From how much on a system clock that is behind counts as one that was set back.
    private static let step: Int64 = 1_000_000_000

    private let offset: Atomic<UInt64>
    private let determinedAt: Atomic<UInt64>

    init() {
        offset = Atomic(Self.difference)
        determinedAt = Atomic(Self.monotonic)
    }

    /// Now, for a span that starts, and what its end is to be measured with.
    func start() -> (time: Timestamp, offset: Offset) {
        let monotonic = Self.monotonic
        let determined = determinedAt.load(ordering: .relaxed)
        if monotonic &- determined > Self.lifetime,
            determinedAt.compareExchange(expected: determined, desired: monotonic, ordering: .relaxed).exchanged
        {
            let old = offset.load(ordering: .relaxed)
            offset.store(Self.next(old, found: Self.difference), ordering: .relaxed)
        }
        let offset = offset.load(ordering: .relaxed)
        return (Timestamp(nanoseconds: monotonic &+ offset), Offset(nanoseconds: offset))
    }

    /// By how much the clock is moved from now on.
    ///
    /// - Parameters:
    ///   - old: By how much it was so far.
    ///   - found: By how much the system's clock is ahead of it; wraps, as `old` does.
    /// - Returns: One of the two.
    static func next(_ old: UInt64, found: UInt64) -> UInt64 {
        let change = Int64(bitPattern: found &- old)
        return change < 0 && change >= -step ? old : found
    }

    /// By how much the system's clock is ahead; less by what it takes to find out, but never more.
    @inline(never)
    private static var difference: UInt64 {
        var (difference, least): (UInt64, UInt64) = (0, .max)
        // Again if the thread was held up in between.
        for _ in 0..<16 where least > 1_000 {
            let before = monotonic
            let now = Timestamp.now.nanoseconds
            let after = monotonic
            if after &- before < least { (difference, least) = (now &- after, after &- before) }
        }
        return difference
    }

    /// Now, for a span that started with this offset.
    static func now(_ offset: Offset) -> Timestamp {
        Timestamp(nanoseconds: monotonic &+ offset.nanoseconds)
    }

    @inline(__always)
    private static var monotonic: UInt64 { stitch_monotonic_time() }
}
