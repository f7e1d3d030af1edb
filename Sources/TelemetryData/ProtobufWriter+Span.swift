// SPDX-License-Identifier: Apache-2.0

public import TraceContext

extension ProtobufWriter {
    /// Writes a finished span as OTLP's `Span`, the fields in the order of their numbers.
    ///
    /// Its resource and scope belong to the messages round it.
    public mutating func write(span: borrowing SpanData, field: Int) {
        buffer.reserve(256)
        put(tag: field, type: 2)
        // Most spans take between 128 and 16,383 bytes.
        let start = buffer.used &+ 2
        buffer.advance(2)
        write(contentOf: span)
        close(messageAt: start, reserved: 2)
    }

    /// Writes the fields of OTLP's `Span`, without anything round them.
    package mutating func write(contentOf span: borrowing SpanData) {
        write(traceID: span.context.traceID, field: 1)
        write(spanID: span.context.spanID, field: 2)
        if !span.context.state.isEmpty { write(string: span.context.state.description, field: 3) }
        if let parent = span.parentSpanID { write(spanID: parent, field: 4) }
        write(nonEmpty: span.name, field: 5)
        write(varint: UInt64(truncatingIfNeeded: span.kind.rawValue), field: 6)
        write(time: span.start, field: 7)
        write(time: span.end, field: 8)
        write(attributes: span.attributes, field: 9)
        write(count: span.droppedAttributeCount, field: 10)
        for event in span.events { write(event: event, field: 11) }
        write(count: span.droppedEventCount, field: 12)
        for link in span.links { write(link: link, field: 13) }
        write(count: span.droppedLinkCount, field: 14)
        write(status: span.status, field: 15)
        write(flags: SpanFlags(span.context.flags, isRemote: span.parentIsRemote), field: 16)
    }

    /// Writes an event of a span.
    package mutating func write(event: SpanEvent, field: Int) {
        write(message: field) { writer in
            writer.write(time: event.time, field: 1)
            writer.write(nonEmpty: event.name, field: 2)
            writer.write(attributes: event.attributes, field: 3)
            writer.write(count: event.droppedAttributeCount, field: 4)
        }
    }

    /// Writes a link of a span.
    package mutating func write(link: SpanLink, field: Int) {
        write(message: field) { writer in
            writer.write(traceID: link.context.traceID, field: 1)
            writer.write(spanID: link.context.spanID, field: 2)
            if !link.context.state.isEmpty { writer.write(string: link.context.state.description, field: 3) }
            writer.write(attributes: link.attributes, field: 4)
            writer.write(count: link.droppedAttributeCount, field: 5)
            writer.write(flags: SpanFlags(link.context.flags, isRemote: link.context.isRemote), field: 6)
        }
    }

    /// Writes how a span went, where anybody said.
    package mutating func write(status: SpanStatus, field: Int) {
        switch status {
        case .unset: break
        case .ok: write(message: field) { $0.write(varint: 1, field: 3) }
        case .error(let message):
            write(message: field) { writer in
                writer.write(nonEmpty: message, field: 2)
                writer.write(varint: 2, field: 3)
            }
        }
    }

    private mutating func write(flags: SpanFlags, field: Int) {
        if flags.bits != 0 { write(fixed32: flags.bits, field: field) }
    }

    private mutating func write(time: Timestamp, field: Int) {
        if time.nanoseconds != 0 { write(fixed64: time.nanoseconds, field: field) }
    }

    /// Writes a trace id as its 16 bytes.
    @inline(__always)
    public mutating func write(traceID: TraceID, field: Int) {
        buffer.reserve(32)
        put(tag: field, type: 2)
        put(varint: 16)
        put(traceID.high.bigEndian)
        put(traceID.low.bigEndian)
    }

    /// Writes a span id as its 8 bytes.
    @inline(__always)
    public mutating func write(spanID: SpanID, field: Int) {
        buffer.reserve(24)
        put(tag: field, type: 2)
        put(varint: 8)
        put(spanID.bits.bigEndian)
    }
}
