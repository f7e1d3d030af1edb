// SPDX-License-Identifier: Apache-2.0

import CStitchPlatform
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// One of several places where threads put finished spans, so that they seldom meet.
///
/// Whoever has its lock may touch it, and nobody else.
struct SpanShard {
    /// The block that is being filled.
    var block: SpanBlock?

    /// How many spans were put here, ever.
    var addedCount = 0

    /// Whether nothing is taken in any more.
    var isClosed = false

    // Two lines of a processor's cache that no other shard shares.
    private let padding = CacheLine()
}

/// The lock of a shard; apart from what it guards, because who looks at it may not touch that.
///
/// Whoever finds it taken goes to the next one; it is held for a copy of some hundred bytes. Not a mutex of the system's,
/// which on Linux hands itself over from thread to thread at a switch each once more than one waits.
struct ShardLock: ~Copyable {
    // 0 when free, 1 when taken.
    private let isTaken = Atomic<UInt32>(0)

    // As of a shard.
    private let padding = (CacheLine(), CacheLine())

    /// Takes it, if nobody has it.
    @inline(__always)
    func tryLock() -> Bool {
        isTaken.compareExchange(expected: 0, desired: 1, ordering: .acquiring).exchanged
    }

    @inline(__always)
    func unlock() {
        isTaken.store(0, ordering: .releasing)
    }

    /// Takes it, soon: for those who are not ending a span.
    func waitForLock() {
        while !tryLock() { sched_yield() }
    }
}

/// As much as a line of a processor's cache, and then some.
private struct CacheLine {
    private let words: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (
        0, 0, 0, 0, 0, 0, 0, 0, 0
    )
}

/// The shards of a processor; of a power of two.
///
/// `@unchecked Sendable`: what is in a shard is touched only while its lock is held. Its memory is freed by
/// ``deallocate()`` alone, by the one queue that has it.
struct SpanShards: @unchecked Sendable {
    private let shards: UnsafeMutablePointer<SpanShard>
    private let locks: UnsafeMutablePointer<ShardLock>
    private let mask: Int

    init(count: Int) {
        var rounded = 1
        while rounded < count { rounded *= 2 }
        mask = rounded - 1
        // Owned by the queue until `deallocate`.
        shards = .allocate(capacity: rounded)
        locks = .allocate(capacity: rounded)
        for index in 0..<rounded {
            (shards + index).initialize(to: SpanShard())
            (locks + index).initialize(to: ShardLock())
        }
    }

    func deallocate() {
        for index in 0...mask {
            shards[index].block?.deallocate()
            (shards + index).deinitialize(count: 1)
            (locks + index).deinitialize(count: 1)
        }
        shards.deallocate()
        locks.deallocate()
    }

    /// How many there are.
    var count: Int { mask + 1 }

    /// Lets `body` have shards that nobody else has, from the one of this thread on, until one will do.
    ///
    /// - Parameter body: Uses the shard; `nil` to be given the next one.
    /// - Returns: What `body` returned; `nil` if no shard would do.
    @inline(__always)
    func withFreeShard<Result>(_ body: (inout SpanShard) -> Result?) -> Result? {
        let first = Int(truncatingIfNeeded: stitch_thread_number())
        var tried = 0
        var offset = 0
        while true {
            let index = (first &+ offset) & mask
            if locks[index].tryLock() {
                let result = body(&shards[index])
                locks[index].unlock()
                if let result { return result }
                tried &+= 1
                if tried > mask { return nil }
            }
            offset &+= 1
            // All were taken: whoever has one needs a processor to go on.
            if offset & mask == 0 { sched_yield() }
        }
    }

    /// Lets `body` have each shard in turn.
    func forEach(_ body: (inout SpanShard) -> Void) {
        for index in 0...mask {
            locks[index].waitForLock()
            body(&shards[index])
            locks[index].unlock()
        }
    }
}
