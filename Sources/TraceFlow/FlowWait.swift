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
        /// The message lay in an outbox until it was sent.
        case outbox
    }

    /// What was waited for.
    public var reason: Reason

    /// When the wait began.
    public var start: Timestamp

    /// When it ended.
    public var end: Timestamp

    /// Whether nobody measured it: it is what lies between two spans.
    public var isDerived = false

    /// How long it was.
    public var duration: Duration { end.gap(since: start) }
}

extension SpanData {
    /// The waits that ended with this span's start, in order, as it says itself.
    public var waits: [FlowWait] { attributes.waits(until: start, of: self) }

    /// What a message waits for before work on it, where nobody said.
    var usualWait: FlowWait.Reason {
        attributes[MessagingConventions.Attribute.system]?.stringValue == "stitch" ? .ready : .topic
    }
}

extension Attributes {
    /// The waits that ended at a moment; of a span, or of the link to one of its messages.
    func waits(until end: Timestamp, of span: SpanData) -> [FlowWait] {
        MeasuredWait(self).waits(until: end, usual: span.usualWait)
    }

    /// A length of time; zero where there is none.
    func duration(_ key: String) -> Duration { Duration(attributeSeconds: self[key]?.doubleValue ?? 0) }
}
