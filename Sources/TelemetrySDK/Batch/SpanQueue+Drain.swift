// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchService
import Synchronization
import TelemetryAPI
import TelemetryData

extension SpanQueue {
    /// Exports batches until the queue is closed and empty.
    ///
    /// The body of the thread. What the exporter does there is not traced: a span of its own for each batch would make
    /// the next batch, for ever.
    func drain(into exporter: any SpanExporter) {
        withTracer(NoOpTracer()) { exportBatches(by: exporter) }
    }

    private func exportBatches(by exporter: any SpanExporter) {
        // The memory of one batch serves the next, unless the exporter has kept it.
        var spans = EncodedSpans()
        while nextBatch(&spans) {
            let batch = SpanBatch(spans)
            var failure: (any Error)?
            do { try exporter.export(batch) } catch { failure = error }
            let lost = failure.map { ($0 as? PartialExport)?.lostSpanCount ?? batch.count } ?? 0
            let dropped = condition.withLock {
                accounts.exported(lost: lost)
                condition.broadcast()
                return dropsToReport()
            }
            if let failure { Diagnostics.log(.error, "\(lost) spans could not be exported: \(failure)") }
            if let dropped { Self.report(dropped: dropped) }
        }
    }

    /// Waits for spans, and takes a batch of them out.
    ///
    /// - Returns: `false` at the end.
    private func nextBatch(_ spans: inout EncodedSpans) -> Bool {
        var deadline: ContinuousClock.Instant?
        while true {
            if takeBatch(&spans, ifDue: true) { return true }
            let isOver = deadline.map { $0 <= .now } ?? false
            let isEnd = condition.withLock { isClosed }
            if isOver || isEnd || hasBatch {
                collect()
                if takeBatch(&spans, ifDue: false) { return true }
                deadline = nil
            }
            if isEnd {
                condition.withLock {
                    isDrained = true
                    condition.broadcast()
                }
                return false
            }
            if deadline == nil, isEmpty {
                waitForFirst()
            } else {
                let end = deadline ?? .after(seconds: delay)
                deadline = end
                waitForBatch(until: end)
            }
        }
    }

    /// Whether there is a batch, where the number of spans is known.
    private var hasBatch: Bool {
        if case .spans = bound {
            return waiting.load(ordering: .sequentiallyConsistent) >= batchSize
        }
        return isExhausted.load(ordering: .relaxed)
    }

    /// Whether no span waits anywhere; whoever adds one after this sees that the thread is idle.
    private var isEmpty: Bool {
        sleep.store(Sleep.idle, ordering: .sequentiallyConsistent)
        var isEmpty = true
        shards.forEach { if $0.block?.count ?? 0 > 0 { isEmpty = false } }
        return isEmpty && condition.withLock { accounts.waiting == 0 }
    }

    private func waitForFirst() {
        condition.withLock {
            while sleep.load(ordering: .relaxed) == Sleep.idle, !accounts.isDue, accounts.waiting == 0, !isClosed {
                condition.wait()
            }
            sleep.store(Sleep.none, ordering: .relaxed)
        }
    }

    private func waitForBatch(until deadline: ContinuousClock.Instant) {
        sleep.store(Sleep.collecting, ordering: .sequentiallyConsistent)
        if hasBatch {
            sleep.store(Sleep.none, ordering: .relaxed)
            return
        }
        condition.withLock {
            while sleep.load(ordering: .relaxed) == Sleep.collecting, !accounts.isDue, !isClosed,
                !isExhausted.load(ordering: .relaxed)
            {
                if !condition.wait(until: deadline) { break }
            }
            sleep.store(Sleep.none, ordering: .relaxed)
        }
    }

    /// Takes the oldest spans out, at most a batch.
    private func takeBatch(_ spans: inout EncodedSpans, ifDue: Bool) -> Bool {
        let taken = condition.withLock { () -> (blocks: [SpanBlock], count: Int, sources: [Source])? in
            guard accounts.waiting > 0, !ifDue || accounts.isDue || isClosed else { return nil }
            let count = accounts.takeBatch()
            if case .spans = bound { waiting.wrappingSubtract(count, ordering: .relaxed) }
            return (blocks.takeFull(spanCount: count), count, sources)
        }
        guard var taken else { return false }
        spans.removeAll()
        Self.read(&taken.blocks, count: taken.count, sources: taken.sources, into: &spans)
        condition.withLock {
            blocks.giveBack(taken.blocks)
            isExhausted.store(false, ordering: .relaxed)
            // There is room for those who wait for it.
            if whenFull == .wait { condition.broadcast() }
        }
        return true
    }

    typealias Source = (resource: Resource, scope: InstrumentationScope)

    /// Copies spans out of their blocks, each to the group of its source, which has the source's place.
    private static func read(_ blocks: inout [SpanBlock], count: Int, sources: [Source], into spans: inout EncodedSpans)
    {
        for source in sources[spans.groupCount...] { spans.addGroup(source.resource, source.scope) }
        var rest = count
        for index in blocks.indices {
            while rest > 0, let source = blocks[index].nextSource {
                let before = blocks[index].count
                spans.append(to: Int(source.index), upTo: blocks[index].byteCount) {
                    blocks[index].takeRun(upTo: rest, into: $0)
                }
                rest -= before - blocks[index].count
            }
        }
    }
}
