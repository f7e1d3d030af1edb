// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TelemetryAPI
import TelemetryData
import TelemetrySDK
import Testing
import TraceContext

@testable import StitchOTLP

/// Keeps the batches as they come.
private final class BatchKeeper: SpanExporter {
    let batches = Mutex<[SpanBatch]>([])

    func export(_ batch: SpanBatch) throws { batches.withLock { $0.append(batch) } }
}

@Suite("Batches that come encoded")
struct EncodedBatchTests {
    @Test(
        "They are sent as their spans would be, each resource once, in either encoding",
        arguments: OTLPFormat.allCases
    )
    func encoded(format: OTLPFormat) throws {
        let keeper = BatchKeeper()
        let processor = BatchSpanProcessor(exporter: keeper, delay: 3600)
        func tracer(_ service: String, _ scope: String) -> SDKTracer {
            var resource = Resource(attributes: ["service.name": .string(service)])
            resource.schemaURL = "https://example.com/\(service)"
            return SDKTracer(resource: resource, processor: processor, scope: InstrumentationScope(name: scope))
        }
        let tracers = [tracer("a", "1"), tracer("b", "1"), tracer("a", "2"), tracer("a", "1")]
        for number in 1...20 {
            let span = tracers[number % 4].startSpan(
                "span \(number)",
                ofKind: .internal,
                parent: nil,
                following: [],
                at: nil
            ) { $0.attributes["number"] = .int(Int64(number)) }
            span.end()
        }
        processor.shutdown()
        let batch = try #require(keeper.batches.withLock { $0.first })
        #expect(batch.count == 20 && batch.spans.count == 20)
        let bytes = OTLP.encode(batch, as: format)
        let decoded = try OTLP.decode(bytes, as: format).spans
        #expect(Set(decoded) == Set(batch.spans))
        // The services' names stand in their resources alone.
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.ranges(of: "service.name").count == 2)
    }
}
