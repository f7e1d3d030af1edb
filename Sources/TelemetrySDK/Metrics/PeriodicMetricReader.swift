// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchService
public import TelemetryAPI

/// Reports what a meter has measured, now and again, on a thread of its own.
///
/// The thread starts with the reader and ends with ``shutdown(timeout:)``, which has to be called. Whoever measures never
/// waits for it.
public final class PeriodicMetricReader: Sendable {
    private let schedule: ReportSchedule
    private let exporter: any MetricExporter

    /// How long it is between two reports, unless told otherwise.
    public static let defaultInterval: Duration = .seconds(60)

    /// A reader whose first report comes after an interval.
    ///
    /// - Parameters:
    ///   - meter: What to report of.
    ///   - exporter: Delivers the reports.
    ///   - interval: From the start of one report to the start of the next, at least a millisecond.
    ///   - temporality: Whether a report is of everything, or of what came since the one before.
    public init(
        meter: SDKMeter,
        exporter: any MetricExporter,
        interval: Duration = PeriodicMetricReader.defaultInterval,
        temporality: MetricTemporalityPreference = .cumulative
    ) {
        let schedule = ReportSchedule(interval: max(interval, .milliseconds(1)))
        self.schedule = schedule
        self.exporter = exporter
        // The thread holds the schedule, the meter and the exporter, not the reader.
        let thread = Thread {
            var delta = DeltaMetrics()
            schedule.run {
                let time = Timestamp.now
                var metrics = meter.collect(at: time)
                if temporality == .delta { metrics = delta.delta(of: metrics, at: time) }
                guard !metrics.isEmpty else { return }
                do {
                    // As of spans: a report is no work of the program's.
                    try withTracer(NoOpTracer()) { try exporter.export(metrics) }
                } catch {
                    Diagnostics.log(.error, "\(metrics.count) metrics could not be exported: \(error)")
                }
            }
        }
        thread.name = "stitch-metrics"
        thread.start()
    }

    /// A reader of that meter as the configuration says.
    ///
    /// - Parameters:
    ///   - meter: What to report of.
    ///   - exporter: Delivers the reports.
    ///   - configuration: How often, and of what.
    public convenience init(meter: SDKMeter, exporter: any MetricExporter, configuration: MetricConfiguration) {
        self.init(
            meter: meter,
            exporter: exporter,
            interval: configuration.interval,
            temporality: configuration.temporality
        )
    }

    /// Reports at once, everything measured before the call included.
    ///
    /// Blocks its thread.
    ///
    /// - Parameter timeout: How long to wait for the exporter.
    /// - Returns: Whether the report was made within that time; whether it could be delivered, the exporter knows.
    @discardableResult
    public func flush(timeout: Duration = .seconds(30)) -> Bool {
        schedule.reportNow(timeout: timeout)
    }

    /// Reports for the last time, ends the thread and shuts the exporter down.
    ///
    /// May be called more than once. Blocks its thread.
    ///
    /// - Parameter timeout: How long to wait for the exporter. When it is up the exporter is shut down all the same, which
    ///   ends what it is doing.
    /// - Returns: Whether the last report was made within that time.
    @discardableResult
    public func shutdown(timeout: Duration = .seconds(30)) -> Bool {
        let (isFirst, isDone) = schedule.close(timeout: timeout)
        if isFirst { withTracer(NoOpTracer()) { exporter.shutdown() } }
        return isDone
    }
}
