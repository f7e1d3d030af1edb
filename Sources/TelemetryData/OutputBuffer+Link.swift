// SPDX-License-Identifier: Apache-2.0

package import TraceContext

extension OutputBuffer.Place {
    /// How many bytes ``write(linkTo:_:_:isRemote:_:)`` writes at most.
    package static var mostOfLink: Int { 80 }

    /// Writes a link to a span without trace state, as a field of OTLP's `Span`; its one attribute says what that span is.
    @inlinable
    @inline(__always)
    package mutating func write(
        linkTo traceID: TraceID,
        _ spanID: SpanID,
        _ flags: TraceFlags,
        isRemote: Bool,
        _ role: MessagingConventions.LinkRole
    ) {
        let attribute = role.encodedAttribute
        let count = attribute.utf8CodeUnitCount
        put(UInt16(0x6A) | UInt16(truncatingIfNeeded: count &+ 33) << 8)
        put(UInt16(0x10_0A))
        put(traceID.high.byteSwapped)
        put(traceID.low.byteSwapped)
        put(UInt16(0x08_12))
        put(spanID.bits.byteSwapped)
        put(UnsafeRawPointer(attribute.utf8Start), count)
        put(UInt8(0x35))
        put(UInt32(flags.rawValue) | (isRemote ? 0x300 : 0x100))
    }
}

extension AttributeWriter {
    /// Adds a link without trace state that says what it is to.
    package mutating func addLink(to context: borrowing SpanContext, _ role: MessagingConventions.LinkRole) {
        writer.buffer.reserve(OutputBuffer.Place.mostOfLink)
        var place = writer.buffer.place
        place.write(linkTo: context.traceID, context.spanID, context.flags, isRemote: context.isRemote, role)
        writer.buffer.end(at: place)
    }
}

extension MessagingConventions.LinkRole {
    /// `stitch.link` with this value, as an attribute of OTLP's `Span.Link`, with tag and length.
    @usableFromInline var encodedAttribute: StaticString {
        switch self {
        case .creation: "\u{22}\u{19}\u{0A}\u{0B}stitch.link\u{12}\u{0A}\u{0A}\u{08}creation"
        case .previousAttempt: "\u{22}\u{21}\u{0A}\u{0B}stitch.link\u{12}\u{12}\u{0A}\u{10}previous_attempt"
        case .attempt: "\u{22}\u{18}\u{0A}\u{0B}stitch.link\u{12}\u{09}\u{0A}\u{07}attempt"
        case .ambient: "\u{22}\u{18}\u{0A}\u{0B}stitch.link\u{12}\u{09}\u{0A}\u{07}ambient"
        }
    }
}
