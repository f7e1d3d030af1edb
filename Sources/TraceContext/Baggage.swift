// SPDX-License-Identifier: Apache-2.0

/// The `baggage` field: what an application hands on to everything that a request causes (W3C Baggage).
///
/// A value has at most 64 members, and its text at most 8,192 bytes; what is above is left out, whole members from the
/// right. A key may stand more than once; the order is kept.
public struct Baggage: Hashable, Sendable {
    /// One entry.
    public struct Member: Hashable, Sendable {
        /// Its name, a token of HTTP.
        public let key: String

        /// Its value, decoded.
        public let value: String

        /// What else is said about it.
        public let properties: [Property]

        /// An entry; `nil` if the key, or that of a property, is no token.
        public init?(key: String, value: String, properties: [Property] = []) {
            guard BaggageGrammar.isToken(key) else { return nil }
            self.key = key
            self.value = value
            self.properties = properties
        }
    }

    /// Something that is said about an entry.
    public struct Property: Hashable, Sendable {
        /// Its name, a token of HTTP.
        public let key: String

        /// Its value, decoded; `nil` if it has none.
        public let value: String?

        /// A property; `nil` if the key is no token.
        public init?(key: String, value: String? = nil) {
            guard BaggageGrammar.isToken(key) else { return nil }
            self.key = key
            self.value = value
        }
    }

    /// The field's value, legal and within the limits: what is merely passed on is never taken apart.
    private var text: String

    /// The entries, in order.
    public var members: [Member] {
        text.utf8.split(separator: UInt8(ascii: ",")).compactMap(BaggageGrammar.member)
    }

    /// How many members a field may have.
    public static let maximumCount = 64

    /// How many bytes a field may have.
    public static let maximumByteCount = 8192

    /// No entries.
    public init() {
        text = ""
    }

    /// Reads a field's value.
    ///
    /// What breaks the grammar is left out, member by member, and so is what goes beyond the limits: nothing that arrives
    /// in a header grows without bound.
    public init(_ text: String) {
        var text = text
        if text.withUTF8({ BaggageGrammar.isLegal($0) }) {
            self.text = text
            return
        }
        let parts = text.utf8.split(separator: UInt8(ascii: ","), maxSplits: 1024).lazy.map(BaggageGrammar.trimmed)
        // What is too long for any field is not even looked at; it ends the list.
        self = Baggage(parts.filter { $0.count > Self.maximumByteCount || BaggageGrammar.member($0) != nil })
    }

    /// Legal members, whole and from the left, up to the first that has no room.
    private init(_ parts: some Sequence<BaggageGrammar.Bytes>, maximumByteCount: Int = Baggage.maximumByteCount) {
        text = ""
        for part in parts.prefix(Self.maximumCount) {
            let separator = text.isEmpty ? "" : ","
            guard text.utf8.count + separator.utf8.count + part.count <= maximumByteCount else { break }
            text += separator + String(Substring(part))
        }
    }

    /// The members as they are written, without white space round them.
    private var parts: [BaggageGrammar.Bytes] {
        text.utf8.split(separator: UInt8(ascii: ",")).map(BaggageGrammar.trimmed)
    }

    /// The value of the first entry with that key; setting one replaces all with that key, setting `nil` removes them.
    ///
    /// Setting a value for a key that is no token changes nothing, nor does setting one that has no room in any field.
    /// The other entries stay as they were written; where the room is no longer enough, the right-most give way.
    public subscript(key: String) -> String? {
        get { members.first { $0.key == key }?.value }
        set {
            guard let newValue else {
                self = Baggage(parts.filter { BaggageGrammar.key(of: $0) != key })
                return
            }
            if let member = Member(key: key, value: newValue) { set(member) }
        }
    }

    /// Puts an entry in the place of the first with its key, or else at the end; others with its key are removed.
    ///
    /// An entry that has no room in any field changes nothing. The other entries stay as they were written; where the
    /// room is no longer enough, the right-most give way.
    public mutating func set(_ member: Member) {
        let written = BaggageGrammar.text(of: member)
        guard written.utf8.count <= Self.maximumByteCount else { return }
        var parts = parts
        let index = parts.firstIndex { BaggageGrammar.key(of: $0) == member.key } ?? parts.endIndex
        parts.removeAll { BaggageGrammar.key(of: $0) == member.key }
        parts.insert(Substring(written).utf8, at: index)
        self = Baggage(parts)
    }

    /// Whether there is no entry.
    public var isEmpty: Bool { text.isEmpty }

    /// The entries with these keys only.
    ///
    /// - Parameters:
    ///   - keys: The keys, compared letter by letter.
    ///   - maximumByteCount: How many bytes the text may have; entries are taken whole, from the left, up to the first
    ///     that has no room.
    /// - Returns: The entries as they were written: nothing is decoded or encoded anew.
    public func filtered(keys: Set<String>, maximumByteCount: Int = Baggage.maximumByteCount) -> Baggage {
        Baggage(
            parts.filter { BaggageGrammar.key(of: $0).map(keys.contains) ?? false },
            maximumByteCount: maximumByteCount
        )
    }
}

extension Baggage: CustomStringConvertible {
    /// The field's value.
    public var description: String { text }

    /// The field's value in at most so many bytes: whole members from the left, up to the first that has no room.
    public func text(maximumByteCount: Int) -> String {
        text.utf8.count <= maximumByteCount ? text : Baggage(parts, maximumByteCount: maximumByteCount).text
    }
}
