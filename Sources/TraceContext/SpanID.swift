// SPDX-License-Identifier: Apache-2.0

/// Names a span within its trace: 64 bits, written as 16 lower-case hexadecimal digits (W3C Trace Context, `parent-id`).
public struct SpanID: Hashable, Sendable, CustomStringConvertible {
    /// The 64 bits.
    public let bits: UInt64

    /// The id of these bits, which may be the invalid one.
    public init(bits: UInt64) {
        self.bits = bits
    }

    /// The id of 16 lower-case hexadecimal digits; `nil` for anything else and for all zeroes.
    public init?(_ text: String) {
        guard let words = Hexadecimal.words(text, count: 1), words[0] != 0 else { return nil }
        self.init(bits: words[0])
    }

    /// All zeroes, which names no span.
    public static var invalid: SpanID { SpanID(bits: 0) }

    /// Whether it names a span, that is, whether any bit is set.
    public var isValid: Bool { bits != 0 }

    /// 16 lower-case hexadecimal digits.
    public var description: String { Hexadecimal.string(bits) }
}
