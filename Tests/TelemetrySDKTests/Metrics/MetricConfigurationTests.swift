// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TelemetrySDK

@Suite("Metrics by the environment")
struct MetricConfigurationTests {
    @Test("Every variable is read; without any, OpenTelemetry's defaults hold")
    func variables() {
        let none = MetricConfiguration(environment: [:])
        #expect(none == MetricConfiguration())
        #expect(none.interval == .seconds(60) && none.timeout == .seconds(30) && none.temporality == .cumulative)
        #expect(none.settings.exemplarFilter == .traceBased && none.settings.attributeSetLimit == 2000)
        let all = MetricConfiguration(environment: [
            "OTEL_METRIC_EXPORT_INTERVAL": "1500", "OTEL_METRIC_EXPORT_TIMEOUT": "0",
            "OTEL_METRICS_EXEMPLAR_FILTER": "always_off",
            "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": "Delta",
        ])
        #expect(all.interval == .milliseconds(1500) && all.timeout > .seconds(24 * 60 * 60))
        #expect(all.settings.exemplarFilter == .alwaysOff && all.temporality == .delta)
        let low = ["OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": "LowMemory"]
        #expect(MetricConfiguration(environment: low).temporality == .delta)
    }

    @Test(
        "A wrong value counts as none, and so does an empty one",
        arguments: [
            ("OTEL_METRIC_EXPORT_INTERVAL", "0"), ("OTEL_METRIC_EXPORT_INTERVAL", "-5"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "1s"), ("OTEL_METRIC_EXPORT_INTERVAL", ""),
            ("OTEL_METRIC_EXPORT_INTERVAL", "99999999999999999999"), ("OTEL_METRIC_EXPORT_TIMEOUT", "soon"),
            ("OTEL_METRICS_EXEMPLAR_FILTER", "some"), ("OTEL_METRICS_EXEMPLAR_FILTER", ""),
            ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "both"),
        ]
    )
    func wrong(name: String, value: String) {
        #expect(MetricConfiguration(environment: [name: value]) == MetricConfiguration())
    }
}
