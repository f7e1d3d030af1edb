// SPDX-License-Identifier: Apache-2.0

package import TraceContext

/// What a span comes from: one object for all spans of a message, so that each costs one reference.
package final class SpanOrigin: Sendable, Hashable {
    /// What produced the spans.
    package let resource: Resource

    /// Which library made them.
    package let scope: InstrumentationScope

    /// Nothing is known.
    package static let unknown = SpanOrigin(Resource(), InstrumentationScope(name: ""))

    /// Spans of this resource and scope.
    package init(_ resource: Resource, _ scope: InstrumentationScope) {
        self.resource = resource
        self.scope = scope
    }

    /// Whether both say the same.
    package static func == (a: SpanOrigin, b: SpanOrigin) -> Bool {
        a === b || a.scope == b.scope && a.resource == b.resource
    }

    /// Hashes what they say.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(resource)
        hasher.combine(scope)
    }
}

extension SpanData {
    /// A finished span of an origin that others may share.
    package init(
        context: SpanContext,
        parentSpanID: SpanID? = nil,
        parentIsRemote: Bool? = nil,
        name: String,
        kind: SpanKind,
        start: Timestamp,
        end: Timestamp,
        attributes: Attributes = Attributes(),
        events: [SpanEvent] = [],
        links: [SpanLink] = [],
        status: SpanStatus = .unset,
        droppedAttributeCount: Int = 0,
        droppedEventCount: Int = 0,
        droppedLinkCount: Int = 0,
        origin: SpanOrigin
    ) {
        self.context = context
        self.parentSpanID = parentSpanID
        self.parentIsRemote = parentIsRemote
        self.name = name
        self.kind = kind
        self.start = start
        self.end = end
        self.attributes = attributes
        self.events = events
        self.links = links
        self.status = status
        self.droppedAttributeCount = droppedAttributeCount
        self.droppedEventCount = droppedEventCount
        self.droppedLinkCount = droppedLinkCount
        self.origin = origin
    }
}
