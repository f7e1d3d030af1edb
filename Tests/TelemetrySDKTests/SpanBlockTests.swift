// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing

@testable import TelemetrySDK

private let usual = SpanBlock.usualCapacity

extension SpanBlock {
    fileprivate mutating func append(_ bytes: [UInt8], _ source: UInt32 = 0) {
        bytes.withUnsafeBytes { append($0, of: SpanSource(index: source)) }
    }

    fileprivate mutating func rest() -> [[UInt8]] {
        var all: [[UInt8]] = []
        while let (_, bytes) = next() { all.append(bytes) }
        return all
    }

    /// The next span, without the tag and the length that it is given back with.
    fileprivate mutating func next() -> (source: SpanSource, bytes: [UInt8])? {
        guard let source = nextSource else { return nil }
        var bytes = [UInt8](repeating: 0, count: byteCount)
        let taken = bytes.withUnsafeMutableBytes { target in
            target.baseAddress.map { takeRun(upTo: 1, into: $0) } ?? (bytes: 0, count: 0)
        }
        #expect(taken.count == 1 && bytes.first == 0x12)
        let lengthEnd = bytes.dropFirst().firstIndex { $0 < 0x80 } ?? 0
        return (source, Array(bytes[..<taken.bytes].dropFirst(lengthEnd + 1)))
    }
}

@Suite("Blocks of spans")
struct SpanBlockTests {
    @Test("A block gives back what it took, of any size, until it is full, and again when it was emptied")
    func anySize() {
        let numbers = Numbers(1)
        var block = SpanBlock(capacity: 4096)
        defer { block.deallocate() }
        for _ in 0..<200 {
            var expected: [[UInt8]] = []
            var sources: [UInt32] = []
            while true {
                let size = Int(numbers.next() % 130)
                guard block.fits(size) else { break }
                expected.append([UInt8](repeating: UInt8(truncatingIfNeeded: numbers.next()), count: size))
                sources.append(UInt32(truncatingIfNeeded: numbers.next()))
                block.append(expected.last ?? [], sources.last ?? 0)
            }
            #expect(block.count == expected.count)
            for (bytes, source) in zip(expected, sources) {
                guard let next = block.next() else { return #expect(Bool(false), "the block ended early") }
                #expect(next.bytes == bytes && next.source.index == source)
            }
            #expect(block.nextSource == nil && block.count == 0)
            block.removeAll()
        }
    }

    @Test("A block that is made for one span fits that one, and no further byte", arguments: 0..<40)
    func exactFit(_ size: Int) {
        var block = SpanBlock(capacity: SpanBlock.capacity(for: size))
        defer { block.deallocate() }
        #expect(block.fits(size) && block.capacity < size + 16)
        block.append([UInt8](repeating: 7, count: size))
        #expect(!block.fits(0) && block.rest() == [[UInt8](repeating: 7, count: size)])
    }
}

@Suite("The list of blocks")
struct BlockListTests {
    @Test("is nearly full when less than a quarter of its room is left, until a block is given back")
    func nearlyFull() throws {
        var list = BlockList(maximumByteCount: 4 * SpanBlock.usualCapacity)
        defer { list.deallocate() }
        var taken: [SpanBlock] = []
        for expected in [false, false, false, true] {
            let block = list.take(SpanBlock.usualCapacity)
            taken.append(try #require(block))
            #expect(list.isNearlyFull == expected)
        }
        list.giveBack([taken.removeLast()])
        #expect(!list.isNearlyFull)
        list.giveBack(taken)
        #expect(!list.isNearlyFull)
    }

    @Test("No more memory is given out than the limit says, whatever the sizes; what comes back is used again")
    func limit() {
        var list = BlockList(maximumByteCount: 4 * usual)
        let blocks = (0..<4).compactMap { _ in list.take(usual) }
        #expect(blocks.count == 4 && list.take(usual) == nil && list.take(8) == nil)
        list.giveBack(Array(blocks.prefix(3)))
        #expect(list.take(4 * usual) == nil)
        // Free blocks make room for a block of another size.
        guard let large = list.take(3 * usual) else { return #expect(Bool(false), "no room was made") }
        #expect(list.take(8) == nil)
        list.giveBack([large])
        #expect(list.take(usual) != nil)
        list.giveBack(Array(blocks.suffix(1)))
        list.deallocate()
    }

    @Test("What still holds spans waits on before all others; of the oldest as many are taken as hold enough")
    func order() {
        var list = BlockList(maximumByteCount: .max / 2)
        defer { list.deallocate() }
        for number in 0..<4 {
            guard var block = list.take(usual) else { return }
            block.append([UInt8(number)])
            block.append([UInt8(number) + 100])
            list.full.append(block)
        }
        var taken = list.takeFull(spanCount: 3)
        #expect(taken.count == 2 && list.full.count == 2)
        _ = taken[0].rest()
        #expect(taken[1].next()?.bytes.first == 1)
        list.giveBack(taken)
        var all = list.takeFull(spanCount: .max)
        #expect(all.indices.flatMap { all[$0].rest() } == [[101], [2], [102], [3], [103]])
        list.giveBack(all)
        #expect(list.full.isEmpty && list.takeFull(spanCount: 5).isEmpty)
        // A block that was used before is empty.
        #expect(list.take(usual).map { $0.count == 0 && $0.fits(usual - 8) } == true)
    }
}

@Suite("Shards")
struct SpanShardsTests {
    @Test("There is a power of two of them, far enough apart to share no line of a cache", arguments: 1..<20)
    func layout(_ count: Int) {
        let shards = SpanShards(count: count)
        #expect(shards.count >= count && shards.count < 2 * count && shards.count.nonzeroBitCount == 1)
        #expect(MemoryLayout<SpanShard>.stride >= 128 && MemoryLayout<ShardLock>.stride >= 128)
    }

    @Test("All that threads put into shards is found there, though they meet all the time")
    func nothingIsLost() async {
        let shards = SpanShards(count: 4)
        _ = await onThreads(8) { _ in
            for _ in 0..<5000 { _ = shards.withFreeShard { $0.addedCount += 1 } as Void? }
        }
        var counts: [Int] = []
        shards.forEach { counts.append($0.addedCount) }
        #expect(counts.count == 4 && counts.reduce(0, +) == 40_000)
    }

    @Test("A shard that won't do is passed over, until one will; where none will, that is said")
    func passedOver() {
        let shards = SpanShards(count: 8)
        var number = 0
        shards.forEach {
            $0.addedCount = number
            number += 1
        }
        for wanted in 0..<8 {
            #expect(shards.withFreeShard { $0.addedCount == wanted ? wanted : nil } == wanted)
        }
        var asked = Set<Int>()
        #expect(
            shards.withFreeShard { shard -> Int? in
                asked.insert(shard.addedCount)
                return nil
            } == nil
        )
        #expect(asked.count == 8)
    }
}
