// SPDX-License-Identifier: Apache-2.0

package import TelemetryData
package import TraceContext

/// A tracer in the usual setting: its spans follow their parents, and what travels of them is W3C trace context.
///
/// For whoever starts a span for each of very many messages: the parent decides, nobody is asked, and a start is four numbers.
package protocol PlainTracing: AnyObject, Sendable {
    /// The id of a child of a span that isn't sampled, which nobody records.
    func unrecordedChild() -> SpanID

    /// Starts a child of a span that is sampled.
    ///
    /// - Parameter prepared: What it will say of its target.
    /// - Returns: The start; `nil`, with nothing done, where the span would not be within the limits.
    func recordedChild(saying prepared: Unmanaged<PreparedAttributes>) -> PlainStart?
}

/// A tracer that may be in the usual setting.
package protocol PlainTracingProvider: Tracer {
    /// The same tracer for plain messages; `nil` where it isn't in the usual setting.
    var plain: (any PlainTracing)? { get }
}

/// The start of a span that is no more than numbers.
package struct PlainStart: Sendable {
    package let spanID: SpanID
    package let start: Timestamp

    /// What its end is measured with.
    package let clock: UInt64

    /// Who takes it back; lives as long as the tracer.
    package let taker: Unmanaged<MessageSpanTaker>

    /// The start of a span.
    package init(_ spanID: SpanID, at start: Timestamp, clock: UInt64, _ taker: Unmanaged<MessageSpanTaker>) {
        self.spanID = spanID
        self.start = start
        self.clock = clock
        self.taker = taker
    }
}

extension Tracer {
    /// The tracer for plain messages.
    var plain: (any PlainTracing)? {
        isEnabled ? (self as? any PlainTracingProvider)?.plain : nil
    }
}
