// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchService
import TelemetryData

/// A ``BatchQueue`` that threads share: those that end spans, and the one that exports.
///
/// `@unchecked Sendable`: every stored property that changes is touched only while `condition` is locked.
final class SharedBatchQueue: @unchecked Sendable {
    private let condition = NSCondition()
    private let delay: TimeInterval
    private var queue: BatchQueue
    private var isClosed = false
    private var isDrained = false

    init(_ queue: BatchQueue, delay: TimeInterval) {
        self.queue = queue
        self.delay = delay
    }

    var counts: SpanCounts { condition.withLock { queue.counts } }

    func add(_ span: SpanData) {
        condition.withLock {
            let wasEmpty = queue.waiting.isEmpty
            let isBatch = isClosed ? queue.refuse() : queue.add(span)
            // The thread sleeps without limit while nothing waits; the first span starts the delay.
            if isBatch || wasEmpty { condition.broadcast() }
        }
    }

    /// Exports batches until the queue is closed and empty.
    ///
    /// The body of the thread.
    func drain(into exporter: any SpanExporter) {
        while let batch = nextBatch() {
            var failure: (any Error)?
            do { try exporter.export(SpanBatch(batch)) } catch { failure = error }
            let lost = failure.map { ($0 as? PartialExport)?.lostSpanCount ?? batch.count } ?? 0
            let dropped = condition.withLock {
                queue.exported(lost: lost)
                condition.broadcast()
                return queue.dropsToReport()
            }
            if let failure { report(failure, lost: lost) }
            if let dropped { report(dropped: dropped) }
        }
    }

    /// Whether all that had come by now is exported, or could not be, in time.
    func flush(timeout: TimeInterval) -> Bool {
        condition.withLock {
            let target = queue.want()
            condition.broadcast()
            return wait(timeout) { self.queue.settled >= target }
        }
    }

    /// Takes nothing more in, and waits until all is exported.
    ///
    /// When the time is over, what isn't yet counts as lost.
    ///
    /// - Returns: Whether this call closed the queue, and whether all was exported, or could not be, in time.
    func close(timeout: TimeInterval) -> (isFirst: Bool, isInTime: Bool) {
        let (isFirst, isInTime, dropped) = condition.withLock {
            let isFirst = !isClosed
            isClosed = true
            condition.broadcast()
            let isInTime = wait(timeout) { self.isDrained }
            if !isInTime {
                queue.abandon()
                // Those who wait for a flush have nothing more to wait for.
                condition.broadcast()
            }
            return (isFirst, isInTime, queue.dropsToReport(isLast: true))
        }
        if let dropped { report(dropped: dropped) }
        return (isFirst, isInTime)
    }

    /// Whether the condition came true in time.
    private func wait(_ timeout: TimeInterval, until isTrue: () -> Bool) -> Bool {
        let deadline = Date(timeIntervalSinceNow: timeout)
        while !isTrue() {
            if !condition.wait(until: deadline) { return isTrue() }
        }
        return true
    }

    private func nextBatch() -> [SpanData]? {
        condition.withLock {
            while queue.waiting.isEmpty {
                if isClosed {
                    isDrained = true
                    condition.broadcast()
                    return nil
                }
                condition.wait()
            }
            let deadline = Date(timeIntervalSinceNow: delay)
            while !queue.isDue, !isClosed {
                if !condition.wait(until: deadline) { break }
            }
            return queue.takeBatch()
        }
    }

    private func report(_ failure: any Error, lost count: Int) {
        Diagnostics.log(.error, "\(count) spans could not be exported: \(failure)")
    }

    private func report(dropped count: Int) {
        Diagnostics.log(.warning, "\(count) spans were dropped so far: more ended than could be exported in time")
    }
}
