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

    private struct Pair: Hashable {
        var key: Substring
        var value: Substring
    }

    /// The field's name.
    public static let name = "stitch"

    /// How many bytes the field may have.
    public static let maximumByteCount = 256

    private var pairs: [Pair] = []

    /// Says nothing.
    public init() {}

    /// Reads a field's value; a longer one than is allowed says nothing.
    public init(_ text: String) {
        guard text.utf8.count <= Self.maximumByteCount else { return }
        for part in text.split(separator: ";") {
            guard let equals = part.firstIndex(of: "=") else { continue }
            let pair = Pair(key: part[..<equals], value: part[equals...].dropFirst())
            guard Self.isKey(pair.key), Self.isValue(pair.value), self[pair.key] == nil else { continue }
            pairs.append(pair)
        }
    }

    /// When the flow's origin was, in milliseconds since 1970.
    ///
    /// Set by the first producer that sees none.
    public var originMilliseconds: Int64? {
        get { self["o"].flatMap { Int64($0) }.flatMap { $0 >= 0 ? $0 : nil } }
        set { self["o"] = newValue.map { Substring(String($0)) } }
    }

    /// What the sender wants; `nil` leaves it to the receiver.
    public var wish: Wish? {
        get { self["c"].flatMap { Wish(rawValue: String($0)) } }
        set { self["c"] = newValue.map { Substring($0.rawValue) } }
    }

    /// The field's value; pairs that no longer fit are left out, unknown ones first.
    public var description: String {
        let known = pairs.filter { $0.key == "o" || $0.key == "c" }
        let unknown = pairs.filter { $0.key != "o" && $0.key != "c" }
        var text = ""
        for pair in known + unknown {
            let part = (text.isEmpty ? "" : ";") + pair.key + "=" + pair.value
            if text.utf8.count + part.utf8.count <= Self.maximumByteCount { text += part }
        }
        return text
    }

    /// Whether it says nothing.
    public var isEmpty: Bool { pairs.isEmpty }

    private subscript(key: Substring) -> Substring? {
        get { pairs.first { $0.key == key }?.value }
        set {
            let index = pairs.firstIndex { $0.key == key }
            switch (index, newValue) {
            case (let index?, let value?): pairs[index].value = value
            case (let index?, nil): pairs.remove(at: index)
            case (nil, let value?): pairs.append(Pair(key: key, value: value))
            case (nil, nil): break
            }
        }
    }

    private static func isKey(_ key: Substring) -> Bool {
        !key.isEmpty
            && key.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
                default: byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
                }
            }
    }

    private static func isValue(_ value: Substring) -> Bool {
        !value.isEmpty && value.utf8.allSatisfy { (0x21...0x7e).contains($0) && $0 != UInt8(ascii: ";") }
    }
}
