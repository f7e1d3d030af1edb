// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchOTLP
import Synchronization
import TelemetryAPI
import Testing
import TraceContext

@testable import Stitch

/// Nobody listens there.
private let nowhere = "http://127.0.0.1:1"

/// What was told.
private final class Told: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    func tell(_ line: String) { lines.withLock { $0.append(line) } }
}

private func configuration(
    _ endpoint: String,
    exporters: [TelemetryConfiguration.Exporter] = [.otlp],
    metrics: [TelemetryConfiguration.MetricsExporter] = [.otlp]
) -> TelemetryConfiguration {
    var configuration = TelemetryConfiguration(
        serviceName: "billing",
        exporters: exporters,
        metricsExporters: metrics
    )
    configuration.otlp = OTLPHTTPConfiguration(endpoint: "\(endpoint)/v1/traces")
    configuration.metricsOTLP = OTLPHTTPConfiguration(endpoint: "\(endpoint)/v1/metrics")
    configuration.otlp.compression = .none
    configuration.metricsOTLP.compression = .none
    return configuration
}

/// The receiver of these tests answers on the threads that all other tests use too.
private func patient(_ configuration: TelemetryConfiguration) -> TelemetryConfiguration {
    var configuration = configuration
    configuration.otlp.timeout = .seconds(3600)
    configuration.metricsOTLP.timeout = .seconds(3600)
    configuration.exportTimeout = .seconds(3600)
    configuration.metrics.timeout = .seconds(3600)
    configuration.shutdownTimeout = .seconds(3600)
    return configuration
}

/// An exporter that a program has written.
private final class OwnExporter: SpanExporter {
    private struct NoRoom: Error, CustomStringConvertible { let description = "no room" }

    private let state = Mutex((names: [String](), isShutDown: false))
    private let isRefusing: Bool
    var names: [String] { state.withLock { $0.names } }
    var isShutDown: Bool { state.withLock { $0.isShutDown } }

    init(isRefusing: Bool = false) { self.isRefusing = isRefusing }

    func export(_ batch: SpanBatch) throws {
        state.withLock { $0.names += batch.spans.map(\.name) }
        if isRefusing { throw NoRoom() }
    }

    func shutdown() { state.withLock { $0.isShutDown = true } }
}

/// Ends spans, and shuts down on a thread of its own, as an exporter that blocks must be used.
private func endSpans(_ count: Int, _ delivery: TelemetryDelivery) async {
    withTracer(delivery.tracer) { for number in 0..<count { withSpan("s\(number)") { _ in } } }
    await shutdown(delivery)
}

private func shutdown(_ delivery: TelemetryDelivery) async { await onThread { delivery.shutdown() } }

/// Does what blocks on a thread of its own.
private func onThread<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async -> Result {
    await withCheckedContinuation { continuation in
        Thread.detachNewThread { continuation.resume(returning: work()) }
    }
}

@Suite("The delivery of telemetry", .timeLimit(.minutes(2)))
struct TelemetryDeliveryTests {
    @Test("Spans and metrics get to the receiver, those of the SDK itself among them, and nothing is told")
    func receiver() async throws {
        try await TestReceiver.run { receiver, endpoint in
            let told = Told()
            let delivery = try TelemetryDelivery(patient(configuration(endpoint)), tell: told.tell)
            try #require(delivery.meter).counter(Counter.Description("orders", unit: "{order}", description: "Orders."))
                .add(7)
            await endSpans(3, delivery)
            #expect(receiver.spans.map(\.name) == ["s0", "s1", "s2"])
            #expect(receiver.spans.allSatisfy { $0.resource.serviceName == "billing" })
            #expect(receiver.sum("orders") == 7)
            #expect(receiver.sum("otel.sdk.exporter.span.exported") == 3, "the last metrics tell of the last spans")
            #expect(receiver.sum("otel.sdk.processor.span.processed") == 3)
            #expect(receiver.metrics.allSatisfy { $0.resource.serviceName == "billing" })
            #expect(delivery.counts == SpanCounts(ended: 3, exported: 3))
            #expect(delivery.blocker == nil && told.all.isEmpty, "\(told.all)")
        }
    }

    @Test("A flush delivers what there is so far, metrics that tell of it too, and all goes on")
    func flush() async throws {
        try await TestReceiver.run { receiver, endpoint in
            let delivery = try TelemetryDelivery(patient(configuration(endpoint)))
            for round in 1...2 {
                withTracer(delivery.tracer) { withSpan("s\(round)") { _ in } }
                let isDone = await onThread { delivery.flush(within: .seconds(3600)) }
                #expect(isDone && receiver.spans.map(\.name) == (1...round).map { "s\($0)" })
                #expect(receiver.sum("otel.sdk.exporter.span.exported") == Int64(round))
            }
            await shutdown(delivery)
            #expect(await onThread { delivery.flush(within: .zero) }, "nothing is left")
        }
    }

