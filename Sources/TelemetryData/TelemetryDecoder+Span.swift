// SPDX-License-Identifier: Apache-2.0

import TraceContext

extension TelemetryDecoder {
    /// Reads OTLP's `Span`.
    ///
    /// A time that is not told counts as the span's start, and a kind that is not known as internal. A link without valid
    /// ids counts as left out.
    ///
    /// - Returns: The span, without resource and scope; `nil` if it has no valid ids.
    /// - Throws: ``ProtobufError`` when the bytes are no such message.
    public mutating func span(_ message: ProtobufReader) throws(ProtobufError) -> SpanData? {
        var spans: [SpanData] = []
        _ = try span(message, of: .unknown, into: &spans)
        return spans.popLast()
    }

    /// Reads OTLP's `Span` as ``span(_:)`` does, and puts it where it is to lie.
    ///
    /// - Returns: Whether it has valid ids; if not, nothing is put there.
    package mutating func span(
        _ message: ProtobufReader,
        of origin: SpanOrigin,
        into spans: inout [SpanData]
    ) throws(ProtobufError) -> Bool {
        let start = (attributes: attributes.count, events: events.count, links: links.count)
        do {
            return try readSpan(message, of: origin, into: &spans)
        } catch {
            // A span that broke leaves nothing to those after it.
            attributes.remove(from: start.attributes)
            events.remove(from: start.events)
            links.remove(from: start.links)
            throw error
        }
    }

    @inline(__always)
    private mutating func readSpan(
        _ message: ProtobufReader,
        of origin: SpanOrigin,
        into spans: inout [SpanData]
    ) throws(ProtobufError) -> Bool {
        try spend(8)
        var message = message
        var context = SpanContext(traceID: TraceID(high: 0, low: 0), spanID: SpanID(bits: 0))
        var parent = SpanID(bits: 0)
        var hasBadParent = false, parentIsRemote: Bool?
        var name = "", kind = SpanKind.internal, status = SpanStatus.unset
        var start: UInt64 = 0, end: UInt64 = 0
        var attributes = beginAttributes(of: .span)
        let firstEvent = events.count, firstLink = links.count
        var droppedAttributes = 0, droppedEvents = 0, droppedLinks = 0, badLinks = 0
        while let tag = try message.nextTag() {
            switch tag {
            case .delimited(1): context.traceID = try message.readTraceID()
            case .delimited(2): context.spanID = try message.readSpanID().id
            case .delimited(3): context.state = try message.readTraceState()
            case .delimited(4):
                let field = try message.readSpanID()
                parent = field.id
                hasBadParent = field.isMalformed
            case .delimited(5): name = self.name(try message.readBytes())
            case .varint(6): kind = SpanKind(rawValue: Int(truncatingIfNeeded: try message.readVarint())) ?? .internal
            case .fixed64(7): start = try message.readFixed64()
            case .fixed64(8): end = try message.readFixed64()
            case .delimited(9): try attribute(message.readMessage(), into: &attributes)
            case .varint(10): droppedAttributes = try message.readCount()
            case .delimited(11): try event(message.readMessage())
            case .varint(12): droppedEvents = try message.readCount()
            case .delimited(13): if try !link(message.readMessage()) { badLinks += 1 }
            case .varint(14): droppedLinks = try message.readCount()
            case .delimited(15): status = try self.status(message.readMessage())
            case .fixed32(16):
                let flags = SpanFlags(bits: UInt32(truncatingIfNeeded: try message.readFixed32()))
                context.flags = flags.traceFlags
                parentIsRemote = flags.isRemote
            default: try message.skip(tag)
            }
        }
        // Taken in any case: they are no part of the next span.
        let said = self.end(attributes), linked = links.take(from: firstLink)
        var happened = events.take(from: firstEvent)
        guard context.isValid, !hasBadParent else { return false }
        if end == 0 { end = start }
        for index in happened.indices where happened[index].time.nanoseconds == 0 {
            happened[index].time = Timestamp(nanoseconds: start)
        }
        spans.append(
            SpanData(
                context: context,
                parentSpanID: parent.isValid ? parent : nil,
                parentIsRemote: parentIsRemote,
                name: name,
                kind: kind,
                start: Timestamp(nanoseconds: start),
                end: Timestamp(nanoseconds: end),
                attributes: said,
                events: happened,
                links: linked,
                status: status,
                droppedAttributeCount: droppedAttributes,
                droppedEventCount: droppedEvents,
                droppedLinkCount: droppedLinks + badLinks,
                origin: origin
            )
        )
        return true
    }
}

extension SpanStatus {
    /// A status by OTLP's number; one that is not known says nothing.
    package init(code: UInt64, message: String) {
        switch code {
        case 1: self = .ok
        case 2: self = .error(message)
        default: self = .unset
        }
    }
}

extension SpanData {
    /// Puts the start where a time was not told.
    package mutating func fillMissingTimes() {
        if end.nanoseconds == 0 { end = start }
        for index in events.indices where events[index].time.nanoseconds == 0 { events[index].time = start }
    }
}
