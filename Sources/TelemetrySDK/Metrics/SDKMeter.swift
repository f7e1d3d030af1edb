// SPDX-License-Identifier: Apache-2.0

import Foundation
public import TelemetryAPI

/// Stitch's meter: adds up what is measured, by instrument and set of attributes, for whoever asks for a report.
///
/// Any thread may measure and ask for reports. What was measured is kept from the first measurement on, in bounded memory
/// (``MeterSettings`` says how much): values are cumulative, and a report takes nothing away from the next, so several
/// readers may report from one meter.
public final class SDKMeter: Meter {
    private let resource: Resource
    private let scope: InstrumentationScope
    private let start: Timestamp
    private let table: InstrumentTable
    private let sources = MetricSources()

    /// A meter that has measured nothing.
    ///
    /// - Parameters:
    ///   - resource: What is measured.
    ///   - settings: How much is kept.
    ///   - scope: Which library measures.
    ///   - start: From when on values are added up.
    public init(
        resource: Resource,
        settings: MeterSettings = MeterSettings(),
        scope: InstrumentationScope = InstrumentationScope(name: "stitch"),
        start: Timestamp = .now
    ) {
        self.resource = resource
        self.scope = scope
        self.start = start
        table = InstrumentTable(settings)
    }

    /// `true`.
    public var isRecording: Bool { true }

    /// What adds up the measurements of an instrument; `nil` of one too many.
    public func recorder(of instrument: InstrumentDescription) -> (any MeasurementRecording)? {
        table.recorder(of: instrument)
    }

    /// Asks `source` for metrics at each report.
    ///
    /// - Parameter source: Gives metrics whose values it knows without measuring, such as the length of a queue. Called on
    ///   the thread that reports; it should not wait for anything. Their resource and scope
    ///   become the meter's; their sums and histograms have to be cumulative.
    public func observe(_ source: @escaping MetricSource) {
        sources.add(source)
    }

    /// Everything measured so far: cumulative values, instruments in the order in which they were first used.
    ///
    /// - Parameter time: The moment that the points are of.
    /// - Returns: The metrics that have a point.
    public func collect(at time: Timestamp = .now) -> [MetricData] {
        let measured = table.instruments.compactMap { instrument in
            instrument.collect(from: start, at: time).map { content in
                MetricData(
                    name: instrument.description.name,
                    unit: instrument.description.unit,
                    description: instrument.description.description,
                    content
                )
            }
        }
        let metrics = measured + sources.metrics(MetricPeriod(start: start, time: time))
        return metrics.filter { $0.pointCount > 0 }.map { metric in
            var metric = metric
            metric.resource = resource
            metric.scope = scope
            return metric
        }
    }
}

/// Gives metrics when a report is made; told since when values are added up, and until when.
public typealias MetricSource = @Sendable (MetricPeriod) -> [MetricData]

/// From when to when the values of a report were added up.
public struct MetricPeriod: Sendable, Hashable {
    /// When the meter began.
    public var start: Timestamp

    /// The moment that the points are of.
    public var time: Timestamp

    /// A period.
    public init(start: Timestamp, time: Timestamp) {
        self.start = start
        self.time = time
    }
}

/// What a meter asks for metrics at each report.
///
/// `@unchecked Sendable`: `sources` is touched only while `lock` is held.
private final class MetricSources: @unchecked Sendable {
    private let lock = NSLock()
    private var sources: [MetricSource] = []

    func add(_ source: @escaping MetricSource) {
        lock.withLock { sources.append(source) }
    }

    func metrics(_ period: MetricPeriod) -> [MetricData] {
        lock.withLock { sources }.flatMap { $0(period) }
    }
}
