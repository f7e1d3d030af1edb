// SPDX-License-Identifier: Apache-2.0

extension SealWriter {
    /// The traces that links lead to by hash, the rows that have the links, and where they lead to, in order and each once.
    ///
    /// - Parameter targetRows: The row that each link leads to; -1 for none of this file.
    /// - Returns: Pairs of a hash and a row with a bit that says whether the link joins flows; for each a code, of which
    ///   ``SealedLink`` knows what it says.
    func linkPairs(_ targetRows: [Int32]) -> (pairs: [UInt64], codes: [UInt64]) {
        var order: [UInt64] = []
        var (values, codes): ([UInt32], [UInt64]) = ([], [])
        order.reserveCapacity(targets.count)
        values.reserveCapacity(targets.count)
        codes.reserveCapacity(targets.count)
        for (index, row) in rows.enumerated() {
            // They are as many, unless the span has one of too many shapes.
            let isKnown = row.links.range.count == row.targets.range.count
            for (place, target) in targets[row.targets.range].enumerated() {
                let targetRow = isKnown ? targetRows[row.links.range.lowerBound + place] : -1
                order.append((target >> 1) << 32 | UInt64(order.count))
                values.append(UInt32(truncatingIfNeeded: UInt64(index) << 1 | target & 1))
                codes.append(targetRow < 0 ? 0 : SealedLink.code(from: index, to: Int(targetRow)))
            }
        }
        RadixSort.sortByUpperHalf(&order)
        var (distinct, distinctCodes): ([UInt64], [UInt64]) = ([], [])
        distinct.reserveCapacity(order.count)
        distinctCodes.reserveCapacity(order.count)
        for item in order {
            let ordinal = Int(UInt32(truncatingIfNeeded: item))
            let (pair, code) = ((item >> 32) << 32 | UInt64(values[ordinal]), codes[ordinal])
            if pair == distinct.last, code == distinctCodes.last { continue }
            distinct.append(pair)
            distinctCodes.append(code)
        }
        return (distinct, distinctCodes)
    }

    /// The hashes of attributes and the blocks that have them, in order; one for all where there are too many.
    func attributePairs(_ directory: SealedDirectory) -> [UInt64] {
        var pairs: [UInt64] = []
        pairs.reserveCapacity(attributes.count / 2)
        var seen = HashSieve()
        for block in directory.blocks.indices {
            seen.clear()
            for row in rows[directory.rows(ofBlock: block)] {
                for index in row.attributes.range where seen.insert(attributes[index]) {
                    pairs.append(UInt64(attributes[index]) << 32 | UInt64(block))
                }
            }
        }
        RadixSort.sortByUpperHalf(&pairs)
        return Self.withoutCommon(pairs, blockCount: directory.blocks.count)
    }

    /// Pairs in order, with one for each hash that is in more than an eighth of the blocks.
    private static func withoutCommon(_ sorted: [UInt64], blockCount: Int) -> [UInt64] {
        let limit = max(8, blockCount / 8)
        var listed: [UInt64] = []
        listed.reserveCapacity(sorted.count)
        var first = 0
        while first < sorted.count {
            var end = first + 1
            let hash = sorted[first] >> 32
            while end < sorted.count, sorted[end] >> 32 == hash { end += 1 }
            if end - first > limit {
                listed.append(hash << 32 | UInt64(SealedFormat.everyBlock))
            } else {
                for pair in sorted[first..<end] where pair != listed.last { listed.append(pair) }
            }
            first = end
        }
        return listed
    }
}

/// Sorts integers by their digits, which takes a time that only their number decides.
enum RadixSort {
    private static let digit: UInt64 = 11

    /// Sorts by the upper 32 bits; what is the same in these stays in the order in which it is.
    static func sortByUpperHalf(_ numbers: inout [UInt64]) {
        var other = [UInt64](repeating: 0, count: numbers.count)
        var counts = [Int](repeating: 0, count: 1 << Int(digit))
        for round in 0..<3 {
            let shift = 32 + UInt64(round) * digit
            let mask: UInt64 = 1 << digit - 1
            for index in counts.indices { counts[index] = 0 }
            for number in numbers { counts[Int(truncatingIfNeeded: number >> shift & mask)] &+= 1 }
            var place = 0
            for index in counts.indices {
                let count = counts[index]
                counts[index] = place
                place += count
            }
            for number in numbers {
                let bucket = Int(truncatingIfNeeded: number >> shift & mask)
                other[counts[bucket]] = number
                counts[bucket] &+= 1
            }
            swap(&numbers, &other)
        }
    }
}

/// The hashes that have been seen since it was cleared; of a fixed size, so it may take one for new that is not.
struct HashSieve {
    private var slots = [UInt64](repeating: 0, count: 1 << 14)
    private var round: UInt64 = 0

    mutating func clear() { round += 1 }

    /// Whether a hash is new.
    @inline(__always)
    mutating func insert(_ hash: UInt32) -> Bool {
        let word = round << 32 | UInt64(hash)
        var slot = Int((hash &* 0x9e37_79b1) >> 18)
        for _ in 0..<16 {
            if slots[slot] == word { return false }
            if slots[slot] >> 32 != round {
                slots[slot] = word
                return true
            }
            slot = (slot &+ 1) & (1 << 14 - 1)
        }
        return true
    }
}
