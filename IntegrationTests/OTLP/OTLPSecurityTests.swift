// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchOTLP
import TelemetryData
import Testing
import TraceContext

@Suite("OTLP over TLS", .enabled(if: ServerPack.isExpected, "needs STITCH_TEST_SERVERS"))
struct OTLPSecurityTests {
    private static let receiver = """
        extensions:
          health_check:
            endpoint: 127.0.0.1:${env:OTELCOL_HEALTH_PORT}
        receivers:
          otlp:
            protocols:
              http:
                endpoint: 127.0.0.1:${env:OTELCOL_HTTP_PORT}
                tls:
                  cert_file: ${env:CERTIFICATES}/server.pem
                  key_file: ${env:CERTIFICATES}/server.key
                  client_ca_file: ${env:CERTIFICATES}/ca.pem
        exporters:
          file:
            path: ${env:OTELCOL_FILE}
        service:
          telemetry:
            metrics:
              level: none
          extensions: [health_check]
          pipelines:
            traces:
              receivers: [otlp]
              exporters: [file]
        """

    /// An authority of its own, and a certificate of it for this machine's address.
    private func makeCertificates(in folder: URL) async throws {
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
        func path(_ name: String) -> String { folder.appending(path: name).path }
        _ = try await ServerPack.run(
            "/usr/bin/env",
            ["openssl", "req", "-x509", "-subj", "/CN=authority", "-keyout", path("ca.key"), "-out", path("ca.pem")]
                + key,
            in: folder
        )
        for name in ["server", "client"] {
            _ = try await ServerPack.run(
                "/usr/bin/env",
                [
                    "openssl", "req", "-x509", "-CA", path("ca.pem"), "-CAkey", path("ca.key"), "-subj", "/CN=\(name)",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", path("\(name).key"), "-out",
                    path("\(name).pem"),
                ] + key,
                in: folder
            )
        }
    }

    @Test("Spans arrive over TLS with an authority of one's own and a client certificate, and not without either")
    func mutual() async throws {
        let certificates = FileManager.default.temporaryDirectory.appending(path: "stitch-certificates-\(UUID())")
        try FileManager.default.createDirectory(at: certificates, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: certificates) }
        try await makeCertificates(in: certificates)
        let sent = SpanSamples.all(trace: TraceID(high: 1, low: 2))
        try await ServerPack.with(
            "otelcol",
            environment: ["CERTIFICATES": certificates.path],
            prepare: { folder in
                let file = folder.appending(path: "tls.yaml")
                try Data(Self.receiver.utf8).write(to: file)
                return ["--config", file.path]
            }
        ) { collector in
            var configuration = OTLPHTTPConfiguration(
                endpoint: "https://127.0.0.1:\(try collector.setting("OTELCOL_HTTP_PORT"))/v1/traces"
            )
            // A refusal is final, however long it takes to come.
            configuration.timeout = .seconds(600)
            let untrusting = await failure(configuration, sent)
            #expect(untrusting?.code == .refused && untrusting?.message.contains("certificate") == true)
            configuration.certificateAuthority = certificates.appending(path: "ca.pem").path
            configuration.timeout = .milliseconds(700)
            let unknown = await failure(configuration, sent)
            // The server cuts the connection; whether its reason comes first is a matter of luck.
            #expect(unknown?.code == .unreachable)
            configuration.clientCertificate = certificates.appending(path: "client.pem").path
            configuration.clientKey = certificates.appending(path: "client.key").path
            configuration.timeout = .seconds(30)
            try await OTLPReceiver.export(OTLPHTTPExporter(configuration)) { try $0.export(SpanBatch(sent)) }
            try await collector.stop()
            let received = try OTLPJSONLines.read(contentsOf: URL(filePath: collector.setting("OTELCOL_FILE")))
            #expect(received == sent)
        }
    }

    private func failure(_ configuration: OTLPHTTPConfiguration, _ spans: [SpanData]) async -> OTLPError? {
        await #expect(throws: OTLPError.self) {
            try await OTLPReceiver.export(OTLPHTTPExporter(configuration)) { try $0.export(SpanBatch(spans)) }
        }
    }
}
