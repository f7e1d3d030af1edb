// SPDX-License-Identifier: Apache-2.0

import TelemetryData

extension Timestamp {
    /// How much later this is than another moment, zero if it isn't; right for all moments that 64 bits can say.
    func gap(since other: Timestamp) -> Duration {
        guard self > other else { return .zero }
        let difference = nanoseconds - other.nanoseconds
        return .seconds(difference / 1_000_000_000) + .nanoseconds(difference % 1_000_000_000)
    }

    /// This moment moved back, not before 1970; not moved by a negative duration.
    func earlier(by duration: Duration) -> Timestamp {
        guard duration > .zero else { return self }
        let (seconds, attoseconds) = duration.components
        let (whole, overflow) = UInt64(max(0, seconds)).multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return Timestamp(nanoseconds: 0) }
        let (length, isTooLong) = whole.addingReportingOverflow(UInt64(max(0, attoseconds)) / 1_000_000_000)
        return Timestamp(nanoseconds: isTooLong || length > nanoseconds ? 0 : nanoseconds - length)
    }
}

extension Duration {
    /// So many seconds, as an attribute from outside says: zero for what is no number or negative, and an age at most.
    init(attributeSeconds seconds: Double) {
        // 584 years: all that 64 bits of nanoseconds can say.
        self = seconds > 0 ? .seconds(min(seconds, 18_446_744_073)) : .zero
    }
}
