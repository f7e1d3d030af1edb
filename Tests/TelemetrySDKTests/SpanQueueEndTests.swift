// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchService
import Synchronization
import TelemetryData
import Testing

@testable import TelemetrySDK

private let usual = SpanBlock.usualCapacity

@Suite("The end of a queue of spans", .timeLimit(.minutes(5)))
struct SpanQueueEndTests {
    @Test(
        "A shutdown while threads end spans accounts for each of them",
        arguments: [SpanQueueBound.bytes(2 * usual), .spans(20)],
        [FullQueue.drop, .wait]
    )
    func whileSpansEnd(_ bound: SpanQueueBound, _ whenFull: FullQueue) async {
        for _ in 0..<20 {
            let exporter = CollectingExporter()
            let fixture = QueueFixture(bound, batchSize: 20, whenFull: whenFull, into: exporter)
            let begun = Gate()
            _ = await onThreads(5) { thread in
                if thread == 4 {
                    begun.waitForArrivals(4)
                    begun.open()
                    fixture.close()
                    return
                }
                begun.pass()
                for number in 0..<200 { fixture.end(1 + thread * 200 + number, textCount: 500) }
            }
            let counts = fixture.queue.counts
            #expect(counts.ended == 800 && counts.settled == 800)
            #expect(exporter.spans.count == counts.exported)
            #expect(Set(exporter.spans.map(\.spanID)).count == counts.exported)
        }
    }

    @Test(
        "Threads that wait for room return when the queue is closed, in no time too, and their spans are dropped",
        arguments: [SpanQueueBound.bytes(usual), .spans(3)]
    )
    func whileThreadsWait(_ bound: SpanQueueBound) async {
        let gate = Gate()
        let exporter = CollectingExporter { _ in gate.pass() }
        let fixture = QueueFixture(bound, batchSize: 1, whenFull: .wait, into: exporter)
        let results = await onThreads(5) { thread in
            if thread == 4 {
                gate.waitForArrivals()
                return fixture.close(0)
            }
            // Much more than there is room for.
            for number in 0..<10 { fixture.end(1 + thread * 10 + number, textCount: usual / 3) }
            return true
        }
        // All have returned, though the exporter still hangs.
        #expect(results.count(where: { !$0 }) == 1)
        let counts = fixture.queue.counts
        #expect(counts.ended == 40 && counts.settled == 40 && counts.exported == 0 && counts.failed == 1)
        gate.open()
        #expect(await onThreads { _ in fixture.close() } == [true])
        #expect(fixture.queue.counts == counts)
    }

    @Test("Of many shutdowns at once one is the first, and all return when it is done")
    func manyShutdowns() async {
        let fixture = QueueFixture(.spans(100), into: CollectingExporter())
        _ = await onThreads { _ in for id in 1...50 { fixture.end(id) } }
        let results = await onThreads(4) { _ in fixture.queue.close(timeout: 600) }
        #expect(results.count(where: \.isFirst) == 1 && results.allSatisfy(\.isInTime))
        #expect(fixture.queue.counts.exported == 50)
    }

    @Test(
        "A flush of each of many threads delivers what it ended",
        arguments: [SpanQueueBound.bytes(1 << 20), .spans(500)]
    )
    func manyFlushes(_ bound: SpanQueueBound) async {
        let exporter = CollectingExporter()
        let fixture = QueueFixture(bound, batchSize: 7, whenFull: .wait, into: exporter)
        let missing = await onThreads(6) { thread in
            var missing = 0
            for number in 0..<50 {
                let id = 1 + thread * 50 + number
                fixture.end(id)
                guard fixture.queue.flush(timeout: 600) else { return -1 }
                if !exporter.spans.contains(where: { $0.spanID.bits == UInt64(id) }) { missing += 1 }
            }
            return missing
        }
        #expect(missing == [0, 0, 0, 0, 0, 0] && fixture.queue.counts.exported == 300)
        _ = await onThreads { _ in fixture.close() }
    }

    @Test("A flush that hangs returns when the queue is closed without time")
    func flushWhileClosing() async {
        let gate = Gate()
        let fixture = QueueFixture(.spans(10), batchSize: 1, into: CollectingExporter { _ in gate.pass() })
        let results = await onThreads(2) { thread in
            if thread == 0 {
                fixture.end(1)
                fixture.end(2)
                return fixture.queue.flush(timeout: 600)
            }
            gate.waitForArrivals()
            return fixture.close(0)
        }
        #expect(results.count(where: { $0 }) == 1)
        #expect(fixture.queue.counts.settled == fixture.queue.counts.ended)
        gate.open()
    }

    @Test("Spans of tracers that differ in resource or scope are exported under what made them")
    func sources() async {
        let exporter = CollectingExporter()
        let processor = BatchSpanProcessor(exporter: exporter, batchSize: 64, delay: 3600)
        let tracers = (0..<6).map { number in
            SDKTracer(
                resource: Resource(attributes: ["service.name": .string("service-\(number / 2)")]),
                processor: processor,
                scope: InstrumentationScope(name: "scope-\(number % 2)")
            )
        }
        _ = await onThreads(4) { thread in
            for number in 0..<100 {
                let index = (number * 7 + thread) % 6
                let span = tracers[index].startSpan("\(index)", ofKind: .internal, parent: nil, following: [], at: nil)
                {
                    $0.set("index", index)
                }
                span.end()
            }
            processor.flush(timeout: .seconds(600))
        }
        _ = await onThreads { _ in processor.shutdown(timeout: .seconds(600)) }
        let spans = exporter.spans
        #expect(spans.count == 400 && processor.counts.exported == 400)
        for span in spans {
            let index = Int(span.name) ?? -1
            #expect(span.attributes["index"] == .int(Int64(index)))
            #expect(span.resource.serviceName == "service-\(index / 2)" && span.scope.name == "scope-\(index % 2)")
        }
        // Each pair once, however many tracers have it.
        #expect(processor.queue.condition.withLock { processor.queue.sources.count } == 6)
        _ = SDKTracer(
            resource: Resource(attributes: ["service.name": "service-0"]),
            processor: processor,
            scope: InstrumentationScope(name: "scope-1")
        )
        #expect(processor.queue.condition.withLock { processor.queue.sources.count } == 6)
    }
}
