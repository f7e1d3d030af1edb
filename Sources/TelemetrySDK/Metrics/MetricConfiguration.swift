// SPDX-License-Identifier: Apache-2.0

package import StitchService

/// How metrics are kept and reported.
public struct MetricConfiguration: Sendable, Hashable {
    /// How much the meter keeps.
    public var settings: MeterSettings

    /// From the start of one report to the start of the next.
    public var interval: Duration

    /// How long the export of one report may take, above zero; for whoever opens the exporter.
    public var timeout: Duration

    /// Whether a report is of everything, or of what came since the one before.
    public var temporality: MetricTemporalityPreference

    /// How metrics are kept and reported.
    ///
    /// - Parameters:
    ///   - settings: How much the meter keeps.
    ///   - interval: From the start of one report to the start of the next, at least a millisecond.
    ///   - timeout: How long the export of one report may take, above zero.
    ///   - temporality: Whether a report is of everything, or of what came since the one before.
    public init(
        settings: MeterSettings = MeterSettings(),
        interval: Duration = PeriodicMetricReader.defaultInterval,
        timeout: Duration = .seconds(30),
        temporality: MetricTemporalityPreference = .cumulative
    ) {
        self.settings = settings
        self.interval = interval
        self.timeout = timeout
        self.temporality = temporality
    }

    /// What the environment says, by OpenTelemetry's names: `OTEL_METRIC_EXPORT_INTERVAL` and
    /// `OTEL_METRIC_EXPORT_TIMEOUT` in milliseconds, `OTEL_METRICS_EXEMPLAR_FILTER`, and
    /// `OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE`.
    ///
    /// A wrong value is told as a warning and counts as none; so does an empty one, without a warning. A timeout of zero
    /// sets no limit.
    ///
    /// - Parameter environment: The variables, such as the process's.
    public init(environment: [String: String]) {
        var reader = EnvironmentReader(environment)
        self.init(&reader)
        reader.tell()
    }

    package init(_ reader: inout EnvironmentReader) {
        self.init()
        interval =
            reader.number("OTEL_METRIC_EXPORT_INTERVAL", from: 1).map { .milliseconds($0) } ?? interval
        timeout = reader.timeout("OTEL_METRIC_EXPORT_TIMEOUT") ?? timeout
        settings.exemplarFilter =
            reader.choice("OTEL_METRICS_EXEMPLAR_FILTER", ExemplarFilter.allCases.map { ($0.rawValue, $0) })
            ?? settings.exemplarFilter
        // `lowmemory` asks for deltas of the kinds of instruments that there are here.
        temporality =
            reader.choice(
                "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
                MetricTemporalityPreference.allCases.map { ($0.rawValue, $0) } + [("lowmemory", .delta)]
            ) ?? temporality
    }
}
