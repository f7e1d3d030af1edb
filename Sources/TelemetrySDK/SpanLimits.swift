// SPDX-License-Identifier: Apache-2.0

import TelemetryAPI

/// How much of a span is kept; what is above is dropped and counted.
///
/// The counts start from 0; a negative one counts as 0.
public struct SpanLimits: Sendable, Hashable {
    /// How many attributes a span keeps.
    public var attributes = 128

    /// How many events a span keeps.
    public var events = 128

    /// How many links a span keeps.
    public var links = 128

    /// How many attributes each event keeps.
    public var attributesPerEvent = 128

    /// How many attributes each link keeps.
    public var attributesPerLink = 128

    /// How long the value of an attribute may be, in Unicode scalars or bytes.
    ///
    /// Longer ones are cut, of an array each element by itself; `nil` keeps them whole.
    public var attributeValueLength: Int?

    /// The limits that OpenTelemetry sets by default.
    public init() {}

    /// A value as it is kept.
    func limited(_ value: AttributeValue) -> AttributeValue {
        guard let attributeValueLength else { return value }
        return value.limited(to: max(0, attributeValueLength))
    }

    /// Attributes as they are kept: the first ones, so many.
    func limited(_ attributes: Attributes, to count: Int) -> (kept: Attributes, dropped: Int) {
        // What is within the limits, as nearly always, is not copied.
        guard attributes.count > count || attributeValueLength != nil else { return (attributes, 0) }
        var kept = Attributes()
        for element in attributes.elements.prefix(max(0, count)) { kept[element.key] = limited(element.value) }
        return (kept, attributes.count - kept.count)
    }

    /// An event as it is kept.
    func limited(_ event: SpanEvent) -> SpanEvent {
        var event = event
        let (kept, dropped) = limited(event.attributes, to: attributesPerEvent)
        event.attributes = kept
        event.droppedAttributeCount += dropped
        return event
    }
}
