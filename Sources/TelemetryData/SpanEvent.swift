// SPDX-License-Identifier: Apache-2.0

/// Something that happened at a moment within a span.
public struct SpanEvent: Sendable, Hashable {
    /// What happened.
    public var name: String

    /// When it happened; 0, as OTLP has it, where that isn't told.
    public var time: Timestamp

    /// What there is to say about it.
    public var attributes: Attributes

    /// How many attributes were left out.
    public var droppedAttributeCount: Int

    /// Something that happened.
    ///
    /// - Parameters:
    ///   - name: What happened.
    ///   - time: When; unless told, the moment when it is said of a span, by the clock that the span's start and end are
    ///     told by.
    ///   - attributes: What there is to say about it.
    ///   - droppedAttributeCount: How many attributes were left out.
    public init(
        name: String,
        time: Timestamp? = nil,
        attributes: Attributes = Attributes(),
        droppedAttributeCount: Int = 0
    ) {
        self.name = name
        self.time = time ?? Timestamp(nanoseconds: 0)
        self.attributes = attributes
        self.droppedAttributeCount = droppedAttributeCount
    }

    /// This event, of a given time unless its own is told.
    package func timed(by time: @autoclosure () -> Timestamp) -> SpanEvent {
        guard self.time.nanoseconds == 0 else { return self }
        var event = self
        event.time = time()
        return event
    }
}
