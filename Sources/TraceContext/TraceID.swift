// SPDX-License-Identifier: Apache-2.0

/// Names a trace: 128 bits, written as 32 lower-case hexadecimal digits (W3C Trace Context, `trace-id`).
public struct TraceID: Hashable, Sendable, CustomStringConvertible {
    /// The left 64 bits.
    public let high: UInt64

    /// The right 64 bits.
    public let low: UInt64

    /// The id of these 128 bits, which may be the invalid one.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The id of 32 lower-case hexadecimal digits; `nil` for anything else and for all zeroes.
    public init?(_ text: String) {
        guard let words = Hexadecimal.words(text, count: 2), words[0] | words[1] != 0 else { return nil }
        self.init(high: words[0], low: words[1])
    }

    /// All zeroes, which names no trace.
    public static var invalid: TraceID { TraceID(high: 0, low: 0) }

    /// Whether it names a trace, that is, whether any bit is set.
    public var isValid: Bool { high | low != 0 }

    /// 32 lower-case hexadecimal digits.
    public var description: String { Hexadecimal.string(high, low) }
}
