// SPDX-License-Identifier: Apache-2.0

import TelemetryAPI

extension OutputBuffer.Place {
    /// Writes a span of messaging as OTLP's `Span`, in one go.
    ///
    /// Neither the span nor its link has a trace state.
    @inline(__always)
    mutating func write(_ span: borrowing MessageSpan, _ prepared: PreparedAttributes, end: Timestamp) {
        put(UInt16(0x10_0A))
        put(span.traceID.high.byteSwapped)
        put(span.traceID.low.byteSwapped)
        put(UInt16(0x08_12))
        put(span.spanID.bits.byteSwapped)
        var flags = UInt32(span.flags.rawValue)
        if let parent = span.parent {
            put(UInt16(0x08_22))
            put(parent.id.bits.byteSwapped)
            flags |= parent.isRemote ? 0x300 : 0x100
        }
        put(UInt16(0x30) | UInt16(truncatingIfNeeded: span.kind.rawValue) << 8)
        put(UInt8(0x39))
        put(span.start.nanoseconds)
        put(UInt8(0x41))
        put(max(span.start, end).nanoseconds)
        put(UInt16(0x01_85))
        put(flags)
        put(prepared)
        let details = span.details
        if let partition = details.partition { write(partition: partition) }
        if let offset = details.offset { write("messaging.kafka.offset", offset) }
        if let bodySize = details.bodySize { write("messaging.message.body.size", bodySize) }
        if let batchCount = details.batchCount { write("messaging.batch.message_count", batchCount) }
        if let attempt = details.attempt { write("stitch.job.attempt", attempt) }
        if let link = span.link {
            write(linkTo: link.traceID, link.spanID, link.flags, isRemote: link.isRemote, link.role)
        }
    }

    /// Writes an attribute that is a whole number.
    @inline(__always)
    private mutating func write(_ key: StaticString, _ number: Int64) {
        let bits = UInt64(bitPattern: number)
        let width = bits < 0x80 ? 1 : (70 &- bits.leadingZeroBitCount) / 7
        let count = key.utf8CodeUnitCount
        put(UInt32(0x0A_004A) | UInt32(truncatingIfNeeded: count &+ width &+ 5) << 8 | UInt32(count) << 24)
        put(literal: key)
        put(UInt16(0x12) | UInt16(truncatingIfNeeded: width &+ 1) << 8)
        put(UInt8(0x18))
        put(varint: bits)
    }

    /// Writes the partition, which the conventions want as text.
    @inline(never)
    private mutating func write(partition: Int32) {
        let key: StaticString = "messaging.destination.partition.id"
        let count = key.utf8CodeUnitCount
        var text = String(partition)
        text.withUTF8 { digits in
            put(UInt32(0x0A_004A) | UInt32(truncatingIfNeeded: count &+ digits.count &+ 6) << 8 | UInt32(count) << 24)
            put(literal: key)
            put(
                UInt32(0x0A_0012) | UInt32(truncatingIfNeeded: digits.count &+ 2) << 8
                    | UInt32(truncatingIfNeeded: digits.count) << 24
            )
            put(UnsafeRawPointer(digits.baseAddress), digits.count)
        }
    }
}
