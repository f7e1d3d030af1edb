// SPDX-License-Identifier: Apache-2.0

public import TelemetryData

/// A stretch of time in which a message waited before a span worked on it.
public struct FlowWait: Sendable, Hashable {
    /// What was waited for.
    public enum Reason: String, Sendable, Hashable, CaseIterable {
        /// The message lay in its topic.
        case topic
        /// Somebody had asked for a later time.
        case scheduled
        /// The attempt before had failed, and the next was not due yet.
        case backoff
        /// It was due, and no worker was free.
        case ready
    }

    /// What was waited for.
    public var reason: Reason

    /// When the wait began.
    public var start: Timestamp

    /// When it ended.
    public var end: Timestamp

    /// How long it was.
    public var duration: Duration { end.duration(since: start) }
}

extension SpanData {
    /// The waits that ended with this span's start, in order.
    public var waits: [FlowWait] {
        typealias Attribute = MessagingConventions.Attribute
        let parts: [(FlowWait.Reason, Double?)] = [
            (.scheduled, attributes[Attribute.waitScheduled]?.doubleValue),
            (.backoff, attributes[Attribute.waitBackoff]?.doubleValue),
            (.ready, attributes[Attribute.waitReady]?.doubleValue),
        ]
        let known = parts.compactMap { reason, seconds in seconds.map { (reason, $0) } }.filter { $0.1 > 0 }
        if !known.isEmpty { return Self.waits(known, endingAt: start) }
        guard let seconds = attributes[Attribute.wait]?.doubleValue, seconds > 0 else { return [] }
        return Self.waits([(.topic, seconds)], endingAt: start)
    }

    private static func waits(_ parts: [(FlowWait.Reason, Double)], endingAt end: Timestamp) -> [FlowWait] {
        var waits: [FlowWait] = []
        var end = end
        for (reason, seconds) in parts.reversed() {
            // An attribute from outside may say anything; no wait began before 1970.
            let length = Duration.seconds(min(seconds, Double(end.nanoseconds) / 1e9))
            let start = end.advanced(by: .zero - length)
            waits.append(FlowWait(reason: reason, start: start, end: end))
            end = start
        }
        return waits.reversed()
    }
}
