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
        try spend(8)
        var message = message
        var traceID: TraceID?, spanID: SpanID?, parent: SpanID?
        var hasBadParent = false, badLinks = 0
        var span = SpanData(
            context: .invalid,
            name: "",
            start: Timestamp(nanoseconds: 0),
            end: Timestamp(nanoseconds: 0)
        )
        var attributes = AttributeCollector()
        while let field = try message.next() {
            switch (field.number, field.type) {
            case (1, .lengthDelimited): traceID = field.traceID
            case (2, .lengthDelimited): spanID = field.spanID
            case (3, .lengthDelimited): span.context.state = field.traceState
            case (4, .lengthDelimited):
                parent = field.spanID
                hasBadParent = parent == nil && !field.bytes.isEmpty
            case (5, .lengthDelimited): span.name = name(field)
            case (6, .varint): span.kind = SpanKind(rawValue: Int(truncatingIfNeeded: field.bits)) ?? .internal
            case (7, .fixed64): span.start = Timestamp(nanoseconds: field.bits)
            case (8, .fixed64): span.end = Timestamp(nanoseconds: field.bits)
            case (9, .lengthDelimited): try attribute(message.message(field), into: &attributes)
            case (10, .varint): span.droppedAttributeCount = field.count
            case (11, .lengthDelimited): span.events.append(try event(message.message(field)))
            case (12, .varint): span.droppedEventCount = field.count
            case (13, .lengthDelimited):
                if let link = try link(message.message(field)) { span.links.append(link) } else { badLinks += 1 }
            case (14, .varint): span.droppedLinkCount = field.count
            case (15, .lengthDelimited): span.status = try status(message.message(field))
            case (16, .fixed32):
                let flags = SpanFlags(bits: UInt32(truncatingIfNeeded: field.bits))
                span.context.flags = flags.traceFlags
                span.parentIsRemote = flags.isRemote
            default: break
            }
        }
        guard let traceID, let spanID, traceID.isValid, spanID.isValid, !hasBadParent else { return nil }
        span.context.traceID = traceID
        span.context.spanID = spanID
        span.parentSpanID = parent.flatMap { $0.isValid ? $0 : nil }
        span.attributes = attributes.attributes
        span.droppedLinkCount += badLinks
        span.fillMissingTimes()
        return span
    }

    private mutating func event(_ message: ProtobufReader) throws(ProtobufError) -> SpanEvent {
        try spend()
        var message = message
        var event = SpanEvent(name: "", time: Timestamp(nanoseconds: 0))
        var attributes = AttributeCollector()
        while let field = try message.next() {
            switch (field.number, field.type) {
            case (1, .fixed64): event.time = Timestamp(nanoseconds: field.bits)
            case (2, .lengthDelimited): event.name = name(field)
            case (3, .lengthDelimited): try attribute(message.message(field), into: &attributes)
            case (4, .varint): event.droppedAttributeCount = field.count
            default: break
            }
        }
        event.attributes = attributes.attributes
        return event
    }

    mutating func link(_ message: ProtobufReader) throws(ProtobufError) -> SpanLink? {
        try spend(2)
        var message = message
        var traceID: TraceID?, spanID: SpanID?
        var link = SpanLink(.invalid)
        var attributes = AttributeCollector()
        while let field = try message.next() {
            switch (field.number, field.type) {
            case (1, .lengthDelimited): traceID = field.traceID
            case (2, .lengthDelimited): spanID = field.spanID
            case (3, .lengthDelimited): link.context.state = field.traceState
            case (4, .lengthDelimited): try attribute(message.message(field), into: &attributes)
            case (5, .varint): link.droppedAttributeCount = field.count
            case (6, .fixed32):
                let flags = SpanFlags(bits: UInt32(truncatingIfNeeded: field.bits))
                link.context.flags = flags.traceFlags
                link.context.isRemote = flags.isRemote ?? false
            default: break
            }
        }
        guard let traceID, let spanID, traceID.isValid, spanID.isValid else { return nil }
        link.context.traceID = traceID
        link.context.spanID = spanID
        link.attributes = attributes.attributes
        return link
    }

    private mutating func status(_ message: ProtobufReader) throws(ProtobufError) -> SpanStatus {
        var message = message
        var text = "", code: UInt64 = 0
        while let field = try message.next() {
            switch (field.number, field.type) {
            case (2, .lengthDelimited): text = field.string
            case (3, .varint): code = field.bits
            default: break
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

extension ProtobufReader.Field {
    /// Sixteen bytes as an id, valid or not.
    fileprivate var traceID: TraceID? {
        guard bytes.count == 16 else { return nil }
        return TraceID(
            high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
            low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        )
    }

    /// Eight bytes as an id, valid or not.
    fileprivate var spanID: SpanID? {
        guard bytes.count == 8 else { return nil }
        return SpanID(bits: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)))
    }

    /// The trace state; one that breaks the grammar is as good as none.
    fileprivate var traceState: TraceState { bytes.isEmpty ? TraceState() : TraceState(string) ?? TraceState() }
}
