// SPDX-License-Identifier: Apache-2.0

package import TraceContext

extension ProtobufWriter {
    /// Writes what is known of a span as it starts, in one go: its ids, flags and trace state, its parent, kind and start.
    package mutating func write(
        startOf spanID: SpanID,
        in traceID: TraceID,
        flags: TraceFlags,
        state: borrowing TraceState,
        parent: SpanID?,
        parentIsRemote: Bool?,
        kind: SpanKind,
        at time: Timestamp
    ) {
        buffer.reserve(80)
        var place = buffer.place
        place.put(UInt16(0x10_0A))
        place.put(traceID.high.byteSwapped)
        place.put(traceID.low.byteSwapped)
        place.put(UInt16(0x08_12))
        place.put(spanID.bits.byteSwapped)
        if let parent {
            place.put(UInt16(0x08_22))
            place.put(parent.bits.byteSwapped)
        }
        place.put(UInt16(0x30) | UInt16(truncatingIfNeeded: kind.rawValue) << 8)
        place.put(UInt8(0x39))
        place.put(time.nanoseconds)
        place.put(UInt16(0x01_85))
        place.put(SpanFlags(flags, isRemote: parentIsRemote).bits)
        buffer.end(at: place)
        if !state.isEmpty { write(string: state.description, field: 3) }
    }

    /// Writes what is known of a span only when it ends.
    package mutating func write(
        endAt time: Timestamp,
        status: SpanStatus,
        droppedAttributes: Int,
        droppedEvents: Int,
        droppedLinks: Int
    ) {
        buffer.reserve(9)
        var place = buffer.place
        place.put(UInt8(0x41))
        place.put(time.nanoseconds)
        buffer.end(at: place)
        if droppedAttributes | droppedEvents | droppedLinks != 0 {
            write(count: droppedAttributes, field: 10)
            write(count: droppedEvents, field: 12)
            write(count: droppedLinks, field: 14)
        }
        if status != .unset { write(status: status, field: 15) }
    }
}
