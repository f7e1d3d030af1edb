// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// What the `stitch` field says of a flow that begins: `o=` and milliseconds since 1970, as `StitchField` writes it.
enum OriginText {
    /// Writes the text somewhere into at least 18 bytes.
    ///
    /// - Returns: Where it is.
    @inline(__always)
    static func write(_ time: Timestamp, to bytes: UnsafeMutableRawBufferPointer) -> Range<Int> {
        // Fewer than sixteen digits, since nanoseconds since 1970 have twenty.
        let milliseconds = time.nanoseconds / 1_000_000
        let (high, low) = (milliseconds / 100_000_000, milliseconds % 100_000_000)
        bytes.storeBytes(of: digits(high).littleEndian, toByteOffset: 2, as: UInt64.self)
        bytes.storeBytes(of: digits(low).littleEndian, toByteOffset: 10, as: UInt64.self)
        let zeros = high > 0 ? leadingZeros(high) : 8 + min(leadingZeros(low), 7)
        bytes[zeros] = UInt8(ascii: "o")
        bytes[zeros + 1] = UInt8(ascii: "=")
        return zeros..<18
    }

    @inline(__always)
    private static func leadingZeros(_ value: UInt64) -> Int {
        (digits(value) ^ zeroDigits).trailingZeroBitCount / 8
    }

    private static let zeroDigits: UInt64 = 0x3030_3030_3030_3030

    /// The eight digits of a number below 100,000,000, the first in the lowest byte.
    ///
    /// Halves the number three times, all parts at once: into two of four digits, four of two, eight of one. A product with
    /// the reciprocal takes the place of each division.
    @inline(__always)
    private static func digits(_ value: UInt64) -> UInt64 {
        let fours = value / 10_000 | (value % 10_000) << 32
        let hundreds = (fours &* 5243) >> 19 & 0x0000_007f_0000_007f
        let twos = hundreds | (fours &- hundreds &* 100) << 16
        let tens = (twos &* 103) >> 10 & 0x000f_000f_000f_000f
        return (tens | (twos &- tens &* 10) << 8) &+ zeroDigits
    }
}
