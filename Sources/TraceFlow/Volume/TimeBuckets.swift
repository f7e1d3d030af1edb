// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// Amounts by the time at which they began, in stretches of one length.
///
/// Only stretches in which anything began are kept, and when there are too many, each two become one: a time that nobody
/// can have meant costs a stretch of its own and nothing else.
struct TimeBuckets: Sendable {
    private struct Content {
        var amount = Volume.Amount()
        var services: [String: Volume.Amount] = [:]

        mutating func add(_ other: Content) {
            amount.add(other.amount)
            for (service, amount) in other.services { services[service, default: Volume.Amount()].add(amount) }
        }
    }

    private var length: UInt64
    private let limit: Int
    private var contents: [UInt64: Content] = [:]

    init(length: Duration, limit: Int) {
        self.length = UInt64(max(1, Int64(saturating: length)))
        self.limit = max(1, limit)
    }

    mutating func add(_ amount: Volume.Amount, of service: String?, at time: Timestamp) {
        let number = time.nanoseconds / length
        var content = contents.removeValue(forKey: number) ?? Content()
        content.amount.add(amount)
        if let service { content.services[service, default: Volume.Amount()].add(amount) }
        contents[number] = content
        while contents.count > limit { coarsen() }
    }

    private mutating func coarsen() {
        let (doubled, overflow) = length.multipliedReportingOverflow(by: 2)
        length = overflow ? .max : doubled
        var merged: [UInt64: Content] = [:]
        for (number, content) in contents { merged[overflow ? 0 : number / 2, default: Content()].add(content) }
        contents = merged
    }

    /// How long a stretch is.
    var duration: Duration { .nanoseconds(Int64(clamping: length)) }

    /// The stretches, in order.
    var all: [Volume.Bucket] {
        contents.sorted { $0.key < $1.key }.map { number, content in
            Volume.Bucket(
                start: Timestamp(nanoseconds: number.multipliedReportingOverflow(by: length).partialValue),
                amount: content.amount,
                services: content.services
            )
        }
    }
}
