// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchService
import Synchronization
import TelemetryData

/// Finished spans between the threads that end them and the one that exports, bounded.
///
/// Whoever ends a span copies it into a block of a ``SpanShard``; whole blocks wait in a list. Locks are always taken in
/// this order: shard, `condition`.
///
/// `@unchecked Sendable`: what changes is atomic, in a shard, or touched only while `condition` is locked.
final class SpanQueue: @unchecked Sendable {
    /// What the thread that exports waits for.
    enum Sleep {
        static let none: UInt8 = 0
        /// A whole batch, or the end of the delay.
        static let collecting: UInt8 = 1
        /// The first span.
        static let idle: UInt8 = 2
    }

    let shards: SpanShards
    let condition = MonotonicCondition()
    let bound: SpanQueueBound
    let batchSize: Int
    let delay: TimeInterval
    let whenFull: FullQueue

    /// How many whole blocks the thread that exports is woken up for; to wake it up takes as long as many spans do.
    let blocksToWakeFor: Int

    let sleep = Atomic<UInt8>(Sleep.none)

    /// Whether a block was asked for and there was none; then nobody asks until one is free.
    let isExhausted = Atomic<Bool>(false)

    /// How many spans wait, where their number is limited.
    let waiting = Atomic<Int>(0)

    /// How many spans were not taken in because there was no room.
    let refused = Atomic<Int>(0)

    /// How many spans were not taken in because the queue was closed.
    let refusedLate = Atomic<Int>(0)

    // While `condition` is locked:
    var accounts: SpanAccounts
    var blocks: BlockList
    var sources: [(resource: Resource, scope: InstrumentationScope)] = []
    var isClosed = false
    var isDrained = false

    init(bound: SpanQueueBound, batchSize: Int, delay: TimeInterval, whenFull: FullQueue) {
        self.bound = bound
        self.batchSize = batchSize
        self.delay = delay
        self.whenFull = whenFull
        accounts = SpanAccounts(batchSize: batchSize)
        blocksToWakeFor = bound.blocksToWakeFor
        blocks = BlockList(maximumByteCount: bound.maximumByteCount)
        shards = SpanShards(count: bound.shardCount(processors: ProcessInfo.processInfo.activeProcessorCount))
    }

    deinit {
        shards.deallocate()
        blocks.deallocate()
    }

    /// What became of the spans so far.
    var counts: SpanCounts {
        var added = 0
        shards.forEach { added += $0.addedCount }
        return condition.withLock {
            return SpanCounts(
                ended: added + refusedCount,
                exported: accounts.exported,
                dropped: refusedCount + accounts.abandoned,
                failed: accounts.failed
            )
        }
    }

    /// How many spans were not taken in.
    private var refusedCount: Int { refused.load(ordering: .relaxed) + refusedLate.load(ordering: .relaxed) }

    /// Why spans were dropped, and how many for each reason.
    var drops: [String: Int] {
        let abandoned = condition.withLock { accounts.abandoned }
        let drops = [
            "queue_full": refused.load(ordering: .relaxed),
            "already_shutdown": refusedLate.load(ordering: .relaxed),
            "shutdown_timeout": abandoned,
        ]
        return drops.filter { $0.value > 0 }
    }

    /// Moves what the shards hold to the blocks that wait.
    func collect() {
        shards.forEach { shard in
            guard let block = shard.block, block.count > 0 else { return }
            shard.block = nil
            condition.withLock { pushLocked(block) }
        }
    }

    /// Takes in a block that somebody filled.
    func pushLocked(_ block: SpanBlock) {
        blocks.full.append(block)
        accounts.add(block.count)
    }

    /// Has all that has come by now exported without delay.
    func exportSoon() {
        collect()
        condition.withLock {
            _ = accounts.want()
            condition.broadcast()
        }
    }

    /// Whether all that had come by now is exported, or could not be, in time.
    func flush(timeout: TimeInterval) -> Bool {
        collect()
        return condition.withLock {
            let target = accounts.want()
            condition.broadcast()
            return wait(timeout) { self.accounts.settled >= target }
        }
    }

    /// Takes nothing more in, and waits until all is exported.
    ///
    /// When the time is over, what isn't yet counts as lost.
    ///
    /// - Returns: Whether this call closed the queue, and whether all was exported, or could not be, in time.
    func close(timeout: TimeInterval) -> (isFirst: Bool, isInTime: Bool) {
        shards.forEach { $0.isClosed = true }
        collect()
        let (isFirst, isInTime, dropped) = condition.withLock {
            let isFirst = !isClosed
            isClosed = true
            condition.broadcast()
            let isInTime = wait(timeout) { self.isDrained }
            if !isInTime {
                accounts.abandon()
                // Those who wait for a flush have nothing more to wait for.
                condition.broadcast()
            }
            return (isFirst, isInTime, dropsToReport(isLast: true))
        }
        if let dropped { Self.report(dropped: dropped) }
        return (isFirst, isInTime)
    }

    func dropsToReport(isLast: Bool = false) -> Int? {
        accounts.dropsToReport(refusedCount + accounts.abandoned, isLast: isLast)
    }

    static func report(dropped count: Int) {
        Diagnostics.log(.warning, "\(count) spans were dropped so far: more ended than could be exported in time")
    }

    /// Whether the condition came true in time.
    private func wait(_ timeout: TimeInterval, until isTrue: () -> Bool) -> Bool {
        let deadline = ContinuousClock.Instant.after(seconds: timeout)
        while !isTrue() {
            if !condition.wait(until: deadline) { return isTrue() }
        }
        return true
    }
}
