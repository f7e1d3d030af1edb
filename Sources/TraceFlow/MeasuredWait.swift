// SPDX-License-Identifier: Apache-2.0

package import TelemetryData

/// How long a message waited before a span worked on it, in seconds, as the span or its link to the message says.
package struct MeasuredWait: Sendable, Hashable {
    /// What an attribute tells the length of.
    package enum Part: Sendable, Hashable {
        case total, scheduled, backoff, ready
    }

    private var total = 0.0
    private var scheduled = 0.0
    private var backoff = 0.0
    private var ready = 0.0

    /// No wait.
    package init() {}

    /// What attributes say.
    init(_ attributes: Attributes) {
        typealias Attribute = MessagingConventions.Attribute
        total = attributes[Attribute.wait]?.doubleValue ?? 0
        scheduled = attributes[Attribute.waitScheduled]?.doubleValue ?? 0
        backoff = attributes[Attribute.waitBackoff]?.doubleValue ?? 0
        ready = attributes[Attribute.waitReady]?.doubleValue ?? 0
    }

    /// Takes what one attribute says.
    package mutating func set(_ part: Part, seconds: Double) {
        switch part {
        case .total: total = seconds
        case .scheduled: scheduled = seconds
        case .backoff: backoff = seconds
        case .ready: ready = seconds
        }
    }

    /// How long it is in all, if it ended at a moment; none began before 1970.
    package func duration(until end: Timestamp) -> Duration {
        guard hasParts else { return end.gap(since: end.earlier(by: Duration(attributeSeconds: total))) }
        let start = [ready, backoff, scheduled].reduce(end) { $0.earlier(by: Duration(attributeSeconds: $1)) }
        return end.gap(since: start)
    }

    /// Its parts, in order, if it ended at a moment; for what is usual where only the whole is told.
    func waits(until end: Timestamp, usual: FlowWait.Reason) -> [FlowWait] {
        let parts: [(FlowWait.Reason, Double)] =
            hasParts ? [(.scheduled, scheduled), (.backoff, backoff), (.ready, ready)] : [(usual, total)]
        var waits: [FlowWait] = []
        var end = end
        for (reason, seconds) in parts.reversed() where seconds > 0 {
            let start = end.earlier(by: Duration(attributeSeconds: seconds))
            waits.append(FlowWait(reason: reason, start: start, end: end))
            end = start
        }
        return waits.reversed()
    }

    private var hasParts: Bool { scheduled > 0 || backoff > 0 || ready > 0 }
}
