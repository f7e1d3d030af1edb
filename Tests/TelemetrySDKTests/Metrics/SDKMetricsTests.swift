// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TelemetrySDK

private struct Refused: Error {}

private struct PickyExporter: SpanExporter {
    func export(_ batch: SpanBatch) throws { if batch.spans.count > 2 { throw Refused() } }
}

/// Loses one span of each batch.
private struct LossyExporter: SpanExporter {
    func export(_ batch: SpanBatch) throws { throw PartialExport(lostSpanCount: 1, message: "one too old") }
}

@Suite("What the SDK measures of itself")
struct SDKMetricsTests {
    private func batch(_ count: Int) -> SpanBatch {
        let context = SpanContext(traceID: TraceID(high: 0, low: 1), spanID: SpanID(bits: 1), flags: .sampled)
        return SpanBatch((0..<count).map { _ in SpanData(context: context, name: "s", start: .now, end: .now) })
    }

    @Test("Spans delivered and lost are counted, each under why, and how long it took is measured")
    func exporter() throws {
        let meter = SDKMeter()
        let exporter = MeasuredSpanExporter(PickyExporter(), meter: meter, component: "file_span_exporter/0")
        try exporter.export(batch(2))
        #expect(throws: Refused.self) { try exporter.export(batch(3)) }
        let exported = meter.numbers("otel.sdk.exporter.span.exported")
        #expect(exported.map(\.value) == [.int(2), .int(3)])
        #expect(exported.map { $0.attributes["error.type"] != nil } == [false, true])
        #expect(exported[1].attributes["error.type"]?.stringValue?.hasSuffix("Refused") == true)
        #expect(exported[0].attributes["otel.component.type"] == "file_span_exporter")
        #expect(exported[0].attributes["otel.component.name"] == "file_span_exporter/0")
        #expect(meter.numbers("otel.sdk.exporter.span.inflight").map(\.value) == [.int(0)])
        #expect(meter.histograms("otel.sdk.exporter.operation.duration").map(\.count) == [1, 1])
    }

    @Test("Of a batch that is delivered in part, each part counts as what it is")
    func partial() throws {
        let meter = SDKMeter()
        let exporter = MeasuredSpanExporter(LossyExporter(), meter: meter, component: "file_span_exporter/0")
        #expect(throws: PartialExport.self) { try exporter.export(batch(3)) }
        #expect(throws: PartialExport.self) { try exporter.export(batch(1)) }
        let exported = meter.numbers("otel.sdk.exporter.span.exported")
        #expect(exported.map(\.value) == [.int(2), .int(2)])
        #expect(exported.map { $0.attributes["error.type"] } == [nil, "TelemetryData.PartialExport"])
        #expect(meter.numbers("otel.sdk.exporter.span.inflight").map(\.value) == [.int(0)])
    }

    @Test("The counts of a processor are reported as they are at each report")
    func processor() {
        let meter = SDKMeter()
        let exporter = MeasuredSpanExporter(PickyExporter(), meter: meter, component: "file_span_exporter/0")
        let processor = BatchSpanProcessor(exporter: exporter, capacity: 8, batchSize: 2)
        meter.observe(SpanStatistics.source { SpanStatistics(processor.counts, capacity: 8) })
        for span in batch(2).spans { processor.ended(span) }
        processor.shutdown()
        for span in batch(5).spans { processor.ended(span) }
        let processed = meter.numbers("otel.sdk.processor.span.processed")
        #expect(processed.map(\.value) == [.int(2), .int(5)])
        #expect(processed.map { $0.attributes["error.type"] } == [nil, "queue_full"])
        #expect(meter.numbers("otel.sdk.span.started").isEmpty, "a processor does not know")
        #expect(meter.numbers("otel.sdk.processor.span.queue.size").map(\.value) == [.int(0)])
        #expect(meter.numbers("otel.sdk.processor.span.queue.capacity").map(\.value) == [.int(8)])
        #expect(meter.numbers("otel.sdk.exporter.span.exported").map(\.value) == [.int(2)])
    }

    @Test("Started spans are told apart by whether they are kept, drops by why")
    func statistics() {
        var statistics = SpanStatistics()
        statistics.sampled = 3
        statistics.unsampled = 4
        statistics.dropped = ["queue_full": 1, "already_shutdown": 2]
        statistics.waiting = 5
        let period = MetricPeriod(start: Timestamp(nanoseconds: 1), time: Timestamp(nanoseconds: 2))
        let metrics = statistics.metrics(period, component: "batching_span_processor/0")
        #expect(metrics.map(\.name).contains("otel.sdk.processor.span.queue.capacity") == false)
        let started = metrics.first { $0.name == "otel.sdk.span.started" }?.numbers ?? []
        #expect(started.map(\.value) == [.int(3), .int(4)])
        #expect(started.map { $0.attributes["otel.span.sampling_result"] } == ["RECORD_AND_SAMPLE", "DROP"])
        #expect(started.allSatisfy { $0.start == period.start && $0.time == period.time })
        let processed = metrics.first { $0.name == "otel.sdk.processor.span.processed" }?.numbers ?? []
        #expect(processed.map { $0.attributes["error.type"] } == [nil, "already_shutdown", "queue_full"])
        #expect(processed.map(\.value) == [.int(0), .int(2), .int(1)])
    }
}
