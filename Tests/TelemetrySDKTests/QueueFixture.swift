// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchService
import Synchronization
import TelemetryData
import TraceContext

@testable import TelemetrySDK

/// Runs work on threads of its own, which may block, and returns when all have ended.
func onThreads<Result: Sendable>(
    _ count: Int = 1,
    _ work: @escaping @Sendable (Int) -> Result
) async -> [Result] {
    await withTaskGroup { group in
        for index in 0..<count {
            group.addTask {
                await withCheckedContinuation { continuation in
                    Thread.detachNewThread { continuation.resume(returning: work(index)) }
                }
            }
        }
        return await group.reduce(into: []) { $0.append($1) }
    }
}

/// Keeps what it exports, and does with each batch what it is told.
final class CollectingExporter: SpanExporter {
    let batches = Mutex<[[SpanData]]>([])
    private let behaviour: @Sendable (SpanBatch) throws -> Void

    init(_ behaviour: @escaping @Sendable (SpanBatch) throws -> Void = { _ in }) { self.behaviour = behaviour }

    var spans: [SpanData] { batches.withLock { $0.flatMap { $0 } } }

    func export(_ batch: SpanBatch) throws {
        let spans = batch.spans
        batches.withLock { $0.append(spans) }
        try behaviour(batch)
    }
}

/// A door that is closed until it is opened, once.
final class Gate: Sendable {
    private let condition = NSCondition()
    private let state = Mutex((isOpen: false, waiting: 0))

    func open() {
        condition.withLock {
            state.withLock { $0.isOpen = true }
            condition.broadcast()
        }
    }

    /// Waits until it is open.
    func pass() {
        condition.withLock {
            state.withLock { $0.waiting += 1 }
            condition.broadcast()
            while !state.withLock({ $0.isOpen }) { condition.wait() }
        }
    }

    /// Waits until so many have come to it.
    func waitForArrivals(_ count: Int = 1) {
        condition.withLock { while state.withLock({ $0.waiting }) < count { condition.wait() } }
    }
}

/// A queue with a thread that exports from it, as a processor has it, of any bound.
struct QueueFixture: Sendable {
    let queue: SpanQueue
    let source: SpanSource

    init(
        _ bound: SpanQueueBound,
        batchSize: Int = 512,
        delay: TimeInterval = 3600,
        whenFull: FullQueue = .drop,
        into exporter: any SpanExporter
    ) {
        let queue = SpanQueue(bound: bound, batchSize: batchSize, delay: delay, whenFull: whenFull)
        self.queue = queue
        source = queue.addSource("a")
        Thread.detachNewThread { queue.drain(into: exporter) }
    }

    /// Ends a span that says its number, and has a text of that many bytes.
    func end(_ id: Int, textCount: Int = 20) {
        var writer = ProtobufWriter()
        writer.write(contentOf: Self.span(id, textCount: textCount))
        writer.buffer.withUnsafeBytes { queue.add($0, of: source) }
    }

    /// Exports what waits; whether that was done in time.
    @discardableResult
    func close(_ timeout: TimeInterval = 600) -> Bool { queue.close(timeout: timeout).isInTime }

    static func span(_ id: Int, textCount: Int) -> SpanData {
        let context = SpanContext(
            traceID: TraceID(high: 0, low: 1),
            spanID: SpanID(bits: UInt64(id)),
            flags: .sampled
        )
        let letter = ["a", "b", "c", "d", "e", "f", "g"][id % 7]
        let time = Timestamp(nanoseconds: UInt64(id))
        let attributes: Attributes = [
            "id": .int(Int64(id)), "text": .string(String(repeating: letter, count: textCount)),
        ]
        return SpanData(context: context, name: "s", start: time, end: time, attributes: attributes)
    }

    /// Whether a span is what was ended under its number.
    static func isIntact(_ span: SpanData) -> Bool {
        var expected = Self.span(
            Int(span.spanID.bits),
            textCount: span.attributes["text"]?.stringValue?.utf8.count ?? 0
        )
        expected.resource = span.resource
        expected.scope = span.scope
        return span == expected
    }
}

extension SpanQueue {
    func addSource(_ name: String) -> SpanSource {
        condition.withLock {
            sources.append((Resource(), InstrumentationScope(name: name)))
            return SpanSource(index: UInt32(sources.count - 1))
        }
    }
}

extension SpanCounts {
    /// How many are accounted for.
    var settled: Int { exported + dropped + failed }
}
