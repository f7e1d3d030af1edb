// SPDX-License-Identifier: Apache-2.0

/// Blocks that wait to be exported, and blocks that are free; all memory of a queue comes from here, within a limit.
struct BlockList {
    /// Those that wait, the oldest first.
    var full: [SpanBlock] = []

    private var free: [SpanBlock] = []
    private var byteCount = 0
    private let maximumByteCount: Int

    init(maximumByteCount: Int) {
        self.maximumByteCount = maximumByteCount
    }

    /// Whether less than a quarter of the room is left.
    var isNearlyFull: Bool {
        maximumByteCount - byteCount + free.count * SpanBlock.usualCapacity < maximumByteCount / 4
    }

    /// An empty block; `nil` when the limit is reached.
    mutating func take(_ capacity: Int) -> SpanBlock? {
        if capacity == SpanBlock.usualCapacity, let block = free.popLast() { return block }
        // Blocks that are free make room for one of another size.
        while byteCount + capacity > maximumByteCount, let block = free.popLast() { dispose(block) }
        guard byteCount + capacity <= maximumByteCount else { return nil }
        byteCount += capacity
        return SpanBlock(capacity: capacity)
    }

    /// Takes the oldest blocks that hold so many spans together, or all.
    mutating func takeFull(spanCount: Int) -> [SpanBlock] {
        var count = 0
        var taken = 0
        while taken < full.count, count < spanCount {
            count += full[taken].count
            taken += 1
        }
        let blocks = Array(full.prefix(taken))
        full.removeFirst(taken)
        return blocks
    }

    /// Takes blocks back: what still holds spans waits on, before all others.
    mutating func giveBack(_ blocks: [SpanBlock]) {
        var rest: [SpanBlock] = []
        for var block in blocks {
            if block.count > 0 {
                rest.append(block)
            } else if block.capacity == SpanBlock.usualCapacity {
                block.removeAll()
                free.append(block)
            } else {
                dispose(block)
            }
        }
        full.insert(contentsOf: rest, at: 0)
    }

    /// Frees the memory of all blocks that are here.
    mutating func deallocate() {
        for block in free + full { dispose(block) }
        (free, full) = ([], [])
    }

    private mutating func dispose(_ block: SpanBlock) {
        byteCount -= block.capacity
        block.deallocate()
    }
}

/// How much may wait for its export.
enum SpanQueueBound: Sendable, Hashable {
    /// So many spans, exactly, however large they are.
    case spans(Int)
    /// So many bytes of encoded spans, in whole blocks.
    case bytes(Int)

    /// How many bytes of blocks there may be.
    var maximumByteCount: Int {
        switch self {
        case .spans: .max / 2
        case .bytes(let count): max(count, SpanBlock.usualCapacity)
        }
    }

    /// How many whole blocks the thread that exports is woken up for, if they hold a batch: an eighth of all, which leaves
    /// it time to come, or one where the number of spans is what counts.
    var blocksToWakeFor: Int {
        switch self {
        case .spans: 1
        case .bytes: max(1, maximumByteCount / SpanBlock.usualCapacity / 8)
        }
    }

    /// Over how many shards spans are spread: several for each processor, but not so many that half-filled blocks take up
    /// what is there.
    func shardCount(processors: Int) -> Int {
        let most =
            switch self {
            case .spans: 64
            case .bytes: max(1, maximumByteCount / SpanBlock.usualCapacity / 4)
            }
        return min(4 * max(1, processors), most)
    }
}

/// What whoever ends a span does when too many wait.
public enum FullQueue: Sendable, Hashable {
    /// Goes on; the span is dropped and counted.
    case drop
    /// Blocks its thread until there is room.
    ///
    /// For threads of one's own that may wait, such as a bulk import; never for a thread of Swift's pool or of an event
    /// loop.
    case wait
}