    @Test("A flush takes no longer than it may, and what it leaves is delivered later")
    func lateFlush() async throws {
        let silent = try SilentReceiver()
        defer { silent.stop() }
        var configuration = configuration(silent.endpoint)
        configuration.shutdownTimeout = .milliseconds(300)
        let delivery = try TelemetryDelivery(configuration) { _ in }
        withTracer(delivery.tracer) { withSpan("s") { _ in } }
        #expect(await !onThread { delivery.flush(within: .milliseconds(20)) })
        await shutdown(delivery)
        #expect(delivery.counts.ended == 1)
    }

    @Test("Without a receiver the end is one line, and tells how many spans, where to and what to change")
    func nobody() async throws {
        let told = Told()
        // Who waited for somebody to come would not return in this test's time.
        let delivery = try TelemetryDelivery(patient(configuration(nowhere)), tell: told.tell)
        await endSpans(1500, delivery)
        await shutdown(delivery)
        #expect(told.all.count == 1, "\(told.all)")
        let line = try #require(told.all.first)
        #expect(line.hasPrefix("1500 spans and the last metrics could not be delivered: \(nowhere)/v1/traces can't be"))
        #expect(line.contains("OTEL_EXPORTER_OTLP_ENDPOINT") && line.contains("OTEL_TRACES_EXPORTER=none"))
        #expect(line.contains("OTEL_METRICS_EXPORTER=none"))
        #expect(delivery.counts == SpanCounts(ended: 1500, failed: 1500))
        #expect(delivery.blocker?.hasPrefix("1500 of 1500 spans were lost: \(nowhere)") == true)
    }

    @Test("What a receiver does not want is told once, as what it says")
    func refused() async throws {
        try await TestReceiver.run(status: 400) { _, endpoint in
            let told = Told()
            let delivery = try TelemetryDelivery(patient(configuration(endpoint, metrics: [])), tell: told.tell)
            await endSpans(600, delivery)
            #expect(told.all.count == 1)
            #expect(told.all.first?.hasPrefix("600 spans could not be delivered: ") == true, "\(told.all)")
            #expect(told.all.first?.hasSuffix("refused the spans with status 400") == true, "\(told.all)")
        }
    }

    @Test("A receiver that never answers costs no more than a shutdown may take, and every span is accounted for")
    func silence() async throws {
        let silent = try SilentReceiver()
        defer { silent.stop() }
        let told = Told()
        var configuration = configuration(silent.endpoint)
        configuration.shutdownTimeout = .milliseconds(300)
        configuration.otlp.timeout = .seconds(3600)
        configuration.metricsOTLP.timeout = .seconds(3600)
        let delivery = try TelemetryDelivery(configuration, tell: told.tell)
        await endSpans(700, delivery)
        let counts = delivery.counts
        #expect(counts.ended == 700 && counts.failed + counts.dropped == 700)
        // In one line, unless this machine was so busy that even the end of an export took too long.
        #expect(told.all.joined().contains("700 spans"), "\(told.all)")
        #expect(told.all.joined().contains("the last metrics"), "\(told.all)")
        #expect(told.all.count <= 2)
    }

    @Test("The time of a batch bounds its export, unless the exporter's own is shorter")
    func exportTimeout() async throws {
        let silent = try SilentReceiver()
        defer { silent.stop() }
        let (long, short) = (Duration.seconds(3600), Duration.milliseconds(1))
        for (own, batch) in [(long, short), (short, long)] {
            let told = Told()
            var configuration = configuration(silent.endpoint, metrics: [])
            configuration.otlp.timeout = own
            configuration.exportTimeout = batch
            configuration.shutdownTimeout = long
            let delivery = try TelemetryDelivery(configuration, tell: told.tell)
            await endSpans(1, delivery)
            #expect(delivery.counts.failed == 1)
        }
    }

    @Test("While it runs an outage is told when it begins and when it ends, and by how many spans")
    func outage() async throws {
        try await TestReceiver.run(status: 400) { receiver, endpoint in
            let (lines, continuation) = AsyncStream.makeStream(of: String.self)
            var configuration = patient(configuration(endpoint, metrics: []))
            configuration.exportDelay = .zero
            configuration.batchSize = 1
            let delivery = try TelemetryDelivery(configuration) { continuation.yield($0) }
            var told = lines.makeAsyncIterator()
            withTracer(delivery.tracer) { for _ in 1...20 { withSpan("lost") { _ in } } }
            #expect(await told.next()?.hasPrefix("spans are not delivered any more: ") == true)
            #expect(await receiver.refusals(atLeast: 20))
            receiver.answer(200)
            withTracer(delivery.tracer) { for _ in 1...20 { withSpan("kept") { _ in } } }
            #expect(await told.next() == "spans are delivered again; 20 were lost meanwhile")
            await shutdown(delivery)
            continuation.finish()
            #expect(await told.next() == nil)
            #expect(delivery.counts == SpanCounts(ended: 40, exported: 20, failed: 20))
            #expect(delivery.blocker == "20 of 40 spans were lost")
        }
    }

