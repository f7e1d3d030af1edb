// SPDX-License-Identifier: Apache-2.0

public import Foundation

/// A `timestamptz` to the microsecond, as Postgres keeps it.
///
/// `Date` is a floating-point number, which loses the last digit; this loses nothing, and costs nothing to decode.
public struct PostgresInstant: Sendable, Hashable, Comparable {
    /// Microseconds since 2000-01-01 00:00 UTC; the largest and the smallest number are Postgres' `infinity`.
    public var microseconds: Int64

    /// Seconds from 1970 to 2000.
    static let epoch = 946_684_800.0

    /// Names an instant.
    ///
    /// - Parameter microseconds: Since 2000-01-01 00:00 UTC.
    public init(microseconds: Int64) { self.microseconds = microseconds }

    /// The same instant to the microsecond; what lies further away than 100,000 years is Postgres' `infinity`.
    public init(_ date: Date) {
        let interval = date.timeIntervalSince1970
        guard abs(interval) < 100_000 * 365 * 86_400 else {
            microseconds = interval < 0 ? .min : .max
            return
        }
        microseconds = Int64((interval * 1e6).rounded()) - Int64(Self.epoch) * 1_000_000
    }

    /// The same as a date; `distantFuture` and `distantPast` for the infinities.
    public var date: Date {
        switch microseconds {
        case .max: .distantFuture
        case .min: .distantPast
        default: Date(timeIntervalSince1970: Self.epoch + Double(microseconds) / 1e6)
        }
    }

    /// Nanoseconds since 1970, as spans have it; `nil` where 64 bits don't hold it.
    public var nanosecondsSince1970: UInt64? {
        let (sum, overflows) = microseconds.addingReportingOverflow(Int64(Self.epoch) * 1_000_000)
        guard !overflows, sum >= 0 else { return nil }
        let (product, isTooLarge) = UInt64(sum).multipliedReportingOverflow(by: 1000)
        return isTooLarge ? nil : product
    }

    /// Whether one is earlier than the other.
    public static func < (one: Self, other: Self) -> Bool { one.microseconds < other.microseconds }
}

extension PostgresInstant: PostgresEncodable {
    /// The instant.
    public var postgresValue: PostgresValue { PostgresValue(content: .instant(microseconds)) }
}
