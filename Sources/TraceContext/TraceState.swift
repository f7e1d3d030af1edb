// SPDX-License-Identifier: Apache-2.0

/// The `tracestate` field: what each vendor adds to a trace, newest first (W3C Trace Context Level 2, section 3.3).
///
/// A value keeps to the grammar and has at most 32 members. A key that was received twice is kept twice, as others may
/// read them; setting it leaves one.
public struct TraceState: Hashable, Sendable, CustomStringConvertible {
    /// One vendor's part.
    public struct Member: Hashable, Sendable {
        /// Whose part it is.
        public let key: String

        /// What it says, opaque to all others.
        public let value: String
    }

    /// The field's value, without empty members and without white space round members.
    public private(set) var description: String

    /// How many members a field may have.
    public static let maximumCount = 32

    /// No members.
    public init() {
        description = ""
    }

    /// Reads a field's value; `nil` if it breaks the grammar or has more than 32 members.
    ///
    /// Empty members, and spaces and tabs round members, are allowed and left out.
    public init?(_ text: String) {
        var text = text
        guard let shape = text.withUTF8({ TraceStateGrammar.shape(of: $0) }) else { return nil }
        description = shape.isCanonical ? text : TraceStateGrammar.canonical(text)
    }

    /// The members, newest first.
    public var members: [Member] {
        description.split(separator: ",").compactMap { (member: Substring) -> Member? in
            guard let equals = member.firstIndex(of: "=") else { return nil }
            return Member(key: String(member[..<equals]), value: String(member[equals...].dropFirst()))
        }
    }

    /// The value of a key; setting one moves its member to the left and drops what is then too much on the right.
    ///
    /// Setting a value that breaks the grammar, or for a key that does, changes nothing.
    public subscript(key: String) -> String? {
        get {
            // Samplers ask at each start of a span, so nothing is taken apart that isn't asked for.
            var rest = description.utf8[...]
            while !rest.isEmpty {
                let member = rest.prefix { $0 != UInt8(ascii: ",") }
                let value = member.dropFirst(key.utf8.count)
                if value.first == UInt8(ascii: "="), member.starts(with: key.utf8) { return String(value.dropFirst()) }
                rest = rest[member.endIndex...].dropFirst()
            }
            return nil
        }
        set {
            var members = members.filter { $0.key != key }
            if let newValue {
                guard TraceStateGrammar.isKey(key), TraceStateGrammar.isValue(newValue) else { return }
                members.insert(Member(key: key, value: newValue), at: 0)
            }
            self = TraceState(members.prefix(Self.maximumCount))
        }
    }

    /// Whether there is no member.
    public var isEmpty: Bool { description.isEmpty }

    /// The state in at most so many bytes, whole members only (section 3.3.3.1): those of more than 128 bytes go first,
    /// from the right, then the right-most of the others.
    public func limited(toByteCount limit: Int) -> TraceState {
        guard description.utf8.count > limit else { return self }
        var members = members
        var excess = description.utf8.count - limit
        func size(_ member: Member) -> Int { member.key.utf8.count + member.value.utf8.count + 2 }
        for isLarge in [true, false] {
            for index in members.indices.reversed() where excess > 0 && (size(members[index]) > 129) == isLarge {
                excess -= size(members[index])
                members.remove(at: index)
            }
        }
        return TraceState(members[...])
    }

    private init(_ members: ArraySlice<Member>) {
        description = members.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
    }
}
