// SPDX-License-Identifier: Apache-2.0

import StitchService

/// How metrics are kept and reported.
public struct MetricConfiguration: Sendable, Hashable {
    /// How much the meter keeps.
    public var settings: MeterSettings

    /// From the start of one report to the start of the next.
    public var interval: Duration

    /// How long a flush or a shutdown waits for the exporter.
    public var timeout: Duration

    /// Whether a report is of everything, or of what came since the one before.
    public var temporality: MetricTemporalityPreference

    /// How metrics are kept and reported.
    ///
    /// - Parameters:
    ///   - settings: How much the meter keeps.
    ///   - interval: From the start of one report to the start of the next, at least a millisecond.
    ///   - timeout: How long a flush or a shutdown waits for the exporter.
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
    /// A wrong value is told as a warning and counts as none; so does an empty one, without a warning.
    ///
    /// - Parameter environment: The variables, such as the process's.
    public init(environment: [String: String]) {
        self.init()
        if let interval = Self.milliseconds("OTEL_METRIC_EXPORT_INTERVAL", environment, from: 1) {
            self.interval = interval
        }
        if let timeout = Self.milliseconds("OTEL_METRIC_EXPORT_TIMEOUT", environment, from: 0) {
            self.timeout = timeout
        }
        let filter = "OTEL_METRICS_EXEMPLAR_FILTER"
        if let filter: ExemplarFilter = Self.choice(filter, environment, among: ExemplarFilter.allCases) {
            settings.exemplarFilter = filter
        }
        let preference = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"
        // `lowmemory` asks for deltas of the kinds of instruments that there are here.
        if environment[preference]?.lowercased() == "lowmemory" {
            temporality = .delta
        } else if let temporality: MetricTemporalityPreference = Self.choice(
            preference,
            environment,
            among: MetricTemporalityPreference.allCases
        ) {
            self.temporality = temporality
        }
    }

    private static func milliseconds(_ name: String, _ environment: [String: String], from least: Int) -> Duration? {
        guard let text = environment[name], !text.isEmpty else { return nil }
        guard let number = Int(text), number >= least else {
            warn(name, "is no number of milliseconds from \(least)")
            return nil
        }
        return .milliseconds(number)
    }

    private static func choice<Choice: RawRepresentable<String>>(
        _ name: String,
        _ environment: [String: String],
        among choices: [Choice]
    ) -> Choice? {
        guard let text = environment[name], !text.isEmpty else { return nil }
        if let choice = choices.first(where: { $0.rawValue == text.lowercased() }) { return choice }
        warn(name, "is none of \(choices.map(\.rawValue).joined(separator: ", "))")
        return nil
    }

    private static func warn(_ name: String, _ flaw: String) {
        Diagnostics.log(.warning, "\(name) \(flaw) and is ignored")
    }
}
