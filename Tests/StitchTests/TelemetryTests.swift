// SPDX-License-Identifier: Apache-2.0

import Foundation
import Stitch
import StitchOTLP
import Synchronization
import Testing
import TraceContext

@Suite("Telemetry", .serialized)
struct TelemetryTests {
    @Test("The environment is read, and what is wrong in it is ignored")
    func environment() {
        let configuration = TelemetryConfiguration(environment: [
            "OTEL_SERVICE_NAME": "billing", "OTEL_BSP_MAX_QUEUE_SIZE": "many",
        ])
        #expect(configuration.serviceName == "billing")
        #expect(configuration.queueCapacity == nil)
    }

    @Test("The tracer samples, limits and propagates as the configuration says")
    func wiring() async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "stitch-telemetry-\(UUID()).jsonl")
        defer { try? FileManager.default.removeItem(at: file) }
        var configuration = TelemetryConfiguration(serviceName: "billing", file: file.path)
        configuration.sampler = RuleBasedSampler(
            [.rule(.name("wiring dropped"), use: AlwaysOffSampler())],
            otherwise: AlwaysOnSampler()
        )
        configuration.limits.attributes = 1
        configuration.propagator = B3Propagator(.single)
        let telemetry = try Telemetry.start(configuration)
        defer { TelemetrySystem.install(NoOpTracer()) }
        let tracer = TelemetrySystem.tracer
        withSpan("wiring kept") { span in
            span.attributes["a"] = 1
            span.attributes["b"] = 2
            var carrier = ContextCarrier()
            tracer.inject(span, baggage: Baggage(), into: &carrier)
            #expect(carrier.fields.map(\.name) == ["b3"])
        }
        withSpan("wiring dropped") { span in #expect(span.context.isValid && !span.isRecording) }
        await telemetry.shutdown()
        let spans = try OTLPJSONLines.read(contentsOf: file).filter { $0.name.hasPrefix("wiring") }
        #expect(spans.map(\.name) == ["wiring kept"])
        #expect(spans.map(\.attributes) == [["a": 1]])
        #expect(spans.first?.resource.attributes["process.pid"] != nil)
    }

    @Test("What is disabled makes no spans, passes on what comes in, and runs and stops as ever")
    func disabled() async throws {
        var configuration = TelemetryConfiguration(serviceName: "billing", file: "/nowhere/at/all")
        configuration.isDisabled = true
        let telemetry = try Telemetry.start(configuration)
        #expect(TelemetrySystem.tracer is NoOpTracer)
        var carrier = ContextCarrier()
        carrier["b3"] = "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1"
        withSpan("GET /", ofKind: .server, continuing: carrier) { span in
            #expect(!span.isRecording)
            #expect(ContextCarrier.current()["b3"] == carrier["b3"])
        }
        let running = Task { try await telemetry.run() }
        await telemetry.shutdown()
        try await running.value
        #expect(telemetry.counts == SpanCounts() && telemetry.health.isHealthy)
    }

    @Test("Spans that end before the shutdown are in the file, with the service's name")
    func delivery() async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "stitch-telemetry-\(UUID()).jsonl")
        defer { try? FileManager.default.removeItem(at: file) }
        let telemetry = try Telemetry.start(TelemetryConfiguration(serviceName: "billing", file: file.path))
        defer { TelemetrySystem.install(NoOpTracer()) }
        withSpan("delivery a") { _ in withSpan("delivery b") { _ in } }
        let running = Task { try await telemetry.run() }
        await telemetry.shutdown()
        await telemetry.shutdown()
        try await running.value
        let spans = try OTLPJSONLines.read(contentsOf: file)
        // The tracer is the process's: other tests may have used it meanwhile.
        #expect(spans.filter { $0.name.hasPrefix("delivery") }.map(\.name) == ["delivery b", "delivery a"])
        #expect(spans.allSatisfy { $0.resource.serviceName == "billing" })
        #expect(telemetry.counts.exported == spans.count)
        #expect(telemetry.health.isHealthy)
    }

    @Test("A flush delivers the spans that have ended")
    func flush() async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "stitch-telemetry-\(UUID()).jsonl")
        defer { try? FileManager.default.removeItem(at: file) }
        let telemetry = try Telemetry.start(TelemetryConfiguration(serviceName: "billing", file: file.path))
        defer { TelemetrySystem.install(NoOpTracer()) }
        withSpan("flushed") { _ in }
        #expect(await telemetry.flush(within: .seconds(3600)))
        #expect(try OTLPJSONLines.read(contentsOf: file).contains { $0.name == "flushed" })
        await telemetry.shutdown()
    }

    @Test("Cancelling run() delivers what has ended and returns")
    func cancellation() async throws {
        let telemetry = try Telemetry.start(TelemetryConfiguration(serviceName: "billing", exporters: []))
        defer { TelemetrySystem.install(NoOpTracer()) }
        withSpan("a") { _ in }
        let running = Task { try await telemetry.run() }
        running.cancel()
        try await running.value
        #expect(telemetry.counts.exported == telemetry.counts.ended && telemetry.counts.ended >= 1)
    }

    @Test("What an exporter does by itself is not traced, neither in an export nor in its shutdown")
    func ownWork() {
        let exporter = TracedExporter()
        let processor = BatchSpanProcessor(exporter: exporter, delay: 3600)
        let tracer = SDKTracer(resource: Resource(), processor: processor)
        TelemetrySystem.install(tracer)
        defer { TelemetrySystem.install(NoOpTracer()) }
        withSpan("own work of the program") { _ in }
        for _ in 1...2 { processor.flush() }
        withTracer(tracer) { _ = processor.shutdown() }
        #expect(exporter.names.contains("own work of the program"))
        #expect(!exporter.names.contains { $0.hasPrefix("own work of an exporter") })
        #expect(processor.counts.dropped == 0)
    }
}

/// Sends by something that makes spans, and keeps their names.
private final class TracedExporter: SpanExporter {
    private let state = Mutex<[String]>([])
    var names: [String] { state.withLock { $0 } }

    func export(_ batch: SpanBatch) {
        state.withLock { $0 += batch.spans.map(\.name) }
        withSpan("own work of an exporter") { _ in }
    }

    func shutdown() { withSpan("own work of an exporter's end") { span in if span.isRecording { note() } } }

    private func note() { state.withLock { $0.append("own work of an exporter's end") } }
}
