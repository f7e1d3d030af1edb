// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchOTLP
import Synchronization
import TelemetryData
import TelemetrySDK
import Testing
import TraceContext

@Suite("Spans to OpenTelemetry's collector")
struct OTLPCollectorTests {
    @Test(
        "All that a span holds comes back from the receiver as it was sent",
        arguments: OTLPHTTPConfiguration.Encoding.allCases
    )
    func fidelity(encoding: OTLPHTTPConfiguration.Encoding) async throws {
        let sent = SpanSamples.all(trace: TraceID(high: 0x5b8e_fff7_9803_8103, low: 0xd269_b633_813f_c60c))
        let received = try await OTLPReceiver.receive(in: encoding) { exporter in try exporter.export(SpanBatch(sent)) }
        #expect(received.count == sent.count)
        for (sent, received) in zip(sent, received) { #expect(sent == received) }
    }

    @Test("Every span of many that end at once arrives exactly once")
    func volume() async throws {
        let exported = Mutex(0)
        let received = try await OTLPReceiver.receive(in: .protobuf) { exporter in
            let processor = BatchSpanProcessor(exporter: exporter, capacity: 20_000, batchSize: 500, delay: 0)
            for number in 1...10_000 {
                let context = SpanContext(
                    traceID: TraceID(high: 0, low: UInt64(number)),
                    spanID: SpanID(bits: UInt64(number)),
                    flags: .sampled
                )
                processor.ended(SpanData(context: context, name: "span", start: .now, end: .now))
            }
            processor.shutdown(timeout: .seconds(120))
            exported.withLock { $0 = processor.counts.exported }
        }
        #expect(exported.withLock { $0 } == 10_000)
        #expect(received.count == 10_000 && Set(received.map(\.spanID)).count == 10_000)
    }

    @Test(
        "A collector that is short of memory is asked again until the deadline",
        .enabled(if: ServerPack.isExpected, "needs STITCH_TEST_SERVERS")
    )
    func refusing() async throws {
        try await ServerPack.with("otelcol", ["--config", "refusing"]) { collector in
            var configuration = OTLPHTTPConfiguration(
                endpoint: "http://127.0.0.1:\(try collector.setting("OTELCOL_HTTP_PORT"))/v1/traces"
            )
            configuration.timeout = .milliseconds(400)
            // It looks at its memory now and then, so the first requests may still be taken.
            let error = await failure(configuration, within: 1_000)
            #expect(error?.code == .unreachable && error?.message.contains("status 503") == true)
        }
    }

    @Test(
        "A request that the collector finds too large is refused, with the collector's reason",
        .enabled(if: ServerPack.isExpected, "needs STITCH_TEST_SERVERS")
    )
    func tooLarge() async throws {
        let limit = ["OTELCOL_MAX_BODY": "100"]
        try await ServerPack.with("otelcol", ["--config", "otlp-to-file"], environment: limit) { collector in
            let endpoint = "http://127.0.0.1:\(try collector.setting("OTELCOL_HTTP_PORT"))/v1/traces"
            let error = await failure(OTLPHTTPConfiguration(endpoint: endpoint))
            #expect(error?.code == .refused)
            #expect(error?.message.hasSuffix("with status 400: http: request body too large") == true)
        }
    }

    private static let forwarding = """
        extensions:
          health_check:
            endpoint: 127.0.0.1:${env:OTELCOL_HEALTH_PORT}
        receivers:
          otlp:
            protocols:
              http:
                endpoint: 127.0.0.1:${env:OTELCOL_HTTP_PORT}
        exporters:
          otlphttp:
            endpoint: ${env:RECEIVER}
            compression: none
        service:
          telemetry:
            metrics:
              level: none
          extensions: [health_check]
          pipelines:
            traces:
              receivers: [otlp]
              exporters: [otlphttp]
        """

    @Test(
        "What the collector sends is read as it was sent to it",
        .enabled(if: ServerPack.isExpected, "needs STITCH_TEST_SERVERS"),
        .timeLimit(.minutes(2))
    )
    func sentByTheCollector() async throws {
        let receiver = try ThreadedReceiver()
        defer { receiver.stop() }
        let sent = SpanSamples.all(trace: TraceID(high: 7, low: 9))
        try await ServerPack.with(
            "otelcol",
            environment: ["RECEIVER": receiver.endpoint],
            prepare: { folder in
                let file = folder.appending(path: "forwarding.yaml")
                try Data(Self.forwarding.utf8).write(to: file)
                return ["--config", file.path]
            }
        ) { collector in
            let endpoint = "http://127.0.0.1:\(try collector.setting("OTELCOL_HTTP_PORT"))/v1/traces"
            let exporter = try OTLPHTTPExporter(OTLPHTTPConfiguration(endpoint: endpoint))
            try await OTLPReceiver.export(exporter) { try $0.export(SpanBatch(sent)) }
            _ = await receiver.spans(atLeast: sent.count)
        }
        let byID = Dictionary(receiver.spans.map { ($0.spanID, $0) }) { first, _ in first }
        #expect(receiver.spans.count == sent.count)
        for span in sent { #expect(byID[span.spanID] == span) }
    }

    /// The first failure of so many exports.
    private func failure(_ configuration: OTLPHTTPConfiguration, within count: Int = 1) async -> OTLPError? {
        await #expect(throws: OTLPError.self) {
            try await OTLPReceiver.export(OTLPHTTPExporter(configuration)) { exporter in
                for _ in 1...count {
                    try exporter.export(SpanBatch(SpanSamples.all(trace: TraceID(high: 1, low: 1))))
                }
            }
        }
    }
}
