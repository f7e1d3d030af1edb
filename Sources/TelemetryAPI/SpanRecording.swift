// SPDX-License-Identifier: Apache-2.0

public import TelemetryData

/// What a tracer keeps of one recorded span.
///
/// Any thread may call it, at any time, also after the end.
public protocol SpanRecording: AnyObject, Sendable {
    /// Whether what is said now is still kept.
    var isRecording: Bool { get }

    /// The value of an attribute, if it is kept.
    func attribute(_ key: String) -> AttributeValue?

    /// Sets an attribute, or removes it.
    func setAttribute(_ key: String, _ value: AttributeValue?)

    /// Calls the span something else.
    func rename(_ name: String)

    /// Adds a link to another span.
    func addLink(_ link: SpanLink)

    /// Adds something that happened; now, by the span's clock, where its time is 0.
    func addEvent(_ event: SpanEvent)

    /// Says how the span went. What was said last counts, except that `ok` is final and `unset` says nothing.
    func setStatus(_ status: SpanStatus)

    /// Ends the span, now or at a given moment. Only the first call counts.
    func end(at time: Timestamp?)
}
