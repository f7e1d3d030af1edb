// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchOTLP
import TelemetryData
import Testing

@Suite("The telemetry of a whole process", .timeLimit(.minutes(3)))
struct ProcessExportTests {
    /// Runs the service for one request; what it left.
    private func serveOnce(_ environment: [String: String]) async throws -> ServiceProcess.Outcome {
        let service = try await ServiceProcess.start(via: "http", environment: environment)
        let answer = try await RawRequest(body: "[]").post(to: service.port)
        #expect(answer.status == 200)
        return await service.stop()
    }

    @Test("With nothing but an endpoint, spans and metrics get to a receiver, and nothing is said")
    func receiver() async throws {
        let receiver = try ThreadedReceiver()
        defer { receiver.stop() }
        let outcome = try await serveOnce([
            "OTEL_SERVICE_NAME": "trace-context", "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint,
        ])
        #expect(outcome.status == 0 && outcome.error.isEmpty, "\(outcome.error)")
        #expect(receiver.spans.map(\.kind).contains(.server))
        #expect(receiver.spans.allSatisfy { $0.resource.serviceName == "trace-context" })
        let exported = receiver.metrics.last { $0.name == "otel.sdk.exporter.span.exported" }
        guard case .sum(let points, _, _)? = exported?.content else {
            Issue.record("the metrics are only \(receiver.metrics.map(\.name))")
            return
        }
        #expect(points.map(\.value) == [.int(Int64(receiver.spans.count))])
        #expect(exported?.resource.serviceName == "trace-context")
    }

    @Test("Without a receiver it ends well, and a line says what was lost, where it should have gone, what to change")
    func nobody() async throws {
        let outcome = try await serveOnce([
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1",
            // Who waited for somebody to come would say something else than that nobody can be reached.
            "OTEL_EXPORTER_OTLP_TIMEOUT": "0",
        ])
        #expect(outcome.status == 0)
        let lines = outcome.error.split(separator: "\n")
        #expect(lines.count == 1, "\(outcome.error)")
        let line = lines.first ?? ""
        #expect(line.contains("and the last metrics could not be delivered"), "\(line)")
        #expect(line.contains("http://127.0.0.1:1/v1/traces can't be reached"), "\(line)")
        #expect(line.contains("OTEL_EXPORTER_OTLP_ENDPOINT") && line.contains("OTEL_TRACES_EXPORTER=none"))
    }

    @Test("Asked for it, a process shows its spans on standard output, and sends none")
    func console() async throws {
        let outcome = try await serveOnce(["OTEL_TRACES_EXPORTER": "console", "OTEL_METRICS_EXPORTER": "none"])
        #expect(outcome.status == 0 && outcome.error.isEmpty, "\(outcome.error)")
        #expect(outcome.output.contains("SERVER POST /test"), "\(outcome.output)")
    }

    private static let collector = """
        extensions:
          health_check:
            endpoint: 127.0.0.1:${env:OTELCOL_HEALTH_PORT}
        receivers:
          otlp:
            protocols:
              http:
                endpoint: 127.0.0.1:${env:OTELCOL_HTTP_PORT}
        exporters:
          file:
            path: ${env:OTELCOL_FILE}
          file/metrics:
            path: ${env:OTELCOL_FILE}.metrics
        service:
          telemetry:
            metrics:
              level: none
          extensions: [health_check]
          pipelines:
            traces:
              receivers: [otlp]
              exporters: [file]
            metrics:
              receivers: [otlp]
              exporters: [file/metrics]
        """

    @Test(
        "OpenTelemetry's collector takes the spans and metrics of a process, compressed and in either encoding",
        .enabled(if: ServerPack.isExpected, "needs STITCH_TEST_SERVERS"),
        arguments: OTLPHTTPConfiguration.Encoding.allCases
    )
    func collector(encoding: OTLPHTTPConfiguration.Encoding) async throws {
        try await ServerPack.with(
            "otelcol",
            prepare: { folder in
                let file = folder.appending(path: "both.yaml")
                try Data(Self.collector.utf8).write(to: file)
                return ["--config", file.path]
            }
        ) { collector in
            let outcome = try await serveOnce([
                "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:\(try collector.setting("OTELCOL_HTTP_PORT"))",
                "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip", "OTEL_EXPORTER_OTLP_PROTOCOL": encoding.rawValue,
            ])
            #expect(outcome.status == 0 && outcome.error.isEmpty, "\(outcome.error)")
            // Its files are whole once it has ended.
            try await collector.stop()
            let file = try collector.setting("OTELCOL_FILE")
            #expect(try OTLPJSONLines.read(contentsOf: URL(filePath: file)).map(\.kind).contains(.server))
            let metrics = try String(contentsOfFile: "\(file).metrics", encoding: .utf8)
            for name in ["otel.sdk.exporter.span.exported", "otel.sdk.processor.span.queue.size"] {
                #expect(metrics.contains(name))
            }
        }
    }
}
