// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// Writes JSON without white space.
///
/// Whoever calls keeps to the grammar; commas come by themselves.
struct JSONWriter: ~Copyable {
    var buffer: OutputBuffer
    private var needsComma = false

    init(capacity: Int) {
        buffer = OutputBuffer(capacity: capacity)
    }

    /// Writes a key, which has nothing to escape, with its colon: `"key":`.
    @inline(__always)
    mutating func key(_ quoted: StaticString) {
        separate()
        buffer.append(quoted)
        needsComma = false
    }

    @inline(__always)
    mutating func object(_ body: (inout JSONWriter) -> Void) {
        beginObject()
        body(&self)
        endObject()
    }

    @inline(__always)
    mutating func beginObject() {
        separate()
        buffer.append(UInt8(ascii: "{"))
        needsComma = false
    }

    @inline(__always)
    mutating func endObject() {
        buffer.append(UInt8(ascii: "}"))
        needsComma = true
    }

    @inline(__always)
    mutating func array(_ body: (inout JSONWriter) -> Void) {
        separate()
        buffer.append(UInt8(ascii: "["))
        needsComma = false
        body(&self)
        buffer.append(UInt8(ascii: "]"))
        needsComma = true
    }

    mutating func string(_ text: String) {
        separate()
        var text = text
        text.withUTF8 { bytes in
            buffer.reserve(bytes.count + 2)
            buffer.append(UInt8(ascii: "\""))
            var start = 0
            for index in bytes.indices where Self.mustBeEscaped(bytes[index]) {
                buffer.append(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[start..<index]))
                escape(bytes[index])
                start = index + 1
            }
            buffer.append(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[start...]))
            buffer.append(UInt8(ascii: "\""))
        }
        needsComma = true
    }

    @inline(__always)
    private static func mustBeEscaped(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private mutating func escape(_ byte: UInt8) {
        buffer.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\n"): buffer.append(UInt8(ascii: "n"))
        case UInt8(ascii: "\r"): buffer.append(UInt8(ascii: "r"))
        case UInt8(ascii: "\t"): buffer.append(UInt8(ascii: "t"))
        case 0..<0x20:
            buffer.append("u00")
            buffer.append(Self.digit(byte >> 4))
            buffer.append(Self.digit(byte & 15))
        default: buffer.append(byte)
        }
    }

    /// A number of 64 bits, which OTLP writes as text.
    mutating func quoted(_ value: UInt64, isNegative: Bool = false) {
        separate()
        buffer.append(UInt8(ascii: "\""))
        digits(value, isNegative: isNegative)
        buffer.append(UInt8(ascii: "\""))
        needsComma = true
    }

    /// A number of 64 bits, which OTLP writes as text.
    mutating func quoted(_ value: Int64) {
        quoted(value.magnitude, isNegative: value < 0)
    }

    mutating func number(_ value: UInt64) {
        separate()
        digits(value, isNegative: false)
        needsComma = true
    }

    mutating func number(_ value: Int64) {
        separate()
        digits(value.magnitude, isNegative: value < 0)
        needsComma = true
    }

    /// A floating-point number; what JSON has no number for as the text that protobuf's JSON has for it.
    mutating func number(_ value: Double) {
        guard value.isFinite else {
            string(value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity")
            return
        }
        separate()
        var text = value.description
        text.withUTF8 { buffer.append(UnsafeRawBufferPointer($0)) }
        needsComma = true
    }

    mutating func truth(_ value: Bool) {
        separate()
        buffer.append(value ? "true" : "false")
        needsComma = true
    }

    /// Words as hexadecimal digits, sixteen each.
    @inline(__always)
    mutating func hexadecimal(_ first: UInt64, _ second: UInt64? = nil) {
        separate()
        buffer.append(UInt8(ascii: "\""))
        sixteenDigits(first)
        if let second { sixteenDigits(second) }
        buffer.append(UInt8(ascii: "\""))
        needsComma = true
    }

    private mutating func sixteenDigits(_ word: UInt64) {
        var digits = (Self.eightDigits(word >> 32).bigEndian, Self.eightDigits(word).bigEndian)
        withUnsafeBytes(of: &digits) { buffer.append($0) }
    }

    /// The lower 32 bits as eight digits, the first in the highest byte.
    @inline(__always)
    private static func eightDigits(_ value: UInt64) -> UInt64 {
        var halves = value & 0xffff_ffff
        halves = (halves | halves << 16) & 0x0000_ffff_0000_ffff
        halves = (halves | halves << 8) & 0x00ff_00ff_00ff_00ff
        halves = (halves | halves << 4) & 0x0f0f_0f0f_0f0f_0f0f
        // Digits above nine are `a` to `f`, which stand 39 further on than what would follow `9`.
        let letters = (halves &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        return halves &+ 0x3030_3030_3030_3030 &+ letters &* 39
    }

    mutating func base64(_ bytes: [UInt8]) {
        separate()
        buffer.append(UInt8(ascii: "\""))
        Base64.encode(bytes) { buffer.append($0) }
        buffer.append(UInt8(ascii: "\""))
        needsComma = true
    }

    @inline(__always)
    private mutating func separate() {
        if needsComma { buffer.append(UInt8(ascii: ",")) }
    }

    private mutating func digits(_ value: UInt64, isNegative: Bool) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 21) { room in
            var rest = value
            var start = room.count
            repeat {
                start -= 1
                room[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest > 0
            if isNegative {
                start -= 1
                room[start] = UInt8(ascii: "-")
            }
            buffer.append(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(room)[start...]))
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
