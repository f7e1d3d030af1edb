// SPDX-License-Identifier: Apache-2.0

/// Something that happened at a moment within a span.
public struct SpanEvent: Sendable, Hashable {
    /// What happened.
    public var name: String

    /// When it happened.
    public var time: Timestamp

    /// What there is to say about it.
    public var attributes: Attributes

    /// How many attributes were left out.
    public var droppedAttributeCount: Int

    /// An event of now, unless told otherwise.
    public init(
        name: String,
        time: Timestamp = .now,
        attributes: Attributes = Attributes(),
        droppedAttributeCount: Int = 0
    ) {
        self.name = name
        self.time = time
        self.attributes = attributes
        self.droppedAttributeCount = droppedAttributeCount
    }
}