    @Test("A file is written whatever becomes of the receiver; both lose a span that one of them loses")
    func several() async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "stitch-delivery-\(UUID()).jsonl")
        defer { try? FileManager.default.removeItem(at: file) }
        let told = Told()
        var configuration = configuration(nowhere, metrics: [])
        configuration.file = file.path
        let delivery = try TelemetryDelivery(configuration, tell: told.tell)
        await endSpans(2, delivery)
        #expect(try OTLPJSONLines.read(contentsOf: file).count == 2)
        #expect(delivery.counts.failed == 2 && told.all.count == 1)
    }

    @Test("Exporters of one's own get every batch, are measured and told of as any other, and are shut down")
    func others() async throws {
        let told = Told()
        let (kept, refusing) = (OwnExporter(), OwnExporter(isRefusing: true))
        var configuration = configuration(nowhere, exporters: [], metrics: [])
        configuration.otherExporters = [refusing, kept]
        let delivery = try TelemetryDelivery(configuration, tell: told.tell)
        await endSpans(2, delivery)
        #expect(kept.names == ["s0", "s1"] && refusing.names == ["s0", "s1"])
        #expect(kept.isShutDown && refusing.isShutDown)
        #expect(delivery.counts.failed == 2 && told.all == ["2 spans could not be delivered: no room"])
    }

    @Test("A file that is full is kept under another name, as many of them as are asked for")
    func rotation() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "stitch-delivery-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var configuration = TelemetryConfiguration(serviceName: "billing", batchSize: 1)
        configuration.exporters = []
        configuration.metricsExporters = []
        configuration.file = folder.appending(path: "spans").path
        (configuration.maximumFileSize, configuration.keptFileCount) = (1, 2)
        let delivery = try TelemetryDelivery(configuration)
        await endSpans(5, delivery)
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(files == ["spans", "spans.1", "spans.2"])
        let names = try files.map { try OTLPJSONLines.read(contentsOf: folder.appending(path: $0)).map(\.name) }
        #expect(names == [["s4"], ["s3"], ["s2"]])
        configuration.keptFileCount = -1
        #expect(throws: OTLPError.self) { _ = try TelemetryDelivery(configuration) }
    }

    @Test("Without a way out nothing is measured, and spans are gone without loss")
    func none() async throws {
        let told = Told()
        let delivery = try TelemetryDelivery(configuration(nowhere, exporters: [], metrics: []), tell: told.tell)
        await endSpans(2, delivery)
        #expect(delivery.meter == nil && told.all.isEmpty)
        #expect(delivery.counts == SpanCounts(ended: 2, exported: 2) && delivery.blocker == nil)
    }

    @Test("Metrics alone have their line and their word in the health")
    func metricsAlone() async throws {
        let told = Told()
        let delivery = try TelemetryDelivery(configuration(nowhere, exporters: []), tell: told.tell)
        await endSpans(2, delivery)
        #expect(told.all.first?.hasPrefix("the last metrics could not be delivered: \(nowhere)/v1/metrics") == true)
        #expect(told.all.first?.contains("OTEL_TRACES_EXPORTER") == false && told.all.count == 1)
        #expect(delivery.blocker?.hasPrefix("metrics are not delivered: ") == true)
    }

    @Test("A wrong setting of an exporter is refused at the start")
    func wrong() {
        for change in [
            { $0.otlp.endpoint = "nowhere" }, { $0.metricsOTLP.endpoint = "nowhere" }, { $0.exportTimeout = .zero },
            { $0.queueCapacity = 0 }, { $0.batchSize = 0 }, { $0.exportDelay = .seconds(-1) },
            { $0.metrics.interval = .zero }, { $0.shutdownTimeout = .seconds(-1) },
            {
                $0.queueCapacity = 10
                $0.batchSize = 11
            },
        ] as [(inout TelemetryConfiguration) -> Void] {
            var configuration = configuration(nowhere)
            change(&configuration)
            let error = #expect(throws: OTLPError.self) { _ = try TelemetryDelivery(configuration) }
            #expect(error?.code == .invalidConfiguration)
        }
    }
}
