// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchHTTP
import StitchOTLP
import Synchronization
import TelemetryData

/// Whatever takes spans in over HTTP and tells afterwards what it got: OpenTelemetry's collector, or, where no real
/// servers are, a server of our own.
enum OTLPReceiver {
    /// Our own server answers on the threads that all other tests use too.
    private static let patience = Duration.seconds(300)

    /// Exports by `body`, then stops the receiver; what it had received.
    static func receive(
        in encoding: OTLPHTTPConfiguration.Encoding,
        _ body: @escaping @Sendable (OTLPHTTPExporter) throws -> Void
    ) async throws -> [SpanData] {
        ServerPack.isThere ? try await inCollector(encoding, body) : try await inServer(encoding, body)
    }

    private static func inCollector(
        _ encoding: OTLPHTTPConfiguration.Encoding,
        _ body: @escaping @Sendable (OTLPHTTPExporter) throws -> Void
    ) async throws -> [SpanData] {
        var spans: [SpanData] = []
        try await ServerPack.with("otelcol", ["--config", "otlp-to-file"]) { collector in
            var configuration = OTLPHTTPConfiguration(
                endpoint: "http://127.0.0.1:\(try collector.setting("OTELCOL_HTTP_PORT"))/v1/traces"
            )
            configuration.encoding = encoding
            configuration.timeout = patience
            try await export(OTLPHTTPExporter(configuration), body)
            // Its file is whole once it has ended.
            try await collector.stop()
            spans = try OTLPJSONLines.read(contentsOf: URL(filePath: collector.setting("OTELCOL_FILE")))
        }
        return spans
    }

    private static func inServer(
        _ encoding: OTLPHTTPConfiguration.Encoding,
        _ body: @escaping @Sendable (OTLPHTTPExporter) throws -> Void
    ) async throws -> [SpanData] {
        let received = Mutex([SpanData]())
        let route = HTTPRoute.post("/v1/traces") { request in
            let spans = try OTLP.decode(request.body, as: encoding.format).spans
            received.withLock { $0 += spans }
            return HTTPResponse(body: OTLPResponse().encode(as: encoding.format))
        }
        let server = try HTTPServer(HTTPServerConfiguration(), routes: [route])
        var configuration = OTLPHTTPConfiguration(endpoint: "http://127.0.0.1:\(server.port)/v1/traces")
        configuration.encoding = encoding
        configuration.compression = .none
        configuration.timeout = patience
        do {
            try await export(OTLPHTTPExporter(configuration), body)
        } catch {
            await server.shutdown()
            throw error
        }
        await server.shutdown()
        return received.withLock { $0 }
    }

    /// Exports on a thread of its own, as an exporter that blocks must be used.
    static func export(
        _ exporter: OTLPHTTPExporter,
        _ body: @escaping @Sendable (OTLPHTTPExporter) throws -> Void
    ) async throws {
        try await onThread { Result { try body(exporter) } }.get()
    }
}
