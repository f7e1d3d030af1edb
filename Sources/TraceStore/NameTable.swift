// SPDX-License-Identifier: Apache-2.0

import TraceFlow

/// Numbers for names that come again and again.
struct NameTable {
    /// The bytes of a name, as they came.
    private struct Spelling {
        var start: Int
        var count: Int
        var number: UInt32
    }

    private var index = HashIndex()
    private let seed = HashIndex.Seed()
    private var spellings: [Spelling] = []
    private var text: [UInt8] = []
    private var numbers: [String: UInt32] = [:]
    private(set) var names: [String] = []

    /// A name's number.
    mutating func number(of name: UnsafeRawBufferPointer) -> UInt32 {
        let hash = seed.hash(name)
        let known = text.withUnsafeBytes { text in
            index.find(hash) { place in
                let (start, count) = (spellings[place].start, spellings[place].count)
                return UnsafeRawBufferPointer(rebasing: text[start..<start + count]).isEqual(to: name)
            }
        }
        if let known { return spellings[known].number }
        let number = number(of: String(decoding: name, as: UTF8.self))
        index.insert(hash, spellings.count)
        spellings.append(Spelling(start: text.count, count: name.count, number: number))
        text.append(contentsOf: name)
        return number
    }

    private mutating func number(of name: String) -> UInt32 {
        if let number = known(name) { return number }
        let number = UInt32(truncatingIfNeeded: names.count)
        names.append(name)
        numbers[name] = number
        return number
    }

    /// A name's number, if it has one.
    ///
    /// Names that only look alike share one: a search compares what it finds.
    func known(_ name: String) -> UInt32? { numbers[name] }
}

extension UnsafeRawBufferPointer {
    /// Whether the bytes are the same.
    @inline(__always)
    func isEqual(to other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count, let one = baseAddress, let two = other.baseAddress else {
            return count == other.count
        }
        guard count >= 8 else {
            for offset in 0..<count
            where one.load(fromByteOffset: offset, as: UInt8.self) != two.load(fromByteOffset: offset, as: UInt8.self) {
                return false
            }
            return true
        }
        var offset = 0
        // The last eight bytes may overlap those before them.
        let last = count &- 8
        while offset < last {
            guard
                one.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                    == two.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            else { return false }
            offset &+= 8
        }
        return one.loadUnaligned(fromByteOffset: last, as: UInt64.self)
            == two.loadUnaligned(fromByteOffset: last, as: UInt64.self)
    }
}
