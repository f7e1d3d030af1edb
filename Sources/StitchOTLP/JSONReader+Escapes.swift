// SPDX-License-Identifier: Apache-2.0

extension JSONReader {
    /// Text with its escapes taken out; half a surrogate pair becomes U+FFFD.
    static func unescape(_ bytes: UnsafeRawBufferPointer) throws(OTLPError) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            guard byte == UInt8(ascii: "\\"), index < bytes.count else {
                text.append(byte)
                continue
            }
            let escaped = bytes[index]
            index += 1
            switch escaped {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(escaped)
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "f"): text.append(0x0c)
            case UInt8(ascii: "n"): text.append(0x0a)
            case UInt8(ascii: "r"): text.append(0x0d)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "u"):
                guard let unit = unit(bytes, at: index) else { throw malformed("an escape has no four digits") }
                index += 4
                text.append(contentsOf: scalar(unit, bytes, &index).utf8)
            default: throw malformed("an escape is not one that JSON has")
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The character of a UTF-16 unit and, if it is the first half of a pair, of the one that follows.
    private static func scalar(_ first: UInt32, _ bytes: UnsafeRawBufferPointer, _ index: inout Int) -> Character {
        if (0xd800..<0xdc00).contains(first), index + 1 < bytes.count, bytes[index] == UInt8(ascii: "\\"),
            bytes[index + 1] == UInt8(ascii: "u"), let second = unit(bytes, at: index + 2),
            (0xdc00..<0xe000).contains(second)
        {
            index += 6
            let value = 0x10000 + (first - 0xd800) << 10 + (second - 0xdc00)
            return Character(Unicode.Scalar(value) ?? "\u{fffd}")
        }
        return Character(Unicode.Scalar(first) ?? "\u{fffd}")
    }

    /// The value of four hexadecimal digits.
    private static func unit(_ bytes: UnsafeRawBufferPointer, at index: Int) -> UInt32? {
        guard index + 4 <= bytes.count else { return nil }
        var value: UInt32 = 0
        for digit in bytes[index..<index + 4] {
            guard let half = Hexadecimals.value(of: digit) else { return nil }
            value = value << 4 | UInt32(half)
        }
        return value
    }
}

/// Hexadecimal digits of either case.
enum Hexadecimals {
    @inline(__always)
    static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
