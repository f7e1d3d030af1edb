// SPDX-License-Identifier: Apache-2.0

/// Finds numbers by hashes of what they stand for, which whoever owns it holds.
///
/// Half of its slots are free; it is one array of integers.
struct HashIndex {
    /// The upper half of a hash, and below it one more than the number; 0 where there is none.
    private var slots: [UInt64]
    private var mask: Int
    private static let upper: UInt64 = 0xffff_ffff_0000_0000
    private var count = 0

    /// An index for so many numbers, or more.
    init(capacity: Int = 0) {
        var size = 64
        while size < capacity * 2 { size *= 2 }
        slots = [UInt64](repeating: 0, count: size)
        mask = size - 1
    }

    /// The number that has this hash and is the same as what is looked for.
    @inline(__always)
    func find(_ hash: UInt64, _ isSame: (Int) -> Bool) -> Int? {
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
    mutating func insert(_ hash: UInt64, _ number: Int) {
        count += 1
        if count * 2 > slots.count { grow() }
        put(hash & Self.upper | UInt64(UInt32(truncatingIfNeeded: number &+ 1)))
    }

    /// Puts a number in the place of another of the same hash, which is there.
    mutating func replace(_ hash: UInt64, _ number: Int, with new: Int) {
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
    struct Seed {
        private let start: UInt64
        private let factor: UInt64

        private static let process = Seed(start: .random(in: 0 ... .max), factor: .random(in: 0 ... .max) | 1)

        private init(start: UInt64, factor: UInt64) { (self.start, self.factor) = (start, factor) }

        /// That of the process.
        init() { self = Self.process }

        /// Of two numbers.
        @inline(__always)
        func hash(_ first: UInt64, _ second: UInt64) -> UInt64 { mix(mix(start, first), second) }

        /// Of bytes and their number, and of what was hashed before them.
        @inline(__always)
        func hash(_ bytes: UnsafeRawBufferPointer, after first: UInt64 = 0) -> UInt64 {
            let count = bytes.count
            var state = hash(first, UInt64(truncatingIfNeeded: count))
            guard let start = bytes.baseAddress, count > 0 else { return state }
            if count < 4 {
                let (first, middle, last) = (start.byte(0), start.byte(count >> 1), start.byte(count &- 1))
                return mix(state, first | middle << 8 | last << 16)
            }
            if count < 8 { return mix(state, start.half(0) | start.half(count &- 4) << 32) }
            // The last eight bytes may overlap those before them.
            var offset = 0
            while offset < count &- 8 {
                state = mix(state, start.word(offset))
                offset &+= 8
            }
            return mix(state, start.word(count &- 8))
        }

        @inline(__always)
        private func mix(_ state: UInt64, _ word: UInt64) -> UInt64 {
            let (high, low) = (state ^ word).multipliedFullWidth(by: factor)
            return high ^ low
        }
    }
}
