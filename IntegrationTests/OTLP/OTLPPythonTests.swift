// SPDX-License-Identifier: Apache-2.0

import StitchOTLP
import Synchronization
import TelemetryData
import TelemetrySDK
import Testing
import TraceContext

@Suite("OpenTelemetry's own software for Python at the other end")
struct OTLPPythonTests {
    private final class KeepingExporter: SpanExporter {
        let spans = Mutex<[SpanData]>([])
        func export(_ batch: SpanBatch) throws { spans.withLock { $0 += batch.spans } }
    }

    @Test("Its message classes write the spans that Stitch writes in the same bytes")
    func spans() async throws {
        let spans = SpanSamples.all(trace: TraceID(high: 0x5b8e_fff7_9803_8103, low: 0xd269_b633_813f_c60c))
        let bytes = OTLP.encode(spans)
        #expect(try await PythonPeer.shared.rewrite(bytes, "traces") == bytes)
    }

    @Test("Its message classes write the metrics that Stitch writes in the same bytes")
    func metrics() async throws {
        let time = Timestamp(nanoseconds: 1_795_424_442_378_527_933)
        let start = time.advanced(by: .seconds(-60))
        let exemplar = Exemplar(
            time: time,
            value: .double(0.25),
            traceID: TraceID(high: 1, low: 2),
            spanID: SpanID(bits: 3),
            attributes: ["order": 7]
        )
        let place: Attributes = ["messaging.destination.name": "orders", "retries": 2, "late": true]
        let counted = NumberPoint(attributes: place, start: start, time: time, value: .int(7), exemplars: [exemplar])
        let weighed = NumberPoint(start: start, time: time, value: .double(-0.5))
        let durations = HistogramPoint(
            attributes: place,
            start: start,
            time: time,
            boundaries: [0.1, 1, 10],
            bucketCounts: [0, 5, 0, 1],
            sum: 17.5,
            minimum: 0.25,
            maximum: 12,
            exemplars: [exemplar]
        )
        let metrics = [
            MetricData(
                name: "orders",
                unit: "{order}",
                .sum([counted], .cumulative, isMonotonic: true),
                resource: Resource(attributes: ["service.name": "shop"])
            ),
            MetricData(name: "weight", .sum([weighed], .delta, isMonotonic: false)),
            MetricData(name: "process", unit: "s", description: "How long.", .histogram([durations], .delta)),
            MetricData(name: "stitch.queue", unit: "1", .gauge([NumberPoint(time: time, value: .int(-7))])),
            MetricData(name: "stitch.load", description: "π", .gauge([NumberPoint(time: time, value: .double(0.5))])),
        ]
        let bytes = OTLPMetrics.encode(metrics)
        #expect(try await PythonPeer.shared.rewrite(bytes, "metrics") == bytes)
    }

    @Test("Spans as the tracer writes them mean the same to its message classes")
    func recorded() async throws {
        let exporter = KeepingExporter()
        let processor = BatchSpanProcessor(exporter: exporter)
        let tracer = SDKTracer(resource: Resource(attributes: ["service.name": "own"]), processor: processor)
        let cause = SpanContext(traceID: TraceID(high: 1, low: 2), spanID: SpanID(bits: 3), flags: [.sampled, .random])
        for number in 0..<20 {
            let span = tracer.startSpan("work", ofKind: .consumer, parent: cause, following: [], at: nil) { builder in
                builder.set("number", number)
                builder.set("text", String(repeating: "ü", count: number * 10))
                builder.addLink(cause)
            }
            span.addEvent(SpanEvent(name: "event", time: .now, attributes: ["n": 1.5]))
            if number.isMultiple(of: 3) { span.setStatus(.error("no")) }
            span.end()
        }
        processor.shutdown()
        let spans = exporter.spans.withLock { $0 }
        let rewritten = try await PythonPeer.shared.rewrite(OTLP.encode(spans), "traces")
        #expect(try OTLP.decode(rewritten).spans == spans)
        #expect(spans.count == 20)
    }

    @Test("Spans that its SDK sends are read without loss")
    func received() async throws {
        let receiver = try ThreadedReceiver()
        let sent = try await PythonPeer.shared.send(to: receiver.endpoint + "/v1/traces")
        receiver.stop()
        let spans = receiver.spans
        #expect(spans == (try OTLP.decode(sent, as: .json).spans))
        #expect(spans.map(\.kind) == [.internal, .server, .client, .consumer, .producer])
        let parent = try #require(spans.last)
        #expect(parent.name == "send orders" && parent.parentSpanID == nil)
        #expect(parent.attributes["least"] == .int(.min) && parent.attributes["list"] == .array(["a", "b"]))
        #expect(parent.droppedAttributeCount == 1 && parent.events.count == 2 && parent.droppedEventCount == 1)
        let child = spans[1]
        #expect(child.parentSpanID == parent.spanID && child.traceID == parent.traceID)
        #expect(child.links.count == 2 && child.droppedLinkCount == 2 && child.status == .ok)
        #expect(spans[0].status == .error("no broker"))
        #expect(spans[0].links.first?.traceID == TraceID(high: 0, low: 5))
        #expect(spans[0].links.first?.attributes == ["stitch.link": "creation"])
        #expect(child.events.first?.attributes["exception.type"] == "ValueError")
        #expect(child.resource.attributes["numbers"] == .array([1, 2, 3]) && child.scope.version == "1.2")
    }
}
