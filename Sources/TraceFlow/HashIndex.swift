// SPDX-License-Identifier: Apache-2.0

/// Finds numbers by hashes of what they stand for, which whoever owns it holds.
///
/// Half of its slots are free; it is one array of integers.
@usableFromInline
package struct HashIndex: Sendable {
    /// The upper half of a hash, and below it one more than the number; 0 where there is none.
    @usableFromInline var slots: [UInt64]
    @usableFromInline var mask: Int
    private static let upper: UInt64 = 0xffff_ffff_0000_0000
    private var count = 0

    /// An index for so many numbers, or more.
    package init(capacity: Int = 0) {
        var size = 64
        while size < capacity * 2 { size *= 2 }
        slots = [UInt64](repeating: 0, count: size)
        mask = size - 1
    }

    /// The number that has this hash and is the same as what is looked for.
    @inlinable @inline(__always)
    package func find(_ hash: UInt64, _ isSame: (Int) -> Bool) -> Int? {
        let high = hash >> 32
        var slot = Int(truncatingIfNeeded: high) & mask
        while true {
            let word = slots[slot]
            if word == 0 { return nil }
            if word >> 32 == high {
                let number = Int(truncatingIfNeeded: word & 0xffff_ffff) &- 1
                if isSame(number) { return number }
            }
            slot = (slot &+ 1) & mask
        }
    }

    /// Adds a number that is not there, from 0 and less than 2^32 - 1.
    package mutating func insert(_ hash: UInt64, _ number: Int) {
        count += 1
        if count * 2 > slots.count { grow() }
        put(hash & Self.upper | UInt64(UInt32(truncatingIfNeeded: number &+ 1)))
    }

    /// Puts a number in the place of another of the same hash, which is there.
    package mutating func replace(_ hash: UInt64, _ number: Int, with new: Int) {
        let high = hash & Self.upper
        let old = high | UInt64(UInt32(truncatingIfNeeded: number &+ 1))
        var slot = Int(truncatingIfNeeded: hash >> 32) & mask
        while slots[slot] != old {
            if slots[slot] == 0 { return }
            slot = (slot &+ 1) & mask
        }
        slots[slot] = high | UInt64(UInt32(truncatingIfNeeded: new &+ 1))
    }

    private mutating func put(_ word: UInt64) {
        var slot = Int(truncatingIfNeeded: word >> 32) & mask
        while slots[slot] != 0 { slot = (slot &+ 1) & mask }
        slots[slot] = word
    }

    private mutating func grow() {
        let old = slots
        slots = [UInt64](repeating: 0, count: old.count * 2)
        mask = slots.count - 1
        for word in old where word != 0 { put(word) }
    }
}

extension HashIndex {
    /// Makes hashes that differ from process to process, so that nobody can send what falls together.
    ///
    /// All of it goes into a product with a number that nobody knows: what differs in a known way differs in an unknown one
    /// after that.
    @usableFromInline
    package struct Seed: Sendable {
        @usableFromInline let start: UInt64
        @usableFromInline let factor: UInt64

        private static let process = Seed(start: .random(in: 0 ... .max), factor: .random(in: 0 ... .max) | 1)

        private init(start: UInt64, factor: UInt64) { (self.start, self.factor) = (start, factor) }

        /// That of the process.
        package init() { self = Self.process }

        /// Of two numbers.
        @inlinable @inline(__always)
        package func hash(_ first: UInt64, _ second: UInt64) -> UInt64 { mix(mix(start, first), second) }

        /// Of three numbers.
        @inlinable @inline(__always)
        package func hash(_ first: UInt64, _ second: UInt64, _ third: UInt64) -> UInt64 {
            mix(hash(first, second), third)
        }

        /// What was hashed before, and one number more.
        @inlinable @inline(__always)
        package func mix(_ state: UInt64, _ word: UInt64) -> UInt64 {
            let (high, low) = (state ^ word).multipliedFullWidth(by: factor)
            return high ^ low
        }
    }
}
