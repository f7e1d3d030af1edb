// SPDX-License-Identifier: Apache-2.0

/// What OpenTelemetry says in its member of `tracestate`, `ot`: with which probability the trace was sampled, and by which
/// random number (OpenTelemetry, "TraceState: Probability Sampling").
///
/// `key:value` pairs joined by `;`, at most 256 bytes. A number that breaks its grammar is taken for none, what is no pair
/// is left out, and pairs of others are kept.
public struct OpenTelemetryState: Hashable, Sendable, CustomStringConvertible {
    private struct Pair: Hashable {
        var key: Substring
        var value: Substring
    }

    /// The key of the member.
    public static let key = "ot"

    /// How many bytes the member's value may have.
    public static let maximumByteCount = 256

    /// `th`, the rejection threshold, below 2^56: those traces were sampled whose randomness is no less.
    ///
    /// `nil` if the probability isn't known. A number of more than 56 bits is taken for none.
    public var threshold: UInt64? {
        didSet { if let threshold, threshold > TraceID.greatestRandomness { self.threshold = nil } }
    }

    /// `rv`, the randomness, below 2^56, that counts in place of the trace id's.
    ///
    /// A number of more than 56 bits is taken for none.
    public var randomness: UInt64? {
        didSet { if let randomness, randomness > TraceID.greatestRandomness { self.randomness = nil } }
    }

    private var others: [Pair] = []

    /// Says nothing.
    public init() {}

    /// Reads a member's value.
    public init(_ text: String) {
        guard text.utf8.count <= Self.maximumByteCount else { return }
        var known: Set<Substring> = []
        for part in text.split(separator: ";") {
            guard let colon = part.firstIndex(of: ":") else { continue }
            let pair = Pair(key: part[..<colon], value: part[colon...].dropFirst())
            // Of a key that stands twice the first counts.
            guard Self.isKey(pair.key), Self.isValue(pair.value), known.insert(pair.key).inserted else { continue }
            switch pair.key {
            case "th": threshold = Self.threshold(pair.value)
            case "rv": randomness = pair.value.utf8.count == Self.digits ? Self.number(pair.value) : nil
            default: others.append(pair)
            }
        }
    }

    /// The member's value; pairs of others that no longer fit are left out.
    public var description: String {
        var text = ""
        if let threshold { text = "th:" + Self.thresholdText(threshold) }
        if let randomness { text += (text.isEmpty ? "rv:" : ";rv:") + Self.text(randomness) }
        for pair in others {
            let part = (text.isEmpty ? "" : ";") + pair.key + ":" + pair.value
            if text.utf8.count + part.utf8.count <= Self.maximumByteCount { text += part }
        }
        return text
    }

    /// Whether it says nothing.
    public var isEmpty: Bool { threshold == nil && randomness == nil && others.isEmpty }

    private static let digits = 14

    /// One to fourteen digits, the leading ones: zeroes at the end need not be written.
    private static func threshold(_ text: Substring) -> UInt64? {
        let count = text.utf8.count
        guard (1...digits).contains(count), let number = number(text) else { return nil }
        return number << UInt64(4 * (digits - count))
    }

    /// A number of lower-case hexadecimal digits.
    private static func number(_ text: Substring) -> UInt64? {
        var number: UInt64 = 0
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): number = number << 4 | UInt64(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): number = number << 4 | UInt64(byte - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        return number
    }

    private static func text(_ number: UInt64) -> String { String(Hexadecimal.string(number).suffix(digits)) }

    private static func thresholdText(_ threshold: UInt64) -> Substring {
        let text = text(threshold)
        let zeroes = text.utf8.reversed().prefix { $0 == UInt8(ascii: "0") }.count
        return text.prefix(max(1, digits - zeroes))
    }

    private static func isKey(_ key: Substring) -> Bool {
        guard let first = key.utf8.first, isLowerCase(first) else { return false }
        return key.utf8.allSatisfy { isLowerCase($0) || isDigit($0) }
    }

    private static func isValue(_ value: Substring) -> Bool {
        value.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): true
            case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
            default: isLowerCase(byte) || isDigit(byte)
            }
        }
    }

    private static func isLowerCase(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}

extension TraceState {
    /// What the member `ot` says.
    ///
    /// Setting something else moves the member to the left; setting what it says already changes nothing; setting what
    /// says nothing removes it.
    public var openTelemetry: OpenTelemetryState {
        get {
            isEmpty
                ? OpenTelemetryState()
                : self[OpenTelemetryState.key].map { OpenTelemetryState($0) } ?? OpenTelemetryState()
        }
        set {
            guard newValue != openTelemetry else { return }
            self[OpenTelemetryState.key] = newValue.isEmpty ? nil : newValue.description
        }
    }
}

extension TraceID {
    /// The greatest number that 56 bits hold.
    public static let greatestRandomness: UInt64 = 1 << 56 - 1

    /// The right-most 56 bits, which are random wherever the random flag is set.
    public var randomness: UInt64 { low & Self.greatestRandomness }
}

extension SpanContext {
    /// The 56 bits by which it is decided whether the trace is sampled: those that the trace state gives, else the trace
    /// id's.
    public var randomness: UInt64 { state.openTelemetry.randomness ?? traceID.randomness }
}
