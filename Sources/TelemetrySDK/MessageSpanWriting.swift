// SPDX-License-Identifier: Apache-2.0

import TelemetryAPI

extension OutputBuffer.Place {
    /// Writes a span of messaging as OTLP's `Span`, in one go.
    ///
    /// Neither the span nor its link has a trace state.
    @inline(__always)
    mutating func write(
        _ span: borrowing MessageSpan,
        _ prepared: PreparedAttributes,
        end: Timestamp,
        key: UnsafeRawBufferPointer,
        _ receipt: MessageReceipt
    ) {
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
        // The conventions want it as text.
        if let partition = details.partition { write("messaging.destination.partition.id", digitsOf: Int64(partition)) }
        if let offset = details.offset { write("messaging.kafka.offset", offset) }
        if let bodySize = details.bodySize { write("messaging.message.body.size", bodySize) }
        if let batchCount = details.batchCount { write("messaging.batch.message_count", batchCount) }
        if let attempt = details.attempt { write("stitch.job.attempt", attempt) }
        if let broker = details.brokerID { write("stitch.kafka.broker.id", Int64(broker)) }
        if details.known.contains(.latency) { write("stitch.send.latency", details.latencySeconds) }
        if details.isTombstone { writeTruth("messaging.kafka.message.tombstone") }
        if let wait = receipt.waitNanoseconds {
            let seconds = Double(wait.magnitude) / 1e9
            if wait < 0 { write("stitch.clock_skew", seconds) } else { write("stitch.wait", seconds) }
        }
        if let ready = receipt.readyNanoseconds { write("stitch.wait.ready", Double(ready) / 1e9) }
        if let id = receipt.messageNumber { write("messaging.message.id", digitsOf: id) }
        if let lag = receipt.lag { write("stitch.kafka.lag", lag) }
        if receipt.timestampType.isKnown, let type = receipt.timestampType.name {
            write("stitch.message.timestamp_type", text: UnsafeRawPointer(type.utf8Start), type.utf8CodeUnitCount)
        }
        if let start = key.baseAddress { write("messaging.kafka.message.key", text: start, key.count) }
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

    /// Writes an attribute that is a number.
    @inline(__always)
    private mutating func write(_ key: StaticString, _ number: Double) {
        let count = key.utf8CodeUnitCount
        put(UInt32(0x0A_004A) | UInt32(truncatingIfNeeded: count &+ 13) << 8 | UInt32(count) << 24)
        put(literal: key)
        put(UInt16(0x09_12))
        put(UInt8(0x21))
        put(number.bitPattern)
    }

    /// Writes an attribute that says so.
    @inline(__always)
    private mutating func writeTruth(_ key: StaticString) {
        let count = key.utf8CodeUnitCount
        put(UInt32(0x0A_004A) | UInt32(truncatingIfNeeded: count &+ 6) << 8 | UInt32(count) << 24)
        put(literal: key)
        put(UInt32(0x01_10_02_12))
    }

    /// Writes an attribute that is text: so short that every length is one byte.
    @inline(__always)
    private mutating func write(_ key: StaticString, text: UnsafeRawPointer, _ textCount: Int) {
        let count = key.utf8CodeUnitCount
        put(UInt32(0x0A_004A) | UInt32(truncatingIfNeeded: count &+ textCount &+ 6) << 8 | UInt32(count) << 24)
        put(literal: key)
        put(
            UInt32(0x0A_0012) | UInt32(truncatingIfNeeded: textCount &+ 2) << 8
                | UInt32(truncatingIfNeeded: textCount) << 24
        )
        put(text, textCount)
    }

    /// Whether bytes are ASCII, eight at a time.
    @inline(__always)
    static func isASCII(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var all: UInt64 = 0
        var index = 0
        while index &+ 8 <= bytes.count {
            all |= bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            index &+= 8
        }
        while index < bytes.count {
            all |= UInt64(bytes[index])
            index &+= 1
        }
        return all & 0x8080_8080_8080_8080 == 0
    }

    /// Writes an attribute that is a whole number as text.
    @inline(__always)
    private mutating func write(_ key: StaticString, digitsOf number: Int64) {
        // Up to 19 digits and a sign: backwards, into the end of three words.
        var digits = (UInt64(0), UInt64(0), UInt64(0))
        withUnsafeMutableBytes(of: &digits) { digits in
            var (rest, index) = (number.magnitude, digits.count)
            repeat {
                index &-= 1
                digits[index] = UInt8(truncatingIfNeeded: 48 &+ rest % 10)
                rest /= 10
            } while rest > 0
            if number < 0 {
                index &-= 1
                digits[index] = UInt8(ascii: "-")
            }
            guard let start = digits.baseAddress else { return }
            write(key, text: UnsafeRawPointer(start + index), digits.count &- index)
        }
    }
}
