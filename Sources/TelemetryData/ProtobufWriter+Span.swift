// SPDX-License-Identifier: Apache-2.0

public import TraceContext

extension ProtobufWriter {
    /// Writes a finished span as OTLP's `Span`, the fields in the order of their numbers.
    ///
    /// Its resource and scope belong to the messages round it.
    public mutating func write(span: SpanData, field: Int) {
        withUnsafePointer(to: span) { write(spans: UnsafeBufferPointer(start: $0, count: 1), field: field) }
    }

    /// Writes finished spans, each as ``write(span:field:)`` does, where they lie.
    package mutating func write(spans: UnsafeBufferPointer<SpanData>, field: Int) {
        spans.forEachInPlace { write($0, field: field) }
    }

    private mutating func write(_ span: borrowing InPlace<SpanData>, field: Int) {
        // Most spans take between 128 and 16,383 bytes.
        write(message: field, lengthWidth: 2) { $0.write(contentOf: span) }
    }

    /// Writes the fields of OTLP's `Span`, without anything round them.
    package mutating func write(contentOf span: SpanData) {
        withUnsafePointer(to: span) { start in
            UnsafeBufferPointer(start: start, count: 1).forEachInPlace { write(contentOf: $0) }
        }
    }

    @inline(__always)
    private mutating func write(contentOf span: borrowing InPlace<SpanData>) {
        writeHead(span)
        write(attributes: span.value.attributes, field: 9)
        write(count: span.value.droppedAttributeCount, field: 10)
        span.value.events.forEachInPlace { write(event: $0, field: 11) }
        write(count: span.value.droppedEventCount, field: 12)
        span.value.links.forEachInPlace { write(link: $0, field: 13) }
        write(count: span.value.droppedLinkCount, field: 14)
        write(status: span.value.status, field: 15)
        write(flags: SpanFlags(span.value.context.flags, isRemote: span.value.parentIsRemote), field: 16)
    }

    /// Writes an event of a span.
    package mutating func write(event: SpanEvent, field: Int) {
        withUnsafePointer(to: event) { start in
            UnsafeBufferPointer(start: start, count: 1).forEachInPlace { write(event: $0, field: field) }
        }
    }

    /// Writes a link of a span.
    package mutating func write(link: SpanLink, field: Int) {
        withUnsafePointer(to: link) { start in
            UnsafeBufferPointer(start: start, count: 1).forEachInPlace { write(link: $0, field: field) }
        }
    }

    /// The ids, the name, the kind and the times.
    @inline(__always)
    private mutating func writeHead(_ span: borrowing InPlace<SpanData>) {
        write(traceID: span.value.context.traceID, field: 1)
        write(spanID: span.value.context.spanID, field: 2)
        if !span.value.context.state.isEmpty { write(string: span.value.context.state.description, field: 3) }
        if let parent = span.value.parentSpanID { write(spanID: parent, field: 4) }
        write(nonEmpty: span.value.name, field: 5)
        buffer.reserve(32)
        var cursor = ProtobufCursor(buffer.base + buffer.used)
        cursor.put(tag: 6, .varint)
        cursor.put(byte: UInt8(truncatingIfNeeded: span.value.kind.rawValue))
        cursor.put(time: span.value.start, field: 7)
        cursor.put(time: span.value.end, field: 8)
        buffer.advance(to: cursor)
    }

    private mutating func write(event: borrowing InPlace<SpanEvent>, field: Int) {
        write(message: field) { writer in
            writer.write(time: event.value.time, field: 1)
            writer.write(nonEmpty: event.value.name, field: 2)
            writer.write(attributes: event.value.attributes, field: 3)
            writer.write(count: event.value.droppedAttributeCount, field: 4)
        }
    }

    private mutating func write(link: borrowing InPlace<SpanLink>, field: Int) {
        write(message: field) { writer in
            let context = link.value.context
            writer.write(traceID: context.traceID, field: 1)
            writer.write(spanID: context.spanID, field: 2)
            if !context.state.isEmpty { writer.write(string: context.state.description, field: 3) }
            writer.write(attributes: link.value.attributes, field: 4)
            writer.write(count: link.value.droppedAttributeCount, field: 5)
            writer.write(flags: SpanFlags(context.flags, isRemote: context.isRemote), field: 6)
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

extension ProtobufCursor {
    /// Puts a time, unless it is not known.
    @inline(__always)
    fileprivate mutating func put(time: Timestamp, field: Int) {
        guard time.nanoseconds != 0 else { return }
        put(tag: field, .fixed64)
        put(time.nanoseconds.littleEndian)
    }
}
