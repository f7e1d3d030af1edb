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
        var members: [Member] = []
        var room = Self.maximumByteCount
        for part in text.utf8.split(separator: UInt8(ascii: ","), maxSplits: 1024) {
            guard members.count < Self.maximumCount, part.count < room else { break }
            guard let member = BaggageGrammar.member(part) else { continue }
            room -= part.count + 1
            members.append(member)
        }
        self = Baggage(members)
    }

    private init(_ members: [Member]) {
        text = BaggageGrammar.text(of: members, maximumByteCount: Self.maximumByteCount)
    }

    /// The value of the first entry with that key; setting one replaces all with that key, setting `nil` removes them.
    ///
    /// Setting a value for a key that is no token changes nothing.
    public subscript(key: String) -> String? {
        get { members.first { $0.key == key }?.value }
        set {
            var members = members
            let index = members.firstIndex { $0.key == key } ?? members.endIndex
            members.removeAll { $0.key == key }
            if let newValue {
                guard let member = Member(key: key, value: newValue) else { return }
                members.insert(member, at: min(index, members.endIndex))
            }
            self = Baggage(members)
        }
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
        guard !keys.isEmpty, !text.isEmpty else { return Baggage() }
        var kept = Baggage()
        for part in text.utf8.split(separator: UInt8(ascii: ",")) {
            let member = BaggageGrammar.trimmed(part)
            guard let key = BaggageGrammar.key(of: member), keys.contains(key) else { continue }
            let separator = kept.isEmpty ? "" : ","
            guard kept.text.utf8.count + separator.utf8.count + member.count <= maximumByteCount else { break }
            kept.text += separator + String(Substring(member))
        }
        return kept
    }
}

extension Baggage: CustomStringConvertible {
    /// The field's value.
    public var description: String { text }

    /// The field's value in at most so many bytes, whole members only.
    public func text(maximumByteCount: Int) -> String {
        text.utf8.count <= maximumByteCount
            ? text : BaggageGrammar.text(of: members, maximumByteCount: maximumByteCount)
    }
}
