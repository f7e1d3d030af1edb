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
    @Test("The queue takes what fits, drops and counts the rest, and gives batches in order")
    func queue() {
        var queue = BatchQueue(capacity: 3, batchSize: 2)
        let fills = (1...4).map { queue.add(span($0)) }
        #expect(fills == [false, true, true, false])
        #expect(queue.counts.ended == 4 && queue.counts.dropped == 1)
        #expect(queue.takeBatch().map(\.spanID.bits) == [1, 2])
        #expect(queue.takeBatch().map(\.spanID.bits) == [3])
    }

    @Test("Whoever ends spans never waits for an exporter that hangs, and every span is accounted for")
    func overload() {
        let exporter = GatedExporter(isOpen: false)
        let processor = BatchSpanProcessor(exporter: exporter, capacity: 10, batchSize: 5, delay: 60)
        for id in 1...1000 { processor.ended(span(UInt64(id))) }
        exporter.open()
        processor.shutdown()
        let counts = processor.counts
        #expect(counts.ended == 1000)
        #expect(counts.dropped >= 980)
        #expect(counts.exported + counts.dropped == 1000)
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

    @Test("Spans that an exporter could not deliver are counted as failed")
    func failure() {
        let processor = BatchSpanProcessor(exporter: GatedExporter(isOpen: true, fails: true), delay: 3600)
        processor.ended(span(1))
        processor.shutdown()
        #expect(processor.counts.failed == 1)
    }
}
