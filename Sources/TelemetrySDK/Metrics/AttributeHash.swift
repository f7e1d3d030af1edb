// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// Tells sets of attributes apart, whatever their order, at each measurement.
///
/// Attributes may come from outside, so the hash depends on a random seed: nobody can aim at one place of a table.
struct AttributeHash {
    let seed: UInt64

    init(seed: UInt64 = .random(in: .min ... .max)) {
        self.seed = seed
    }

    /// The same for the same attributes in any order.
    func callAsFunction(_ attributes: Attributes) -> UInt64 {
        var sum = mix(seed, UInt64(attributes.count))
        attributes.elements.withUnsafeBufferPointer { elements in
            for index in elements.indices {
                // Added, not chained, so that the order makes no difference.
                sum &+= hash(elements[index].value, outline(elements[index].key))
            }
        }
        return sum
    }

    /// The hash of a name.
    func callAsFunction(_ name: String) -> UInt64 { hash(name, seed) }

    /// Of a key its length and its ends, since there are few and they are written in programs.
    private func outline(_ key: String) -> UInt64 {
        let outline = key.utf8.withContiguousStorageIfAvailable { key in
            let key = UnsafeRawBufferPointer(key)
            guard key.count >= 8 else { return hash(key, seed) }
            let first = key.loadUnaligned(as: UInt64.self)
            let last = key.loadUnaligned(fromByteOffset: key.count - 8, as: UInt64.self)
            return mix(mix(seed, first), last &+ UInt64(key.count))
        }
        return outline ?? hash(key, seed)
    }

    private func hash(_ value: AttributeValue, _ state: UInt64) -> UInt64 {
        switch value {
        case .string(let text): hash(text, mix(state, 1))
        case .bool(let truth): mix(state, truth ? 3 : 2)
        case .int(let number): mix(mix(state, 4), UInt64(bitPattern: number))
        case .double(let number): mix(mix(state, 5), number.bitPattern)
        case .array(let values): values.reduce(mix(state, 7)) { hash($1, $0) }
        // Hardly anybody measures by these.
        default: mix(mix(state, 6), UInt64(bitPattern: Int64(value.hashValue)))
        }
    }

    private func hash(_ text: String, _ state: UInt64) -> UInt64 {
        if let hash = text.utf8.withContiguousStorageIfAvailable({ hash(UnsafeRawBufferPointer($0), state) }) {
            return hash
        }
        return Array(text.utf8).withUnsafeBytes { hash($0, state) }
    }

    private func hash(_ bytes: UnsafeRawBufferPointer, _ state: UInt64) -> UInt64 {
        var state = mix(state, UInt64(bytes.count))
        var offset = 0
        while offset + 8 <= bytes.count {
            state = mix(state, bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset += 8
        }
        guard offset < bytes.count else { return state }
        if bytes.count >= 8 {
            // The last eight bytes, some of them for a second time: the length tells what that means.
            return mix(state, bytes.loadUnaligned(fromByteOffset: bytes.count - 8, as: UInt64.self))
        }
        var rest: UInt64 = 0
        for index in 0..<bytes.count { rest = rest << 8 | UInt64(bytes[index]) }
        return mix(state, rest)
    }

    private func mix(_ state: UInt64, _ word: UInt64) -> UInt64 {
        let product = (state ^ word ^ 0x9e37_79b9_7f4a_7c15).multipliedFullWidth(by: 0xd6e8_feb8_6659_fd93)
        return product.high ^ product.low
    }
}

extension Attributes {
    /// Whether both say the same, in any order.
    ///
    /// Unlike `==` it takes NaN for equal to itself: otherwise each measurement of one would be a set of its own.
    func isSameSet(as other: Attributes) -> Bool {
        guard count == other.count else { return false }
        return elements.withUnsafeBufferPointer { own in
            other.elements.withUnsafeBufferPointer { others in
                for index in own.indices {
                    if own[index].key == others[index].key, own[index].value.isSame(as: others[index].value) {
                        continue
                    }
                    // Keys are unique, so equal numbers of them and each one's presence are enough.
                    let isThere = others.contains {
                        $0.key == own[index].key && $0.value.isSame(as: own[index].value)
                    }
                    if !isThere { return false }
                }
                return true
            }
        }
    }
}

extension AttributeValue {
    fileprivate func isSame(as other: AttributeValue) -> Bool {
        switch (self, other) {
        case (.string(let own), .string(let other)): own == other
        case (.double(let own), .double(let other)): own.bitPattern == other.bitPattern
        case (.array(let own), .array(let others)):
            own.count == others.count && zip(own, others).allSatisfy { $0.isSame(as: $1) }
        default: self == other
        }
    }
}
