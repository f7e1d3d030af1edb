// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TelemetrySDK

@Suite("How many spans were started")
struct SpanStartsTests {
    @Test("Each start counts once, recorded or not, by every way to start, on every thread")
    func starts() async {
        let processor = BatchSpanProcessor(exporter: Discarding(), delay: 3600)
        let tracer = SDKTracer(resource: Resource(), processor: processor)
        let target = MessageTarget(system: "kafka", destination: "orders")
        var sampled = SpanContext(traceID: TraceID(high: 1, low: 1), spanID: SpanID(bits: 1), flags: .sampled)
        sampled.isRemote = true
        var unsampled = sampled
        unsampled.flags = []
        let parents: [(SpanContext?, [SpanContext])] = [(sampled, []), (unsampled, []), (nil, []), (nil, [unsampled])]
        await withTaskGroup { group in
            for _ in 0..<8 {
                group.addTask {
                    for (parent, following) in parents {
                        tracer.startSpan("s", ofKind: .internal, parent: parent, following: following, at: nil) { _ in }
                            .end()
                        withTracer(tracer) {
                            startMessageSpan(
                                .send,
                                on: target,
                                ofKind: .producer,
                                parent: parent.map { .context($0) } ?? .root,
                                following: following
                            )
                            .end()
                        }
                        _ = tracer.reserveSpan(
                            "s",
                            ofKind: .internal,
                            startingTrace: nil,
                            parent: parent,
                            following: following
                        ) { _ in }
                    }
                }
            }
        }
        processor.shutdown()
        #expect(tracer.startedCounts == (sampled: 48, unsampled: 48))
        let statistics = processor.statistics(with: tracer)
        #expect(statistics.sampled == 48 && statistics.unsampled == 48 && statistics.processed == 32)
    }

    @Test("Drops are told apart: no room, and too late")
    func drops() {
        let processor = BatchSpanProcessor(exporter: Discarding(), capacity: 1, delay: 3600)
        let tracer = SDKTracer(resource: Resource(), processor: processor)
        processor.shutdown()
        tracer.startSpan("s", ofKind: .internal, parent: nil, following: [], at: nil) { _ in }.end()
        #expect(processor.statistics(with: tracer).dropped == ["already_shutdown": 1])
        #expect(processor.counts == SpanCounts(ended: 1, dropped: 1))
    }

    private struct Discarding: SpanExporter {
        func export(_ batch: SpanBatch) throws {}
    }
}
