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
    public init?(_ text: some StringProtocol) {
        var text = String(text)
        guard let parsed = text.withUTF8({ TraceParent(utf8: $0) }) else { return nil }
        self = parsed
    }

    /// Reads a field's value from its bytes, without allocating; `nil` if it is not one.
    public init?(utf8 bytes: UnsafeBufferPointer<UInt8>) {
        guard bytes.count >= Self.byteCount,
            bytes[2] == UInt8(ascii: "-"), bytes[35] == UInt8(ascii: "-"), bytes[52] == UInt8(ascii: "-"),
            let version = Hexadecimal.parse(bytes, at: 0, count: 2), version != 0xff,
            bytes.count == Self.byteCount || (version > 0 && bytes[Self.byteCount] == UInt8(ascii: "-")),
            let high = Hexadecimal.parse(bytes, at: 3, count: 16),
            let low = Hexadecimal.parse(bytes, at: 19, count: 16),
            let span = Hexadecimal.parse(bytes, at: 36, count: 16),
            let flags = Hexadecimal.parse(bytes, at: 53, count: 2),
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
        guard bytes.count >= Self.byteCount else { return 0 }
        Hexadecimal.write(0, to: bytes, at: 0, count: 2)
        bytes[2] = UInt8(ascii: "-")
        Hexadecimal.write(traceID.high, to: bytes, at: 3, count: 16)
        Hexadecimal.write(traceID.low, to: bytes, at: 19, count: 16)
        bytes[35] = UInt8(ascii: "-")
        Hexadecimal.write(spanID.bits, to: bytes, at: 36, count: 16)
        bytes[52] = UInt8(ascii: "-")
        Hexadecimal.write(UInt64(flags.intersection(.known).rawValue), to: bytes, at: 53, count: 2)
        return Self.byteCount
    }

    /// The field's value, version 00.
    public var description: String {
        String(unsafeUninitializedCapacity: Self.byteCount) { write(to: $0) }
    }
}
