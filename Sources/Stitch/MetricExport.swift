// SPDX-License-Identifier: Apache-2.0

import StitchOTLP
import TelemetryAPI
import TelemetrySDK

/// The meter of a process and the way of its metrics out of it.
struct MetricExport {
    let meter: SDKMeter
    let receiver: OTLPHTTPMetricExporter
    let watch: DeliveryWatch
    private let configuration: MetricConfiguration

    /// Opens what the configuration names; `nil` if that is nothing, so that nothing is to be measured.
    ///
    /// - Parameters:
    ///   - configuration: What there is.
    ///   - resource: What is measured.
    ///   - tell: Tells whoever runs the program a sentence.
    /// - Throws: What is wrong with it.
    init?(
        _ configuration: TelemetryConfiguration,
        resource: Resource,
        tell: @escaping @Sendable (String) -> Void
    ) throws(OTLPError) {
        guard configuration.metricsExporters.contains(.otlp) else { return nil }
        var otlp = configuration.metricsOTLP
        otlp.timeout = min(otlp.timeout, configuration.metrics.timeout)
        receiver = try OTLPHTTPMetricExporter(otlp)
        watch = DeliveryWatch(.metrics, tell: tell)
        meter = SDKMeter(resource: resource, settings: configuration.metrics.settings)
        self.configuration = configuration.metrics
    }

    /// Begins to report.
    func start() -> PeriodicMetricReader {
        PeriodicMetricReader(
            meter: meter,
            exporter: WatchedMetricExporter(exporter: receiver, watch: watch),
            configuration: configuration
        )
    }
}
