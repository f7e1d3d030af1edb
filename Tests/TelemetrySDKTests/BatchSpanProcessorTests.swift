// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import Testing

@testable import TelemetrySDK

private func span(_ id: UInt64) -> SpanData {
    let context = SpanContext(traceID: TraceID(high: 0, low: 1), spanID: SpanID(bits: id), flags: .sampled)
    return SpanData(context: context, name: "s", start: .now, end: .now)
}

private struct Refused: Error {}

/// Exports when it is let, and keeps what came.
private final class GatedExporter: SpanExporter {
    let gate = NSCondition()
    let state = Mutex((isOpen: false, batches: [[SpanData]](), isShutDown: false))
    let fails: Bool

    init(isOpen: Bool, fails: Bool = false) {
        self.fails = fails
        if isOpen { open() }
    }

    func open() {
        gate.withLock {
            state.withLock { $0.isOpen = true }
            gate.broadcast()
        }
    }

    func export(_ batch: SpanBatch) throws {
        gate.withLock { while !state.withLock({ $0.isOpen }) { gate.wait() } }
        state.withLock { $0.batches.append(batch.spans) }
        if fails { throw Refused() }
    }

    func shutdown() { state.withLock { $0.isShutDown = true } }
}

@Suite("Export in batches")
struct BatchSpanProcessorTests {
    @Test("Whoever ends spans never waits for an exporter that hangs, and every span is accounted for")
    func overload() {
        let exporter = GatedExporter(isOpen: false)
        let processor = BatchSpanProcessor(exporter: exporter, capacity: 10, batchSize: 5, delay: 60)
        for id in 1...1000 { processor.ended(span(UInt64(id))) }
        exporter.open()
        processor.shutdown()
        let counts = processor.counts
        #expect(counts.ended == 1000)
        // Ten that wait, and five that were being exported already.
        #expect(counts.dropped >= 985 && counts.exported >= 10)
        #expect(counts.exported + counts.dropped == 1000)
        #expect(exporter.state.withLock { $0.batches.allSatisfy { $0.count <= 5 } })
        #expect(exporter.state.withLock { $0.isShutDown })
    }

    @Test("A flush delivers what waits without the delay; a shutdown too, and what comes later is counted as dropped")
    func flushAndShutdown() {
        let exporter = GatedExporter(isOpen: true)
        let processor = BatchSpanProcessor(exporter: exporter, delay: 3600)
        processor.ended(span(1))
        processor.flush()
        #expect(exporter.state.withLock { $0.batches.map(\.count) } == [1])
        processor.ended(span(2))
        processor.shutdown()
        #expect(processor.counts.exported == 2)
        processor.ended(span(3))
        processor.shutdown()
        #expect(processor.counts.dropped == 1)
    }

    @Test("What is to leave soon is exported without the delay, and nobody waits for it", .timeLimit(.minutes(1)))
    func exportSoon() async throws {
        let exported = Gate()
        let exporter = CollectingExporter { _ in exported.open() }
        let processor = BatchSpanProcessor(exporter: exporter, delay: 3600)
        let emitting = try #require(SDKTracer(resource: Resource(), processor: processor).emitting)
        let context = SpanContext(traceID: TraceID(high: 1, low: 2), spanID: SpanID(bits: 3), flags: .sampled)
        let (start, end) = (Timestamp(nanoseconds: 1), Timestamp(nanoseconds: 2))
        emitting.emit(context, "lost", ofKind: .consumer, parent: nil, from: start, to: end, status: .unset) { _ in }
        emitting.exportSoon()
        _ = await onThreads { _ in exported.pass() }
        #expect(exporter.spans.map(\.spanID) == [SpanID(bits: 3)])
        // Nothing waits: nothing happens.
        emitting.exportSoon()
        processor.shutdown()
        #expect(exporter.spans.count == 1)
    }

    @Test("Spans that fill many blocks are all exported, without a flush", arguments: [nil, 5000])
    func manyBlocks(_ capacity: Int?) {
        let exporter = GatedExporter(isOpen: true)
        let processor = BatchSpanProcessor(exporter: exporter, capacity: capacity, delay: 3600)
        for id in 1...5000 { processor.ended(span(UInt64(id))) }
        processor.shutdown()
        #expect(processor.counts == SpanCounts(ended: 5000, exported: 5000))
        let ids = exporter.state.withLock { $0.batches.flatMap { $0.map(\.spanID.bits) } }
        #expect(ids.sorted() == Array(1...5000))
    }

    @Test("Spans that an exporter could not deliver are counted as failed")
    func failure() {
        let processor = BatchSpanProcessor(exporter: GatedExporter(isOpen: true, fails: true), delay: 3600)
        processor.ended(span(1))
        processor.shutdown()
        #expect(processor.counts.failed == 1)
    }

    @Test("A flush or a shutdown that has no time says so, and a shutdown accounts for every span")
    func deadlines() {
        let exporter = GatedExporter(isOpen: false)
        let processor = BatchSpanProcessor(exporter: exporter, capacity: 100, batchSize: 5, delay: 0)
        for id in 1...50 { processor.ended(span(UInt64(id))) }
        #expect(!processor.flush(timeout: .zero))
        #expect(!processor.shutdown(timeout: .zero))
        #expect(exporter.state.withLock { $0.isShutDown })
        let counts = processor.counts
        #expect(counts.ended == 50 && counts.exported + counts.dropped + counts.failed == 50)
        exporter.open()
        #expect(processor.shutdown())
        #expect(processor.counts == counts)
    }

    @Test("A flush of each of many threads is done, without the delay, while others go on ending spans")
    func manyFlushes() async {
        let exporter = GatedExporter(isOpen: true)
        let processor = BatchSpanProcessor(exporter: exporter, capacity: 10_000, batchSize: 7, delay: 3600)
        await withTaskGroup { group in
            for task in 0..<4 {
                group.addTask {
                    for id in 1...100 {
                        processor.ended(span(UInt64(task * 100 + id)))
                        #expect(processor.flush(timeout: .seconds(600)))
                    }
                }
            }
        }
        #expect(processor.counts.exported == 400)
        processor.shutdown()
    }
}
