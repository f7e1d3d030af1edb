// SPDX-License-Identifier: Apache-2.0

public import TelemetryData

extension SpanData {
    /// The span with what an earlier copy of it says beyond it.
    ///
    /// All that is single is this copy's. Links that only the earlier copy has follow this one's; they are the same if
    /// they lead to the same span in the same role. So do attributes of which only the earlier copy has the key.
    ///
    /// - Parameter earlier: A copy that arrived before.
    /// - Returns: Both in one.
    public func united(withEarlier earlier: SpanData) -> SpanData {
        var span = self
        let known = Set(links.map(\.identity))
        span.links += earlier.links.filter { !known.contains($0.identity) }
        span.attributes.add(missingFrom: earlier.attributes)
        return span
    }

    /// The span as a store keeps it, which is what OTLP can say of it; `nil` without valid ids.
    ///
    /// A link without valid ids counts as left out, a time that is not told is the start, and a count is one of 32 bits.
    public var keepable: SpanData? {
        guard context.isValid else { return nil }
        var span = self
        span.context.isRemote = false
        if span.parentSpanID?.isValid == false { span.parentSpanID = nil }
        span.links = links.filter(\.context.isValid).map { link in
            var link = link
            link.droppedAttributeCount = link.droppedAttributeCount.kept
            return link
        }
        span.droppedLinkCount = (droppedLinkCount.kept + links.count - span.links.count).kept
        for index in span.events.indices {
            span.events[index].droppedAttributeCount = span.events[index].droppedAttributeCount.kept
        }
        span.droppedAttributeCount = droppedAttributeCount.kept
        span.droppedEventCount = droppedEventCount.kept
        span.resource.droppedAttributeCount = resource.droppedAttributeCount.kept
        span.scope.droppedAttributeCount = scope.droppedAttributeCount.kept
        span.fillMissingTimes()
        return span
    }
}

extension Int {
    /// A count as OTLP has it.
    fileprivate var kept: Int { Int(UInt32(clamping: self)) }
}

extension SpanLink {
    /// Which links of two copies of a span are the same.
    fileprivate var identity: LinkIdentity {
        LinkIdentity(
            traceID: traceID,
            spanID: spanID,
            role: attributes[MessagingConventions.Attribute.linkRole]?.stringValue
        )
    }
}

private struct LinkIdentity: Hashable {
    var traceID: TraceID
    var spanID: SpanID
    var role: String?
}
