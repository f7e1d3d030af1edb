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
        _ = try span(message, of: Resource(), InstrumentationScope(name: ""), into: &spans)
        return spans.popLast()
    }

    /// Reads OTLP's `Span` as ``span(_:)`` does, and puts it where it is to lie.
    ///
    /// - Returns: Whether it has valid ids; if not, nothing is put there.
    package mutating func span(
        _ message: ProtobufReader,
        of resource: Resource,
        _ scope: InstrumentationScope,
        into spans: inout [SpanData]
    ) throws(ProtobufError) -> Bool {
        try spend(8)
        var message = message
        var context = SpanContext(traceID: TraceID(high: 0, low: 0), spanID: SpanID(bits: 0))
        var parent = SpanID(bits: 0)
        var hasBadParent = false, parentIsRemote: Bool?
        var name = "", kind = SpanKind.internal, status = SpanStatus.unset
        var start: UInt64 = 0, end: UInt64 = 0
        var attributes = AttributeCollector(), events: [SpanEvent] = [], links: [SpanLink] = []
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
            case .delimited(9):
                let attribute = try message.readMessage()
                try self.attribute(attribute, into: &attributes, rest: message.rest.count)
            case .varint(10): droppedAttributes = try message.readCount()
            case .delimited(11): events.append(try event(message.readMessage()))
            case .varint(12): droppedEvents = try message.readCount()
            case .delimited(13): if try !link(message.readMessage(), into: &links) { badLinks += 1 }
            case .varint(14): droppedLinks = try message.readCount()
            case .delimited(15): status = try self.status(message.readMessage())
            case .fixed32(16):
                let flags = SpanFlags(bits: UInt32(truncatingIfNeeded: try message.readFixed32()))
                context.flags = flags.traceFlags
                parentIsRemote = flags.isRemote
            default: try message.skip(tag)
            }
        }
        guard context.isValid, !hasBadParent else { return false }
        if end == 0 { end = start }
        for index in events.indices where events[index].time.nanoseconds == 0 {
            events[index].time = Timestamp(nanoseconds: start)
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
                attributes: attributes.take(),
                events: events,
                links: links,
                status: status,
                droppedAttributeCount: droppedAttributes,
                droppedEventCount: droppedEvents,
                droppedLinkCount: droppedLinks + badLinks,
                resource: resource,
                scope: scope
            )
        )
        return true
    }

    private mutating func event(_ message: ProtobufReader) throws(ProtobufError) -> SpanEvent {
        try spend()
        var message = message
        var event = SpanEvent(name: "", time: Timestamp(nanoseconds: 0))
        var attributes = AttributeCollector()
        while let tag = try message.nextTag() {
            switch tag {
            case .fixed64(1): event.time = Timestamp(nanoseconds: try message.readFixed64())
            case .delimited(2): event.name = name(try message.readBytes())
            case .delimited(3):
                let attribute = try message.readMessage()
                try self.attribute(attribute, into: &attributes, rest: message.rest.count)
            case .varint(4): event.droppedAttributeCount = try message.readCount()
            default: try message.skip(tag)
            }
        }
        event.attributes = attributes.take()
        return event
    }

    /// Reads OTLP's `Link`.
    ///
    /// - Returns: Whether it has valid ids; if not, it is left out.
    private mutating func link(_ message: ProtobufReader, into links: inout [SpanLink]) throws(ProtobufError) -> Bool {
        try spend(2)
        var message = message
        var context = SpanContext(traceID: TraceID(high: 0, low: 0), spanID: SpanID(bits: 0))
        var attributes = AttributeCollector()
        var droppedAttributes = 0
        while let tag = try message.nextTag() {
            switch tag {
            case .delimited(1): context.traceID = try message.readTraceID()
            case .delimited(2): context.spanID = try message.readSpanID().id
            case .delimited(3): context.state = try message.readTraceState()
            case .delimited(4):
                let attribute = try message.readMessage()
                try self.attribute(attribute, into: &attributes, rest: message.rest.count)
            case .varint(5): droppedAttributes = try message.readCount()
            case .fixed32(6):
                let flags = SpanFlags(bits: UInt32(truncatingIfNeeded: try message.readFixed32()))
                context.flags = flags.traceFlags
                context.isRemote = flags.isRemote ?? false
            default: try message.skip(tag)
            }
        }
        guard context.isValid else { return false }
        links.append(SpanLink(context, attributes: attributes.take(), droppedAttributeCount: droppedAttributes))
        return true
    }

    private mutating func status(_ message: ProtobufReader) throws(ProtobufError) -> SpanStatus {
        var message = message
        var text = "", code: UInt64 = 0
        while let tag = try message.nextTag() {
            switch tag {
            case .delimited(2): text = try message.readText()
            case .varint(3): code = try message.readVarint()
            default: try message.skip(tag)
            }
        }
        return SpanStatus(code: code, message: text)
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

extension ProtobufReader {
    /// Reads sixteen bytes as an id; the invalid one if they are not sixteen.
    @inline(__always)
    fileprivate mutating func readTraceID() throws(ProtobufError) -> TraceID {
        let bytes = try readBytes()
        guard bytes.count == 16 else { return TraceID(high: 0, low: 0) }
        return TraceID(
            high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
            low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        )
    }

    /// Reads eight bytes as an id; the invalid one if they are not eight, which is malformed unless there are none.
    @inline(__always)
    fileprivate mutating func readSpanID() throws(ProtobufError) -> (id: SpanID, isMalformed: Bool) {
        let bytes = try readBytes()
        guard bytes.count == 8 else { return (SpanID(bits: 0), !bytes.isEmpty) }
        return (SpanID(bits: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self))), false)
    }

    /// Reads the trace state; one that breaks the grammar is as good as none.
    @inline(__always)
    fileprivate mutating func readTraceState() throws(ProtobufError) -> TraceState {
        let bytes = try readBytes()
        return bytes.isEmpty ? TraceState() : TraceState(String(protobuf: bytes)) ?? TraceState()
    }
}
