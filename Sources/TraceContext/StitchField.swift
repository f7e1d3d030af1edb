// SPDX-License-Identifier: Apache-2.0

/// The `stitch` field: what Stitch's own producers tell its consumers beside the trace.
///
/// The format, version 1: `key=value` pairs joined by `;`, at most 256 bytes. Keys are lower-case letters, digits, `-` and
/// `_`; values are printable ASCII without space and `;`. Known keys are `o`, the origin's time in milliseconds since
/// 1970, and `c`, the sender's wish (`new` or `continue`). Unknown keys are kept and passed on; what is no pair is
/// ignored.
public struct StitchField: Hashable, Sendable, CustomStringConvertible {
    /// What a sender wants of whoever works on its message.
    public enum Wish: String, Hashable, Sendable {
        /// Start a trace of its own, linked.
        case newTrace = "new"
        /// Continue the sender's trace.
        case continueTrace = "continue"
    }

    /// The field's name.
    public static let name = "stitch"

    /// How many bytes the field may have.
    public static let maximumByteCount = 256

    /// The field's value: legal pairs, each key once, within the limit; kept as text, since most of it is only passed on.
    public private(set) var description: String

    /// Says nothing.
    public init() {
        description = ""
    }

    /// Reads a field's value; a longer one than is allowed says nothing.
    public init(_ text: String) {
        guard text.utf8.count <= Self.maximumByteCount else {
            description = ""
            return
        }
        var text = text
        let isLegal = text.withUTF8 { StitchPairs($0).isLegal }
        description = isLegal ? text : text.withUTF8 { Self.text(of: Array(StitchPairs($0).legal)) }
    }

    /// When the flow's origin was, in milliseconds since 1970.
    ///
    /// Set by the first producer that sees none.
    public var originMilliseconds: Int64? {
        get { value(of: UInt8(ascii: "o")).flatMap { Int64($0) }.flatMap { $0 >= 0 ? $0 : nil } }
        set { set(UInt8(ascii: "o"), newValue.map { String($0) }) }
    }

    /// What the sender wants; `nil` leaves it to the receiver.
    public var wish: Wish? {
        get { value(of: UInt8(ascii: "c")).flatMap { Wish(rawValue: $0) } }
        set { set(UInt8(ascii: "c"), newValue?.rawValue) }
    }

    /// Whether it says nothing.
    public var isEmpty: Bool { description.isEmpty }

    private func value(of key: UInt8) -> String? {
        var text = description
        return text.withUTF8 { bytes in
            StitchPairs(bytes).first { $0.isKey(key) }.map { String(decoding: $0.value, as: UTF8.self) }
        }
    }

    /// Sets a known key, or removes it.
    private mutating func set(_ key: UInt8, _ value: String?) {
        guard value != self.value(of: key) else { return }
        var text = description
        description = text.withUTF8 { bytes in
            var pairs = StitchPairs(bytes).filter { !$0.isKey(key) }
            // Known keys stand before unknown ones, the origin first.
            let own = value.map { [key, UInt8(ascii: "=")] + Array($0.utf8) }
            return (own ?? []).withUnsafeBufferPointer { own in
                if let pair = StitchPairs(own).first(where: { _ in true }) {
                    pairs.insert(
                        pair,
                        at: key == UInt8(ascii: "o") ? 0 : pairs.prefix { $0.isKey(UInt8(ascii: "o")) }.count
                    )
                }
                return Self.text(of: pairs)
            }
        }
    }

    /// The text of pairs; those that no longer fit are left out, unknown ones first.
    private static func text(of pairs: [StitchPairs.Pair]) -> String {
        var bytes: [UInt8] = []
        for pair in pairs.filter(\.isKnown) + pairs.filter({ !$0.isKnown }) {
            let separator = bytes.isEmpty ? 0 : 1
            guard bytes.count + separator + pair.bytes.count <= maximumByteCount else { continue }
            if separator == 1 { bytes.append(UInt8(ascii: ";")) }
            bytes.append(contentsOf: pair.bytes)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
