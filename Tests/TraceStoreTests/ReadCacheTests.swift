// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TraceStore

@Suite("What was read last of files")
struct ReadCacheTests {
    private final class Value: Sendable {}

    @Test("is forgotten in the order in which it was read, as far as there is no room")
    func order() {
        let cache = ReadCache<Int>(capacity: 10)
        for block in 0..<20 { cache.insert(block, 0, block, size: 1) }
        #expect((0..<20).map { cache[0, $0] } == (0..<20).map { $0 < 10 ? nil : $0 })
    }

    @Test("stays if somebody asked for it since it was last its turn to go")
    func second() {
        let cache = ReadCache<Int>(capacity: 10)
        for block in 0..<10 { cache.insert(block, 0, block, size: 1) }
        #expect(cache[0, 3] == 3)
        for block in 10..<19 { cache.insert(block, 0, block, size: 1) }
        #expect((0..<10).compactMap { cache[0, $0] } == [3])
        #expect((10..<19).allSatisfy { cache[0, $0] == $0 })
    }

    @Test("takes no more than it may, but for a single value, and gives back what it forgets")
    func room() {
        let cache = ReadCache<Value>(capacity: 10)
        weak var first: Value?
        do {
            let value = Value()
            first = value
            cache.insert(value, 0, 0, size: 100)
        }
        #expect(first != nil)
        cache.insert(Value(), 1, 0, size: 6)
        #expect(first == nil)
        cache.insert(Value(), 2, 0, size: 6)
        #expect(cache[1, 0] == nil && cache[2, 0] != nil)
    }

    @Test("is of its file and block, and of the first that was read of these")
    func keys() {
        let cache = ReadCache<Int>(capacity: 100)
        cache.insert(1, 0, 1, size: 1)
        cache.insert(2, 1, 0, size: 1)
        cache.insert(3, 0, 1, size: 1)
        #expect(cache[0, 1] == 1 && cache[1, 0] == 2 && cache[0, 0] == nil)
    }

    @Test("is forgotten again and again without growing")
    func long() {
        let cache = ReadCache<Int>(capacity: 100)
        for block in 0..<100_000 {
            cache.insert(block, 0, block, size: 1)
            if block % 3 == 0 { #expect(cache[0, block] == block) }
        }
        #expect((0..<100_000).count { cache[0, $0] != nil } == 100)
    }
}
