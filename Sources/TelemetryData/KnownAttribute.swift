// SPDX-License-Identifier: Apache-2.0

/// An attribute that was read before.
///
/// Most spans of a request have the same attributes in the same order, many with the same value. So after each attribute
/// the one is looked at first that came after it the last time, and of bytes that are the same nothing is made anew.
struct KnownAttribute {
    /// What was made of it.
    var element: Attributes.Element

    /// The hash of its name.
    let fingerprint: UInt64

    /// Where the attribute is that came after it.
    var next = 0

    /// How many bytes the whole of it has; -1 if only its name is known.
    fileprivate var byteCount = -1

    /// How often it came with another value.
    fileprivate var misses: UInt8 = 0

    init(_ element: Attributes.Element, fingerprint: UInt64) {
        self.element = element
        self.fingerprint = fingerprint
    }
}

/// What has attributes.
enum AttributeOwner {
    case span, link, event, other
}

/// Where the attribute is known that came first the last time.
struct ExpectedAttributes {
    private var span = 0, link = 0, event = 0, other = 0

    subscript(owner: AttributeOwner) -> Int {
        @inline(__always) get {
            switch owner {
            case .span: span
            case .link: link
            case .event: event
            case .other: other
            }
        }
        set {
            switch owner {
            case .span: span = newValue
            case .link: link = newValue
            case .event: event = newValue
            case .other: other = newValue
            }
        }
    }
}

extension InternTable<KnownAttribute> {
    /// Whether an attribute was made of just these bytes.
    @inline(__always)
    static func isWhole(_ entry: UnsafeMutablePointer<Entry>, _ bytes: UnsafeRawBufferPointer) -> Bool {
        entry.pointee.made.byteCount == bytes.count && areEqual(Self.bytes(entry), bytes)
    }

    /// Takes note of the value with which an attribute came, unless values that never come again are likely.
    static func note(
        _ entry: UnsafeMutablePointer<Entry>,
        _ value: AttributeValue,
        of bytes: UnsafeRawBufferPointer
    ) {
        entry.pointee.made.misses &+= 1
        guard entry.pointee.made.misses & 7 == 1, bytes.count <= longest, let source = bytes.baseAddress else { return }
        entry.pointee.made.element.value = value
        entry.pointee.made.byteCount = bytes.count
        Self.bytes(entry).copyMemory(from: source, byteCount: bytes.count)
    }
}
