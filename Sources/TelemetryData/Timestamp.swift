// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A moment in nanoseconds since 1970-01-01 UTC, as OTLP writes it.
public struct Timestamp: Sendable, Hashable, Comparable {
    /// Nanoseconds since 1970-01-01 UTC.
    public var nanoseconds: UInt64

    /// The moment so many nanoseconds after 1970-01-01 UTC.
    public init(nanoseconds: UInt64) {
        self.nanoseconds = nanoseconds
    }

    /// The moment so many milliseconds after 1970-01-01 UTC; before that, and past the year 2554, the nearest there is.
    public init(milliseconds: Int64) {
        let (nanoseconds, overflow) = UInt64(max(milliseconds, 0)).multipliedReportingOverflow(by: 1_000_000)
        self.nanoseconds = overflow ? .max : nanoseconds
    }

    /// Whole milliseconds since 1970-01-01 UTC.
    public var milliseconds: Int64 { Int64(clamping: nanoseconds / 1_000_000) }

    /// The moment that the system clock shows.
    public static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(nanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
    }

    /// Orders by time.
    public static func < (a: Self, b: Self) -> Bool { a.nanoseconds < b.nanoseconds }

    /// How much later this is than `earlier`; negative if it is earlier.
    public func duration(since earlier: Timestamp) -> Duration {
        .nanoseconds(Int64(truncatingIfNeeded: nanoseconds &- earlier.nanoseconds))
    }

    /// This moment moved by a duration; not before 1970.
    public func advanced(by duration: Duration) -> Timestamp {
        let (seconds, attoseconds) = duration.components
        let (moved, overflow) = Int64(clamping: nanoseconds).addingReportingOverflow(
            seconds.multipliedReportingOverflow(by: 1_000_000_000).partialValue + attoseconds / 1_000_000_000
        )
        return Timestamp(nanoseconds: overflow ? nanoseconds : UInt64(max(moved, 0)))
    }
}
