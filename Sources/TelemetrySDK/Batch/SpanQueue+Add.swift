// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchService
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

extension SpanQueue {
    /// What became of a span that was to be put into a shard.
    private enum Outcome {
        case added, refused
        /// Larger than all that may wait.
        case tooLarge
        /// Added, and the thread that exports is to be told.
        case addedFirst
    }

    /// Takes a span, or drops and counts it where there is no room.
    @inline(__always)
    func add(_ span: UnsafeRawBufferPointer, of source: SpanSource) {
        guard let ahead = enter() else { return refuse() }
        while true {
            var isNearlyFull = false
            let outcome = shards.withFreeShard { put(span, of: source, into: &$0, &isNearlyFull) }
            if isNearlyFull { giveWay() }
            switch outcome {
            case .added: return isBatch(ahead) ? wake() : ()
            case .addedFirst: return wake()
            case .refused:
                leave()
                refusedLate.wrappingAdd(1, ordering: .relaxed)
                return
            case .tooLarge:
                leave()
                return refuse()
            case nil:
                if whenFull == .wait, waitForRoom() { continue }
                leave()
                return refuse()
            }
        }
    }

    /// Takes a span that is written where it will stay.
    ///
    /// - Parameters:
    ///   - byteCount: How many bytes it has at most; some hundred.
    ///   - source: Whose it is.
    ///   - write: Writes it at the place that it is given, and returns how many bytes.
    /// - Returns: `false`, with nothing done, where it can't be taken at once.
    @inline(__always)
    func add(upTo byteCount: Int, of source: SpanSource, _ write: (UnsafeMutableRawPointer) -> Int) -> Bool {
        guard case .bytes = bound, byteCount <= SpanBlock.usualCapacity / 2 else { return false }
        var isNearlyFull = false
        let outcome = shards.withFreeShard { shard -> Outcome? in
            if shard.isClosed || shard.block?.fits(byteCount) != true && !renewBlock(of: &shard, &isNearlyFull) {
                return .refused
            }
            shard.block?.append(of: source, write)
            shard.addedCount &+= 1
            return sleep.load(ordering: .relaxed) == Sleep.idle ? .addedFirst : .added
        }
        if isNearlyFull { giveWay() }
        if case .addedFirst = outcome { wake() }
        return outcome != .refused
    }

    @inline(__always)
    private func put(
        _ span: UnsafeRawBufferPointer,
        of source: SpanSource,
        into shard: inout SpanShard,
        _ isNearlyFull: inout Bool
    ) -> Outcome? {
        if shard.isClosed { return .refused }
        if shard.block?.fits(span.count) != true {
            guard span.count <= SpanBlock.usualCapacity / 2 else { return putAlone(span, of: source, counted: &shard) }
            guard renewBlock(of: &shard, &isNearlyFull) else { return nil }
        }
        shard.block?.append(span, of: source)
        shard.addedCount &+= 1
        return sleep.load(ordering: .relaxed) == Sleep.idle ? .addedFirst : .added
    }

    /// Puts an empty block into a shard.
    ///
    /// - Parameters:
    ///   - shard: The shard.
    ///   - isNearlyFull: Becomes `true` where little room is left: for ``giveWay()``, once nobody waits for the shard.
    /// - Returns: `false` if there is none.
    @inline(never)
    private func renewBlock(of shard: inout SpanShard, _ isNearlyFull: inout Bool) -> Bool {
        if shard.block == nil, isExhausted.load(ordering: .relaxed) { return false }
        let (isRenewed, isToWake, hasLittleRoom) = condition.withLock {
            var isToWake = false
            if let block = shard.block {
                pushLocked(block)
                shard.block = nil
                isToWake = accounts.isDue && blocks.full.count >= blocksToWakeFor
            }
            shard.block = blocks.take(SpanBlock.usualCapacity)
            if shard.block == nil { runOutLocked() }
            return (shard.block != nil, isToWake, blocks.isNearlyFull)
        }
        // Not before: whoever wakes up needs the lock first of all.
        if isToWake { condition.broadcast() }
        if hasLittleRoom { isNearlyFull = true }
        return isRenewed
    }

    /// Lets the thread that exports have a processor: it may be awake and without one, because those who end spans have them
    /// all.
    @inline(never)
    private func giveWay() { sched_yield() }

    /// No block is left: what waits goes out, however little it is, because nothing more comes in until then.
    private func runOutLocked() {
        isExhausted.store(true, ordering: .relaxed)
        sleep.store(Sleep.none, ordering: .relaxed)
        condition.broadcast()
    }

    /// Takes a span that is too large to stand with others.
    @inline(never)
    private func putAlone(
        _ span: UnsafeRawBufferPointer,
        of source: SpanSource,
        counted shard: inout SpanShard
    ) -> Outcome? {
        let capacity = SpanBlock.capacity(for: span.count)
        // No room is ever made for what is larger than all there may be.
        guard capacity <= bound.maximumByteCount else { return .tooLarge }
        if isExhausted.load(ordering: .relaxed) { return nil }
        let isTaken = condition.withLock {
            guard var block = blocks.take(capacity) else {
                runOutLocked()
                return false
            }
            block.append(span, of: source)
            pushLocked(block)
            if accounts.isDue { condition.broadcast() }
            return true
        }
        guard isTaken else { return nil }
        shard.addedCount &+= 1
        return sleep.load(ordering: .relaxed) == Sleep.idle ? .addedFirst : .added
    }

    // Where the number of spans is limited, it is kept exactly.

    /// Counts a span that comes in.
    ///
    /// - Returns: How many wait, this one included, or 0 where nobody counts; `nil` where that would be too many.
    @inline(__always)
    private func enter() -> Int? {
        guard case .spans(let limit) = bound else { return 0 }
        while true {
            let count = waiting.wrappingAdd(1, ordering: .sequentiallyConsistent).newValue
            if count <= limit { return count }
            waiting.wrappingSubtract(1, ordering: .relaxed)
            guard whenFull == .wait, waitForRoom() else { return nil }
        }
    }

    @inline(__always)
    private func leave() {
        if case .spans = bound { waiting.wrappingSubtract(1, ordering: .relaxed) }
    }

    /// Whether the thread that exports waits for a batch that is there now.
    @inline(__always)
    private func isBatch(_ count: Int) -> Bool {
        count >= batchSize && sleep.load(ordering: .sequentiallyConsistent) == Sleep.collecting
    }

    private func refuse() {
        refused.wrappingAdd(1, ordering: .relaxed)
    }

    @inline(never)
    private func wake() {
        condition.withLock {
            sleep.store(Sleep.none, ordering: .relaxed)
            condition.broadcast()
        }
    }

    /// Waits until there may be room.
    ///
    /// - Returns: `false` if the queue takes nothing more in.
    private func waitForRoom() -> Bool {
        condition.withLock {
            // What fills the queue may still be in the shards, where the thread that exports has to look for it.
            sleep.store(Sleep.none, ordering: .relaxed)
            condition.broadcast()
            while !isClosed, !hasRoom { condition.wait() }
            return !isClosed
        }
    }

    private var hasRoom: Bool {
        if case .spans(let limit) = bound { return waiting.load(ordering: .relaxed) < limit }
        return !isExhausted.load(ordering: .relaxed)
    }
}
