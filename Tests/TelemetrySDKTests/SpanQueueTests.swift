// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import TelemetryData
import Testing

@testable import TelemetrySDK

private let usual = SpanBlock.usualCapacity

@Suite("The queue of spans", .timeLimit(.minutes(5)))
struct SpanQueueTests {
    enum Exporter: CaseIterable { case quick, failing, partial, slow }

    private struct Failure: Error {}

    private static func exporter(_ kind: Exporter) -> CollectingExporter {
        CollectingExporter { batch in
            switch kind {
            case .quick: break
            case .failing: throw Failure()
            case .partial: throw PartialExport(lostSpanCount: 1, message: "one is lost")
            case .slow: for _ in 0..<5 { _ = batch.spans }
            }
        }
    }

    @Test(
        "Eight threads flood a queue: each span is exported once and intact, or dropped, and counted as what it was",
        arguments: [SpanQueueBound.bytes(4 * usual), .bytes(usual), .bytes(1 << 22), .spans(100), .spans(3)],
        Exporter.allCases
    )
    func flood(_ bound: SpanQueueBound, _ kind: Exporter) async {
        // Each failure is told: of a queue this small that would be thousands of lines.
        if bound == .spans(3), kind == .failing || kind == .partial { return }
        for whenFull in [FullQueue.drop, .wait] {
            let exporter = Self.exporter(kind)
            let batchSize = if case .spans(let limit) = bound { min(limit, 50) } else { 50 }
            let fixture = QueueFixture(bound, batchSize: batchSize, whenFull: whenFull, into: exporter)
            let spanCount = 250
            _ = await onThreads(8) { thread in
                for number in 0..<spanCount {
                    fixture.end(1 + thread * spanCount + number, textCount: number % 17 == 0 ? 3000 : number % 200)
                }
            }
            #expect(await onThreads { _ in fixture.close() } == [true])
            let counts = fixture.queue.counts
            #expect(counts.ended == 8 * spanCount && counts.settled == counts.ended)
            if whenFull == .wait { #expect(counts.dropped == 0) }
            let spans = exporter.spans
            #expect(spans.count == counts.exported + counts.failed)
            #expect(Set(spans.map(\.spanID)).count == spans.count)
            #expect(spans.allSatisfy(QueueFixture.isIntact))
            let batches = exporter.batches.withLock { $0.map(\.count) }
            #expect(batches.allSatisfy { 1...batchSize ~= $0 })
            switch kind {
            case .quick, .slow: #expect(counts.failed == 0)
            case .failing: #expect(counts.exported == 0)
            case .partial: #expect(counts.failed == batches.count)
            }
        }
    }

    @Test("Of a number of spans exactly as many wait, while the exporter hangs", arguments: [1, 2, 7, 1000])
    func exactCapacity(_ capacity: Int) async {
        let gate = Gate()
        let exporter = CollectingExporter { _ in gate.pass() }
        let fixture = QueueFixture(.spans(capacity), batchSize: 1, into: exporter)
        _ = await onThreads { _ in
            fixture.end(1)
            gate.waitForArrivals()
            for id in 2..<(capacity + 12) { fixture.end(id) }
        }
        #expect(fixture.queue.counts.dropped == 10)
        gate.open()
        _ = await onThreads { _ in fixture.close() }
        #expect(fixture.queue.counts.exported == capacity + 1)
    }

    @Test("Spans of any size go through, but for those that are larger than all the room there is")
    func sizes() async {
        for whenFull in [FullQueue.drop, .wait] {
            let exporter = CollectingExporter()
            let fixture = QueueFixture(.bytes(4 * usual), whenFull: whenFull, into: exporter)
            let sizes = [
                0, usual / 2 - 200, usual / 2, usual / 2 + 200, usual - 200, usual, usual + 200, 3 * usual, 4 * usual,
            ]
            _ = await onThreads { _ in
                for (index, size) in sizes.enumerated() {
                    fixture.end(index + 1, textCount: size)
                    _ = fixture.queue.flush(timeout: 600)
                }
                fixture.close()
            }
            let counts = fixture.queue.counts
            #expect(counts.ended == sizes.count && counts.dropped == 1 && counts.exported == sizes.count - 1)
            #expect(exporter.spans.allSatisfy(QueueFixture.isIntact))
            #expect(exporter.spans.map { $0.attributes["text"]?.stringValue?.utf8.count } == sizes.dropLast())
        }
    }

    @Test("Threads that wait for room for large spans get it, without a flush and long before the delay")
    func largeSpansWait() async {
        let exporter = CollectingExporter()
        let fixture = QueueFixture(.bytes(4 * usual), whenFull: .wait, into: exporter)
        _ = await onThreads(4) { thread in
            for number in 0..<20 { fixture.end(1 + thread * 20 + number, textCount: number % 2 * usual + 10) }
        }
        _ = await onThreads { _ in fixture.close() }
        #expect(fixture.queue.counts.exported == 80 && fixture.queue.counts.dropped == 0)
        #expect(Set(exporter.spans.map(\.spanID)).count == 80)
    }

    @Test(
        "Where there is no room left, what waits is exported though it is no batch",
        arguments: [usual / 2 - 200, usual]
    )
    func fullBeforeBatch(_ size: Int) async {
        let gate = Gate()
        let exporter = CollectingExporter { _ in gate.open() }
        let fixture = QueueFixture(.bytes(2 * usual), into: exporter)
        _ = await onThreads { _ in
            for id in 1...20 { fixture.end(id, textCount: size) }
            // Only an export opens it, and there is neither a flush nor a delay.
            gate.pass()
            fixture.close()
        }
        #expect(fixture.queue.counts.settled == 20 && fixture.queue.counts.exported > 0)
    }

    @Test("A full batch is exported before the delay", arguments: [SpanQueueBound.bytes(1 << 22), .spans(100_000)])
    func fullBatch(_ bound: SpanQueueBound) async {
        let gate = Gate()
        let exporter = CollectingExporter { _ in gate.open() }
        let fixture = QueueFixture(bound, batchSize: 50, into: exporter)
        _ = await onThreads { _ in
            for id in 1...(bound == .spans(100_000) ? 50 : 20_000) { fixture.end(id) }
            gate.pass()
            fixture.close()
        }
        #expect(fixture.queue.counts.exported + fixture.queue.counts.dropped == fixture.queue.counts.ended)
        #expect(exporter.batches.withLock { $0.first?.count } == 50)
    }

    @Test("The delay ends a batch that does not get full", arguments: [SpanQueueBound.bytes(1 << 22), .spans(100)])
    func delay(_ bound: SpanQueueBound) async {
        let gate = Gate()
        let fixture = QueueFixture(bound, batchSize: 50, delay: 0.01, into: CollectingExporter { _ in gate.open() })
        _ = await onThreads { _ in
            fixture.end(1)
            gate.pass()
            fixture.close()
        }
        #expect(fixture.queue.counts.exported == 1)
    }

    @Test("Times that no clock can tell are taken as very long, or as none")
    func absurdTimes() async {
        for delay in [TimeInterval.infinity, .greatestFiniteMagnitude, .nan, -1] {
            let fixture = QueueFixture(.spans(10), delay: delay, into: CollectingExporter())
            let flushed = await onThreads { _ in
                fixture.end(1)
                let isFlushed = fixture.queue.flush(timeout: .infinity)
                fixture.close(.greatestFiniteMagnitude)
                return isFlushed
            }
            #expect(flushed == [true] && fixture.queue.counts.exported == 1)
        }
    }
}
