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

    /// Nearly now: the system clock as it stood at its last tick, a few milliseconds ago, which takes less time to ask for.
    package static var nearlyNow: Timestamp {
        #if os(Linux)
        var time = timespec()
        clock_gettime(CLOCK_REALTIME_COARSE, &time)
        return Timestamp(nanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
        #else
        return now
        #endif
    }

    /// How many nanoseconds later this is than `earlier`, negative if it is earlier; the nearest number for more than 292
    /// years.
    package func nanoseconds(since earlier: Timestamp) -> Int64 {
        self >= earlier
            ? Int64(clamping: nanoseconds &- earlier.nanoseconds)
            : 0 &- Int64(clamping: earlier.nanoseconds &- nanoseconds)
    }

    /// Orders by time.
    public static func < (a: Self, b: Self) -> Bool { a.nanoseconds < b.nanoseconds }

    /// How much later this is than `earlier`, exactly; negative if it is earlier.
    public func duration(since earlier: Timestamp) -> Duration {
        let isLater = self >= earlier
        let length = isLater ? nanoseconds - earlier.nanoseconds : earlier.nanoseconds - nanoseconds
        let duration: Duration =
            if let length = Int64(exactly: length) {
                .nanoseconds(length)
            } else {
                .seconds(length / 1_000_000_000) + .nanoseconds(length % 1_000_000_000)
            }
        return isLater ? duration : .zero - duration
    }

    /// This moment moved by a duration, cut to whole nanoseconds; not before 1970 nor past the year 2554, but the nearest
    /// there is.
    public func advanced(by duration: Duration) -> Timestamp {
        let (seconds, attoseconds) = duration.components
        let (whole, overflow) = seconds.magnitude.multipliedReportingOverflow(by: 1_000_000_000)
        let (length, isTooLong) = whole.addingReportingOverflow(attoseconds.magnitude / 1_000_000_000)
        // Both parts have the sign of the duration.
        if seconds < 0 || attoseconds < 0 {
            return Timestamp(nanoseconds: overflow || isTooLong || length > nanoseconds ? 0 : nanoseconds - length)
        }
        let (moved, isTooLate) = nanoseconds.addingReportingOverflow(length)
        return Timestamp(nanoseconds: overflow || isTooLong || isTooLate ? .max : moved)
    }
}
