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
    private var isFlushing = false
    private var isClosed = false
    private var isExporting = false
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
            condition.withLock {
                queue.exported(batch.count, failed: failure != nil)
                isExporting = false
                condition.broadcast()
            }
            if let failure { report(failure, lost: batch.count) }
        }
    }

    func flush() {
        condition.withLock { waitUntilEmpty() }
    }

    /// Whether this call closed it.
    func close() -> Bool {
        condition.withLock {
            let isFirst = !isClosed
            isClosed = true
            condition.broadcast()
            while !isDrained { condition.wait() }
            return isFirst
        }
    }

    private func waitUntilEmpty() {
        isFlushing = true
        condition.broadcast()
        while !isDrained, isExporting || !queue.waiting.isEmpty { condition.wait() }
        isFlushing = false
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
            while queue.waiting.count < queue.batchSize, !isFlushing, !isClosed {
                if !condition.wait(until: deadline) { break }
            }
            isExporting = true
            return queue.takeBatch()
        }
    }

    private func report(_ failure: any Error, lost count: Int) {
        Diagnostics.log(.error, "\(count) spans could not be exported: \(failure)")
    }
}
