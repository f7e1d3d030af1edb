// SPDX-License-Identifier: Apache-2.0

public import TraceContext

/// A finished span.
public struct SpanData: Sendable, Hashable {
    /// Its ids, flags and trace state.
    public var context: SpanContext

    /// The span that it is a child of; `nil` for the root of a trace.
    public var parentSpanID: SpanID?

    /// Whether its parent is a span of another process; `nil` where nobody said.
    public var parentIsRemote: Bool?

    /// Which side of a relation it is.
    public var kind: SpanKind

    /// What was done.
    public var name: String

    /// When it began.
    public var start: Timestamp

    /// When it ended, not before it began.
    public var end: Timestamp

    /// What there is to say about it.
    public var attributes: Attributes

    /// What happened meanwhile.
    public var events: [SpanEvent]

    /// The spans that it has to do with.
    public var links: [SpanLink]

    /// How it ended.
    public var status: SpanStatus

    /// How many attributes were left out.
    public var droppedAttributeCount: Int

    /// How many events were left out.
    public var droppedEventCount: Int

    /// How many links were left out.
    public var droppedLinkCount: Int

    /// What it comes from.
    package var origin: SpanOrigin

    /// A finished span.
    public init(
        context: SpanContext,
        parentSpanID: SpanID? = nil,
        parentIsRemote: Bool? = nil,
        name: String,
        kind: SpanKind = .internal,
        start: Timestamp,
        end: Timestamp,
        attributes: Attributes = Attributes(),
        events: [SpanEvent] = [],
        links: [SpanLink] = [],
        status: SpanStatus = .unset,
        droppedAttributeCount: Int = 0,
        droppedEventCount: Int = 0,
        droppedLinkCount: Int = 0,
        resource: Resource = Resource(),
        scope: InstrumentationScope = InstrumentationScope(name: "")
    ) {
        self.init(
            context: context,
            parentSpanID: parentSpanID,
            parentIsRemote: parentIsRemote,
            name: name,
            kind: kind,
            start: start,
            end: end,
            attributes: attributes,
            events: events,
            links: links,
            status: status,
            droppedAttributeCount: droppedAttributeCount,
            droppedEventCount: droppedEventCount,
            droppedLinkCount: droppedLinkCount,
            origin: SpanOrigin(resource, scope)
        )
    }

    /// What produced it.
    ///
    /// Spans that were read together share it, so it is no part of a span's size; setting it makes a copy.
    public var resource: Resource {
        get { origin.resource }
        set { origin = SpanOrigin(newValue, origin.scope) }
    }

    /// Which library made it.
    ///
    /// Shared as ``resource`` is.
    public var scope: InstrumentationScope {
        get { origin.scope }
        set { origin = SpanOrigin(origin.resource, newValue) }
    }

    /// The trace that it belongs to.
    public var traceID: TraceID { context.traceID }

    /// Its own id.
    public var spanID: SpanID { context.spanID }

    /// The span that it is a child of, as a context; `nil` for the root of a trace.
    public var parent: SpanContext? {
        parentSpanID.map { SpanContext(traceID: traceID, spanID: $0, isRemote: parentIsRemote ?? false) }
    }

    /// How long it took.
    public var duration: Duration { end.duration(since: start) }
}
