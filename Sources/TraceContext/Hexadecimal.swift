// SPDX-License-Identifier: Apache-2.0

/// Lower-case hexadecimal, the only form that W3C Trace Context knows.
enum Hexadecimal {
    /// The value of `count` digits from `offset` on, or `nil` if one of them is not `0`–`9` or `a`–`f`.
    ///
    /// `count` is at most 16, and the caller has checked that so many bytes are there.
    static func parse(_ bytes: UnsafeBufferPointer<UInt8>, at offset: Int, count: Int) -> UInt64? {
        var value: UInt64 = 0
        for index in offset..<(offset + count) {
            guard let digit = digit(bytes[index]) else { return nil }
            value = value << 4 | digit
        }
        return value
    }

    private static func digit(_ byte: UInt8) -> UInt64? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
        default: nil
        }
    }

    /// Writes the lowest `count` digits of `value` from `offset` on.
    static func write(_ value: UInt64, to bytes: UnsafeMutableBufferPointer<UInt8>, at offset: Int, count: Int) {
        var rest = value
        for index in (offset..<(offset + count)).reversed() {
            let digit = UInt8(truncatingIfNeeded: rest & 0xf)
            bytes[index] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
            rest >>= 4
        }
    }

    static func string(_ parts: UInt64...) -> String {
        String(unsafeUninitializedCapacity: parts.count * 16) { bytes in
            for (index, part) in parts.enumerated() { write(part, to: bytes, at: index * 16, count: 16) }
            return parts.count * 16
        }
    }
}
