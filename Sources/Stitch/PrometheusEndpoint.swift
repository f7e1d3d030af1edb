// SPDX-License-Identifier: Apache-2.0

import StitchHTTP
import StitchOTLP
import TelemetrySDK

/// Answers who scrapes the metrics of this process, in the format that is asked for.
///
/// Nothing is measured or kept for it: each answer is collected when it is asked for.
final class PrometheusEndpoint: Sendable {
    private let server: HTTPServer

    var port: Int { server.port }

    /// Begins to listen; `nil` where the configuration names no port.
    ///
    /// - Throws: What is wrong with the address, such as that another process has it.
    init?(_ configuration: PrometheusConfiguration, meter: SDKMeter) throws(OTLPError) {
        guard let port = configuration.port else { return nil }
        var http = HTTPServerConfiguration(port: port)
        http.host = configuration.host
        // Who scrapes sends no body and is one of few.
        http.maximumBodySize = 0
        http.maximumConnections = 16
        http.drain = .seconds(1)
        do {
            server = try HTTPServer(
                http,
                routes: [
                    .get("/metrics") { request in
                        let format = PrometheusText.Format(accept: request.values(of: "Accept").joined(separator: ","))
                        return HTTPResponse(
                            fields: [("Content-Type", format.contentType)],
                            body: Array(PrometheusText.text(of: meter.collect(), format: format).utf8)
                        )
                    }
                ]
            )
        } catch {
            throw OTLPError(
                error.code == .addressInUse ? .unavailable : .invalidConfiguration,
                "metrics can't be served to Prometheus (OTEL_EXPORTER_PROMETHEUS_HOST, OTEL_EXPORTER_PROMETHEUS_PORT): "
                    + error.description,
                cause: error
            )
        }
    }

    /// Lets requests in flight finish, and listens no more.
    func shutdown() async { await server.shutdown() }
}
