// SPDX-License-Identifier: Apache-2.0

/// Lower-case hexadecimal, the only form that W3C Trace Context knows: eight digits at a time, in one 64-bit word.
enum Hexadecimal {
    private static let everyByte: UInt64 = 0x0101_0101_0101_0101
    private static let lowHalves: UInt64 = 0x0f0f_0f0f_0f0f_0f0f

    /// The value of eight digits, or `nil` if one of them is not `0`–`9` or `a`–`f`.
    ///
    /// The caller has checked that eight bytes are there.
    @inline(__always)
    static func parseEight(_ bytes: UnsafeRawPointer) -> UInt64? {
        let text = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
        // A byte below 0x80 plus a constant below 0x80 carries nothing into its neighbour, so each addition compares all
        // eight bytes with a bound: the top bit says whether the byte reaches it.
        let top = 0x80 &* everyByte
        guard text & top == 0 else { return nil }
        let digits = (text &+ 0x50 &* everyByte) & ~(text &+ 0x46 &* everyByte) & top
        let letters = (text &+ 0x1f &* everyByte) & ~(text &+ 0x19 &* everyByte) & top
        guard digits | letters == top else { return nil }
        // `a` is 0x61: its low half counts from 1, nine short of its value.
        var value = ((text & lowHalves) &+ (letters >> 7) &* 9).byteSwapped
        value = (value | value >> 4) & 0x00ff_00ff_00ff_00ff
        value = (value | value >> 8) & 0x0000_ffff_0000_ffff
        return (value | value >> 16) & 0xffff_ffff
    }

    /// The value of sixteen digits, or `nil` if one of them is none.
    @inline(__always)
    static func parseSixteen(_ bytes: UnsafeRawPointer) -> UInt64? {
        guard let high = parseEight(bytes), let low = parseEight(bytes + 8) else { return nil }
        return high << 32 | low
    }

    /// The value of two digits, or `nil` if one of them is none.
    @inline(__always)
    static func parseTwo(_ bytes: UnsafeRawPointer) -> UInt64? {
        guard let high = digit(bytes.load(as: UInt8.self)),
            let low = digit(bytes.load(fromByteOffset: 1, as: UInt8.self))
        else { return nil }
        return high << 4 | low
    }

    @inline(__always)
    private static func digit(_ byte: UInt8) -> UInt64? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte &- UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte &- UInt8(ascii: "a") &+ 10)
        default: nil
        }
    }

    /// Writes the lower 32 bits of `value` as eight digits.
    @inline(__always)
    static func writeEight(_ value: UInt64, to bytes: UnsafeMutableRawPointer) {
        var halves = value & 0xffff_ffff
        halves = (halves | halves << 16) & 0x0000_ffff_0000_ffff
        halves = (halves | halves << 8) & 0x00ff_00ff_00ff_00ff
        halves = (halves | halves << 4) & lowHalves
        let letters = (halves &+ 6 &* everyByte) >> 4 & everyByte
        let text = halves &+ 0x30 &* everyByte &+ letters &* 0x27
        bytes.storeBytes(of: text.bigEndian, as: UInt64.self)
    }

    /// Writes all 64 bits of `value` as sixteen digits.
    @inline(__always)
    static func writeSixteen(_ value: UInt64, to bytes: UnsafeMutableRawPointer) {
        writeEight(value >> 32, to: bytes)
        writeEight(value, to: bytes + 8)
    }

    /// Writes the lower eight bits of `value` as two digits.
    @inline(__always)
    static func writeTwo(_ value: UInt8, to bytes: UnsafeMutableRawPointer) {
        bytes.storeBytes(of: text(value >> 4), as: UInt8.self)
        bytes.storeBytes(of: text(value & 0xf), toByteOffset: 1, as: UInt8.self)
    }

    @inline(__always)
    private static func text(_ digit: UInt8) -> UInt8 {
        digit < 10 ? UInt8(ascii: "0") &+ digit : UInt8(ascii: "a") &+ digit &- 10
    }

    /// Words as text, sixteen digits each.
    static func string(_ words: UInt64...) -> String {
        String(unsafeUninitializedCapacity: words.count * 16) { bytes in
            guard let base = UnsafeMutableRawPointer(bytes.baseAddress) else { return 0 }
            for (index, word) in words.enumerated() { writeSixteen(word, to: base + index * 16) }
            return words.count * 16
        }
    }

    /// The words of a text of exactly so many sixteens of digits, or `nil`.
    static func words(_ text: String, count: Int) -> [UInt64]? {
        var text = text
        return text.withUTF8 { bytes in
            guard bytes.count == count * 16, let base = UnsafeRawPointer(bytes.baseAddress) else { return nil }
            var words: [UInt64] = []
            for index in 0..<count {
                guard let word = parseSixteen(base + index * 16) else { return nil }
                words.append(word)
            }
            return words
        }
    }
}
