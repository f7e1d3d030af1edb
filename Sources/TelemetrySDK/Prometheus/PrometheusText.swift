// SPDX-License-Identifier: Apache-2.0

public import TelemetryAPI

/// Metrics as text that Prometheus reads (OpenTelemetry's compatibility with Prometheus and OpenMetrics).
///
/// Pure. Names and units are translated: `messaging.process.duration` in `s` is `messaging_process_duration_seconds`. What
/// the formats can't say is left out: deltas, and where two metrics would get one name and different types, all but the
/// first. Points carry no time: whoever scrapes knows it.
///
/// ```swift
/// let text = PrometheusText.text(of: meter.collect(), format: .openMetrics)
/// ```
public enum PrometheusText {
    /// The formats, by what a scraper asks for.
    public enum Format: Sendable, Hashable, CaseIterable {
        /// Prometheus's own, version 0.0.4: without exemplars.
        case prometheus
        /// OpenMetrics, version 1.0.0: with exemplars, and when counting began.
        case openMetrics

        /// The value of `Content-Type`.
        public var contentType: String {
            switch self {
            case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
            case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
            }
        }

        /// The format to answer with to a request whose `Accept` says this.
        ///
        /// - Parameter accept: The value of the field; `nil` where there is none.
        public init(accept: String?) {
            self = (accept ?? "").lowercased().contains("application/openmetrics-text") ? .openMetrics : .prometheus
        }
    }

    /// Writes metrics.
    ///
    /// - Parameters:
    ///   - metrics: What to write; cumulative.
    ///   - format: For whom.
    /// - Returns: The text, each line with a line feed.
    public static func text(of metrics: [MetricData], format: Format) -> String {
        var writer = PrometheusWriter(format: format)
        if let target = metrics.first?.resource, !target.attributes.isEmpty { writer.write(target: target) }
        for family in PrometheusFamily.families(of: metrics) { writer.write(family) }
        return writer.finish()
    }
}
