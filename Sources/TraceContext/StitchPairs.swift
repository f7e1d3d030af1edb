// SPDX-License-Identifier: Apache-2.0

/// The pairs of a `stitch` field, read where they stand; what is no pair is passed over.
struct StitchPairs: Sequence {
    /// One `key=value`.
    struct Pair {
        /// The whole of it.
        let bytes: Slice<UnsafeBufferPointer<UInt8>>
        /// How long the key is.
        let keyCount: Int

        var key: Slice<UnsafeBufferPointer<UInt8>> { bytes.prefix(keyCount) }
        var value: Slice<UnsafeBufferPointer<UInt8>> { bytes.dropFirst(keyCount + 1) }

        /// Whether the key is this letter.
        func isKey(_ letter: UInt8) -> Bool { keyCount == 1 && bytes.first == letter }

        /// Whether this version of the format gives the key a meaning.
        var isKnown: Bool { isKey(UInt8(ascii: "o")) || isKey(UInt8(ascii: "c")) }
    }

    private let bytes: UnsafeBufferPointer<UInt8>

    /// Reads these bytes, which have to outlive the pairs.
    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    /// Whether there is nothing but pairs, no key of them twice.
    var isLegal: Bool {
        var count = 0
        for pair in self { count += pair.bytes.count + 1 }
        return count == (bytes.isEmpty ? 0 : bytes.count + 1) && !repeatsKey
    }

    /// The pairs whose key did not stand before.
    var legal: [Pair] {
        reduce(into: []) { pairs, pair in
            if !pairs.contains(where: { $0.key.elementsEqual(pair.key) }) { pairs.append(pair) }
        }
    }

    private var repeatsKey: Bool {
        // Hardly ever more than two; and there is no room for many.
        var before = 0
        for pair in self {
            for other in self.prefix(before) where other.key.elementsEqual(pair.key) { return true }
            before += 1
        }
        return false
    }

    /// Reads pair by pair.
    func makeIterator() -> Iterator { Iterator(rest: bytes[...]) }

    struct Iterator: IteratorProtocol {
        fileprivate var rest: Slice<UnsafeBufferPointer<UInt8>>

        mutating func next() -> Pair? {
            while !rest.isEmpty {
                let part = rest.prefix { $0 != UInt8(ascii: ";") }
                rest = rest.dropFirst(part.count + 1)
                if let pair = Pair(part) { return pair }
            }
            return nil
        }
    }
}

extension StitchPairs.Pair {
    /// A part of the field, if it is a pair: a key of lower-case letters, digits, `-` and `_`, and a value of printable
    /// ASCII without space and `;`.
    init?(_ part: Slice<UnsafeBufferPointer<UInt8>>) {
        guard let equals = part.firstIndex(of: UInt8(ascii: "=")), equals > part.startIndex,
            equals < part.index(before: part.endIndex), part[..<equals].allSatisfy(Self.isKeyByte),
            part[equals...].allSatisfy({ (0x21...0x7e).contains($0) })
        else { return nil }
        self.init(bytes: part, keyCount: equals - part.startIndex)
    }

    private static func isKeyByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
        }
    }
}
