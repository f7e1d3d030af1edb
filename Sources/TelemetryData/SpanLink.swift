// SPDX-License-Identifier: Apache-2.0

public import TraceContext

/// Says that a span has to do with another one, of this trace or of another.
public struct SpanLink: Sendable, Hashable {
    /// The span that is linked to.
    public var context: SpanContext

    /// What there is to say about the relation.
    public var attributes: Attributes

    /// How many attributes were left out.
    public var droppedAttributeCount: Int

    /// A link to a span.
    public init(_ context: SpanContext, attributes: Attributes = Attributes(), droppedAttributeCount: Int = 0) {
        self.context = context
        self.attributes = attributes
        self.droppedAttributeCount = droppedAttributeCount
    }

    /// The trace of the span that is linked to.
    public var traceID: TraceID { context.traceID }

    /// The span that is linked to.
    public var spanID: SpanID { context.spanID }
}
