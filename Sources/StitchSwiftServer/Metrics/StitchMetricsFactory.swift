// SPDX-License-Identifier: Apache-2.0

#if MetricsSupport
public import CoreMetrics
import Synchronization
public import TelemetryAPI

/// Stitch as the backend of swift-metrics: what libraries measure goes to Stitch's meter, with the current span for the
/// exemplars.
///
/// ```swift
/// let telemetry = try Telemetry.start()
/// MetricsSystem.bootstrap(StitchMetricsFactory())
/// ```
///
/// **Contract.** Labels become names, dimensions become attributes. A counter is a counter, a meter and a recorder that
/// doesn't aggregate are gauges, a recorder that does and a timer are histograms, a timer in seconds. The other side has
/// no units or descriptions, so there are none. What Stitch's instruments don't have is left out: resetting a counter
/// does nothing, nor does recording a negative value in a histogram or adding one to a counter.
public final class StitchMetricsFactory: MetricsFactory {
    private let source: MeterSource

    // Shared, since a meter that is made twice is the same one, and counts on from where it is.
    private let meters = Mutex<[SeriesKey: StitchMeterHandler]>([:])

    /// A factory over a meter.
    ///
    /// - Parameter meter: What takes the measurements; the meter that counts at each of them, unless told otherwise.
    public init(_ meter: (any TelemetryAPI.Meter)? = nil) {
        source = MeterSource(chosen: meter)
    }

    /// Makes a counter.
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        StitchCounterHandler(Series(label, dimensions, source))
    }

    /// Makes a counter.
    public func makeFloatingPointCounter(
        label: String,
        dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        StitchCounterHandler(Series(label, dimensions, source))
    }

    /// Makes a gauge, or finds the one of that label and these dimensions.
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        meters.withLock { meters in
            let key = SeriesKey(label, dimensions)
            if let meter = meters[key] { return meter }
            let meter = StitchMeterHandler(Series(label, dimensions, source))
            meters[key] = meter
            return meter
        }
    }

    /// Makes a histogram, or, of a recorder that doesn't aggregate, a gauge.
    public func makeRecorder(
        label: String,
        dimensions: [(String, String)],
        aggregate: Bool
    ) -> any RecorderHandler {
        let series = Series(label, dimensions, source)
        return aggregate ? StitchHistogramHandler(series) : StitchMeterHandler(series)
    }

    /// Makes a histogram of seconds.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        StitchTimerHandler(Series(label, dimensions, source))
    }

    /// Does nothing: what was counted stays.
    public func destroyCounter(_ handler: any CounterHandler) {}

    /// Does nothing: what was counted stays.
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}

    /// Forgets the value: one that is made anew begins at 0.
    public func destroyMeter(_ handler: any MeterHandler) {
        meters.withLock { meters in
            if let key = meters.first(where: { $0.value === handler })?.key { meters[key] = nil }
        }
    }

    /// Does nothing: what was recorded stays.
    public func destroyRecorder(_ handler: any RecorderHandler) {}

    /// Does nothing: what was recorded stays.
    public func destroyTimer(_ handler: any TimerHandler) {}
}

/// What tells one series from another.
private struct SeriesKey: Hashable {
    let label: String
    let dimensions: [String: String]

    init(_ label: String, _ dimensions: [(String, String)]) {
        self.label = label
        self.dimensions = Dictionary(dimensions) { _, last in last }
    }
}
#endif
