// SPDX-License-Identifier: Apache-2.0

/// The `traceparent` field: which trace, which span, which flags (W3C Trace Context Level 2, section 3.2).
public struct TraceParent: Hashable, Sendable, CustomStringConvertible {
    /// The trace.
    public var traceID: TraceID

    /// The span that sent the field; the specification calls it `parent-id`.
    public var spanID: SpanID

    /// The flags; those that the specification does not define are never written.
    public var flags: TraceFlags

    /// How many bytes a field of version 00 has.
    public static let byteCount = 55

    /// Joins ids that the caller knows to be valid.
    public init(traceID: TraceID, spanID: SpanID, flags: TraceFlags) {
        self.traceID = traceID
        self.spanID = spanID
        self.flags = flags
    }

    /// Reads a field's value; `nil` if it is not one.
    ///
    /// Hexadecimal digits are lower-case, ids are not all zero, version `ff` is none. A version above 00 is read by its
    /// first 55 bytes, if nothing follows them or a `-` does. Unknown flags are dropped.
    public init?(_ text: String) {
        var text = text
        guard let parsed = text.withUTF8({ TraceParent(utf8: $0) }) else { return nil }
        self = parsed
    }

    /// Reads a field's value from its bytes, without allocating; `nil` if it is not one.
    public init?(utf8 bytes: UnsafeBufferPointer<UInt8>) {
        guard bytes.count >= Self.byteCount, let base = UnsafeRawPointer(bytes.baseAddress),
            bytes[2] == Self.dash, bytes[35] == Self.dash, bytes[52] == Self.dash,
            let version = Hexadecimal.parseTwo(base), version != 0xff,
            bytes.count == Self.byteCount || (version > 0 && bytes[Self.byteCount] == Self.dash),
            let high = Hexadecimal.parseSixteen(base + 3),
            let low = Hexadecimal.parseSixteen(base + 19),
            let span = Hexadecimal.parseSixteen(base + 36),
            let flags = Hexadecimal.parseTwo(base + 53),
            high | low != 0, span != 0
        else { return nil }
        traceID = TraceID(high: high, low: low)
        spanID = SpanID(bits: span)
        self.flags = TraceFlags(rawValue: UInt8(truncatingIfNeeded: flags)).intersection(.known)
    }

    /// Writes the field's value, version 00, into a buffer of at least ``byteCount`` bytes.
    ///
    /// - Returns: How many bytes were written: ``byteCount``, or 0 if the buffer is too small.
    @discardableResult
    public func write(to bytes: UnsafeMutableBufferPointer<UInt8>) -> Int {
        guard bytes.count >= Self.byteCount, let base = UnsafeMutableRawPointer(bytes.baseAddress) else { return 0 }
        Hexadecimal.writeTwo(0, to: base)
        bytes[2] = Self.dash
        Hexadecimal.writeSixteen(traceID.high, to: base + 3)
        Hexadecimal.writeSixteen(traceID.low, to: base + 19)
        bytes[35] = Self.dash
        Hexadecimal.writeSixteen(spanID.bits, to: base + 36)
        bytes[52] = Self.dash
        Hexadecimal.writeTwo(flags.intersection(.known).rawValue, to: base + 53)
        return Self.byteCount
    }

    /// The field's value, version 00.
    public var description: String {
        String(unsafeUninitializedCapacity: Self.byteCount) { write(to: $0) }
    }

    private static let dash = UInt8(ascii: "-")
}
