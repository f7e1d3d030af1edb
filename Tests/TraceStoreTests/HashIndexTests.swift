// SPDX-License-Identifier: Apache-2.0

import Testing
import TraceFlow

@testable import TraceStore

@Suite("Hashes that nobody can make fall together")
struct HashIndexTests {
    /// Words whose difference a product with an odd number and a shift by 32 leave in few bits, whatever that number is.
    private let pairs: [(UInt64, UInt64)] = (0..<64).flatMap { first in
        (0..<64).map { second in
            let difference = UInt64(second) << 58
            return (0x0123_4567_89ab_cdef ^ UInt64(first) << 58, 0xfedc_ba98_7654_3210 ^ difference ^ difference >> 32)
        }
    }

    @Test("Numbers that differ in few high bits have hashes of their own")
    func numbers() {
        let seed = HashIndex.Seed()
        #expect(Set(pairs.map { seed.hash($0, $1) }).count == pairs.count)
    }

    @Test("Bytes that differ in few high bits have hashes of their own, alone and behind others")
    func bytes() {
        let seed = HashIndex.Seed()
        func hash(_ pair: (UInt64, UInt64), after first: UInt64) -> UInt64 {
            var bytes: [UInt8] = []
            bytes.append(number: pair.0)
            bytes.append(number: pair.1)
            return bytes.withUnsafeBytes { seed.hash($0, after: first) }
        }
        for first in [0, 1, seed.hash(1, 2)] {
            #expect(Set(pairs.map { hash($0, after: first) }).count == pairs.count)
        }
    }

    @Test("Every byte counts, and how many there are")
    func lengths() {
        let seed = HashIndex.Seed()
        var hashes: Set<UInt64> = []
        for count in 0...40 {
            let bytes = [UInt8](repeating: 0, count: count)
            #expect(hashes.insert(bytes.withUnsafeBytes { seed.hash($0) }).inserted)
            for place in 0..<count {
                var changed = bytes
                changed[place] = 1
                #expect(hashes.insert(changed.withUnsafeBytes { seed.hash($0) }).inserted)
            }
        }
        #expect(seed.hash(1, 2) == HashIndex.Seed().hash(1, 2))
    }
}
