// SPDX-License-Identifier: Apache-2.0

import Foundation
import Stitch
import StitchOTLP
import Testing

@Suite("Telemetry", .serialized)
struct TelemetryTests {
    @Test("The environment's variables count, and numbers that are none are ignored")
    func environment() {
        let configuration = TelemetryConfiguration(environment: [
            "OTEL_SERVICE_NAME": "billing", "OTEL_RESOURCE_ATTRIBUTES": "team=a%20b, service.name=other",
            "OTEL_BSP_MAX_QUEUE_SIZE": "10", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "-1", "OTEL_BSP_SCHEDULE_DELAY": "soon",
        ])
        #expect(configuration.serviceName == "billing")
        #expect(configuration.resourceAttributes["team"] == "a b")
        #expect(configuration.queueCapacity == 10)
        #expect(configuration.batchSize == 512)
        #expect(configuration.exportDelay == .seconds(5))
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

    @Test("Cancelling run() delivers what has ended and returns")
    func cancellation() async throws {
        let telemetry = try Telemetry.start(TelemetryConfiguration(serviceName: "billing"))
        defer { TelemetrySystem.install(NoOpTracer()) }
        withSpan("a") { _ in }
        let running = Task { try await telemetry.run() }
        running.cancel()
        try await running.value
        #expect(telemetry.counts.exported == telemetry.counts.ended && telemetry.counts.ended >= 1)
    }
}
