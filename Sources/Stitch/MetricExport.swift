// SPDX-License-Identifier: Apache-2.0

import StitchOTLP
import TelemetryAPI
import TelemetrySDK

/// The meter of a process and the ways of its metrics out of it.
struct MetricExport {
    let meter: SDKMeter
    /// The one over the network, if metrics are sent.
    let receiver: OTLPHTTPMetricExporter?
    /// The one for who asks, if there is an address to ask at.
    let endpoint: PrometheusEndpoint?
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
        guard !configuration.metricsExporters.isEmpty else { return nil }
        meter = SDKMeter(resource: resource, settings: configuration.metrics.settings)
        watch = DeliveryWatch(.metrics, tell: tell)
        self.configuration = configuration.metrics
        if configuration.metricsExporters.contains(.otlp) {
            var otlp = configuration.metricsOTLP
            otlp.timeout = min(otlp.timeout, configuration.metrics.timeout)
            receiver = try OTLPHTTPMetricExporter(otlp)
        } else {
            receiver = nil
        }
        // Last: an address is nothing to take before all else is known to be right.
        endpoint =
            configuration.metricsExporters.contains(.prometheus)
            ? try PrometheusEndpoint(configuration.prometheus, meter: meter) : nil
    }

    /// Begins to report; `nil` where nothing is sent.
    func start() -> PeriodicMetricReader? {
        receiver.map { receiver in
            PeriodicMetricReader(
                meter: meter,
                exporter: WatchedMetricExporter(exporter: receiver, watch: watch),
                configuration: configuration
            )
        }
    }
}
