// SPDX-License-Identifier: Apache-2.0

/// The `tracestate` field: what each vendor adds to a trace, newest first (W3C Trace Context Level 2, section 3.3).
///
/// A value is always legal: at most 32 members, keys and values by the grammar, no key twice.
public struct TraceState: Hashable, Sendable, CustomStringConvertible {
    /// One vendor's part.
    public struct Member: Hashable, Sendable {
        /// Whose part it is.
        public let key: String

        /// What it says, opaque to all others.
        public let value: String
    }

    /// The members, newest first.
    public private(set) var members: [Member]

    /// How many members a field may have.
    public static let maximumCount = 32

    /// No members.
    public init() {
        members = []
    }

    /// Reads a field's value; `nil` if it breaks the grammar, names a key twice or has more than 32 members.
    public init?(_ text: some StringProtocol) {
        var members: [Member] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: true) {
            let trimmed = part.drop { $0 == " " || $0 == "\t" }
            guard !trimmed.isEmpty else { continue }
            guard let equals = trimmed.firstIndex(of: "=") else { return nil }
            let key = String(trimmed[..<equals])
            var value = trimmed[trimmed.index(after: equals)...]
            while let last = value.last, last == " " || last == "\t" { value.removeLast() }
            guard Self.isKey(key), Self.isValue(String(value)), members.count < Self.maximumCount,
                !members.contains(where: { $0.key == key })
            else { return nil }
            members.append(Member(key: key, value: String(value)))
        }
        self.members = members
    }

    /// The value of a key; setting one moves its member to the left and drops what is then too much on the right.
    ///
    /// Setting a value that breaks the grammar, or for a key that does, changes nothing.
    public subscript(key: String) -> String? {
        get { members.first { $0.key == key }?.value }
        set {
            guard let newValue else { return members.removeAll { $0.key == key } }
            guard Self.isKey(key), Self.isValue(newValue) else { return }
            members.removeAll { $0.key == key }
            members.insert(Member(key: key, value: newValue), at: 0)
            if members.count > Self.maximumCount { members.removeLast() }
        }
    }

    /// Whether there is no member.
    public var isEmpty: Bool { members.isEmpty }

    /// The field's value.
    public var description: String { members.map { "\($0.key)=\($0.value)" }.joined(separator: ",") }

    // `[a-z0-9][a-z0-9_\-*/@]{0,255}`
    private static func isKey(_ key: String) -> Bool {
        guard let first = key.utf8.first, isAlphanumeric(first), key.utf8.count <= 256 else { return false }
        return key.utf8.dropFirst().allSatisfy { isAlphanumeric($0) || "_-*/@".utf8.contains($0) }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    /// 1 to 256 printable characters without `,` and `=`, the last of them no space.
    private static func isValue(_ value: String) -> Bool {
        guard (1...256).contains(value.utf8.count), value.utf8.last != UInt8(ascii: " ") else { return false }
        return value.utf8.allSatisfy { (0x20...0x7e).contains($0) && !",=".utf8.contains($0) }
    }
}
