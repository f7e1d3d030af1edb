// SPDX-License-Identifier: Apache-2.0

#if MetricsSupport
import CoreMetrics
import Synchronization
import TelemetryAPI

/// Who takes the measurements.
struct MeterSource: Sendable {
    let chosen: (any TelemetryAPI.Meter)?

    var meter: any TelemetryAPI.Meter { chosen ?? TelemetrySystem.meter }
}

/// One label with its dimensions.
struct Series: Sendable {
    let label: String
    let attributes: Attributes
    let source: MeterSource

    init(_ label: String, _ dimensions: [(String, String)], _ source: MeterSource) {
        self.label = label
        self.source = source
        var attributes = Attributes()
        for (key, value) in dimensions { attributes[key] = .string(value) }
        self.attributes = attributes
    }
}

final class StitchCounterHandler: CounterHandler, FloatingPointCounterHandler {
    private let series: Series
    private let description: TelemetryAPI.Counter.Description

    init(_ series: Series) {
        self.series = series
        description = TelemetryAPI.Counter.Description(series.label, unit: "", description: "")
    }

    func increment(by amount: Int64) {
        series.source.meter.counter(description).add(Int(clamping: amount)) { $0 = series.attributes }
    }

    func increment(by amount: Double) {
        series.source.meter.counter(description).add(amount) { $0 = series.attributes }
    }

    // A counter of Stitch only grows.
    func reset() {}
}

final class StitchMeterHandler: MeterHandler, RecorderHandler {
    private let series: Series
    private let description: TelemetryAPI.Gauge.Description
    // Held while the value is handed on, so that the last to be handed on is the last.
    private let value = Mutex(0.0)

    init(_ series: Series) {
        self.series = series
        description = TelemetryAPI.Gauge.Description(series.label, unit: "", description: "")
    }

    func set(_ value: Int64) {
        self.value.withLock {
            $0 = Double(value)
            series.source.meter.gauge(description).record(Int(clamping: value)) { $0 = series.attributes }
        }
    }

    func set(_ value: Double) { change { $0 = value } }

    func increment(by amount: Double) { change { $0 += amount } }

    func decrement(by amount: Double) { change { $0 -= amount } }

    func record(_ value: Int64) { set(value) }

    func record(_ value: Double) { set(value) }

    private func change(_ change: (inout Double) -> Void) {
        value.withLock { value in
            var changed = value
            change(&changed)
            // One value that is none would spoil all that are added to it.
            guard changed.isFinite else { return }
            value = changed
            series.source.meter.gauge(description).record(changed) { $0 = series.attributes }
        }
    }
}

final class StitchHistogramHandler: RecorderHandler {
    private let series: Series
    private let description: TelemetryAPI.Histogram.Description

    init(_ series: Series) {
        self.series = series
        description = TelemetryAPI.Histogram.Description(
            series.label,
            unit: "",
            description: "",
            // OpenTelemetry Metrics SDK, explicit bucket histogram, the default.
            boundaries: [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000]
        )
    }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        series.source.meter.histogram(description).record(value) { $0 = series.attributes }
    }
}

final class StitchTimerHandler: TimerHandler {
    private let series: Series
    private let description: TelemetryAPI.Histogram.Description

    init(_ series: Series) {
        self.series = series
        description = TelemetryAPI.Histogram.Description(
            series.label,
            unit: "s",
            description: "",
            // OpenTelemetry semantic conventions, the buckets of durations.
            boundaries: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]
        )
    }

    func recordNanoseconds(_ duration: Int64) {
        series.source.meter.histogram(description).record(Double(duration) / 1e9) { $0 = series.attributes }
    }
}
#endif
