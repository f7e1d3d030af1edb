// SPDX-License-Identifier: Apache-2.0

import TraceContext

/// What stands within a span.
extension TelemetryDecoder {
    /// Reads OTLP's `Event`, and keeps it on top of ``events``.
    mutating func event(_ message: ProtobufReader) throws(ProtobufError) {
        try spend()
        var message = message
        var event = SpanEvent(name: "", time: Timestamp(nanoseconds: 0))
        var attributes = beginAttributes(of: .event)
        while let tag = try message.nextTag() {
            switch tag {
            case .fixed64(1): event.time = Timestamp(nanoseconds: try message.readFixed64())
            case .delimited(2): event.name = name(try message.readBytes())
            case .delimited(3): try attribute(message.readMessage(), into: &attributes)
            case .varint(4): event.droppedAttributeCount = try message.readCount()
            default: try message.skip(tag)
            }
        }
        event.attributes = end(attributes)
        events.push(event)
    }

    /// Reads OTLP's `Link`, and keeps it on top of ``links``.
    ///
    /// - Returns: Whether it has valid ids; if not, it is left out.
    mutating func link(_ message: ProtobufReader) throws(ProtobufError) -> Bool {
        try spend(2)
        var message = message
        var context = SpanContext(traceID: TraceID(high: 0, low: 0), spanID: SpanID(bits: 0))
        var attributes = beginAttributes(of: .link)
        var droppedAttributes = 0
        while let tag = try message.nextTag() {
            switch tag {
            case .delimited(1): context.traceID = try message.readTraceID()
            case .delimited(2): context.spanID = try message.readSpanID().id
            case .delimited(3): context.state = try message.readTraceState()
            case .delimited(4): try attribute(message.readMessage(), into: &attributes)
            case .varint(5): droppedAttributes = try message.readCount()
            case .fixed32(6):
                let flags = SpanFlags(bits: UInt32(truncatingIfNeeded: try message.readFixed32()))
                context.flags = flags.traceFlags
                context.isRemote = flags.isRemote ?? false
            default: try message.skip(tag)
            }
        }
        let said = end(attributes)
        guard context.isValid else { return false }
        links.push(SpanLink(context, attributes: said, droppedAttributeCount: droppedAttributes))
        return true
    }

    /// Reads OTLP's `Status`.
    mutating func status(_ message: ProtobufReader) throws(ProtobufError) -> SpanStatus {
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

extension ProtobufReader {
    /// Reads sixteen bytes as an id; the invalid one if they are not sixteen.
    @inline(__always)
    mutating func readTraceID() throws(ProtobufError) -> TraceID {
        let bytes = try readBytes()
        guard bytes.count == 16 else { return TraceID(high: 0, low: 0) }
        return TraceID(
            high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
            low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        )
    }

    /// Reads eight bytes as an id; the invalid one if they are not eight, which is malformed unless there are none.
    @inline(__always)
    mutating func readSpanID() throws(ProtobufError) -> (id: SpanID, isMalformed: Bool) {
        let bytes = try readBytes()
        guard bytes.count == 8 else { return (SpanID(bits: 0), !bytes.isEmpty) }
        return (SpanID(bits: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self))), false)
    }

    /// Reads the trace state; one that breaks the grammar is as good as none.
    @inline(__always)
    mutating func readTraceState() throws(ProtobufError) -> TraceState {
        let bytes = try readBytes()
        return bytes.isEmpty ? TraceState() : TraceState(String(protobuf: bytes)) ?? TraceState()
    }
}
