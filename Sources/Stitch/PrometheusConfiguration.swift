// SPDX-License-Identifier: Apache-2.0

import StitchService

/// Where a process answers who scrapes its metrics, at `/metrics`.
public struct PrometheusConfiguration: Sendable, Hashable {
    /// The address to listen at: an IP address of this machine or `localhost`; `0.0.0.0` or `::` for all of them.
    ///
    /// `OTEL_EXPORTER_PROMETHEUS_HOST`.
    public var host: String

    /// The port, 0 to 65535.
    ///
    /// 0 takes a free one, which ``Telemetry/prometheusPort`` tells. `nil` listens nowhere, for services that answer with
    /// ``Telemetry/prometheusText(_:)`` from a server of their own.
    ///
    /// `OTEL_EXPORTER_PROMETHEUS_PORT`.
    public var port: Int?

    /// Where a process answers.
    ///
    /// - Parameters:
    ///   - host: The address to listen at.
    ///   - port: The port, 0 to 65535.
    public init(host: String = "localhost", port: Int? = 9464) {
        self.host = host
        self.port = port
    }

    init(_ reader: inout EnvironmentReader) {
        self.init()
        host = reader.text("OTEL_EXPORTER_PROMETHEUS_HOST") ?? host
        let name = "OTEL_EXPORTER_PROMETHEUS_PORT"
        guard let number = reader.number(name) else { return }
        if number <= 65535 { port = number } else { reader.ignore(name, "it must be a port, from 0 to 65535") }
    }
}
