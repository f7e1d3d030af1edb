// SPDX-License-Identifier: Apache-2.0

/// Takes measurements.
///
/// Code that measures asks ``TelemetrySystem/meter`` at each use, so that a test's `withMeter` holds everywhere, and
/// gets its instruments by their descriptions, which are constants: nothing has to be set up or kept.
public protocol Meter: Sendable {
    /// Whether anybody keeps what is measured: where `false`, whatever is costly to find out need not be found out.
    var isRecording: Bool { get }

    /// What keeps the measurements of an instrument; `nil` when nobody does.
    ///
    /// Called at each measurement, from any thread: equal descriptions get the same recorder, and the way to it is short.
    func recorder(of instrument: InstrumentDescription) -> (any MeasurementRecording)?
}

extension Meter {
    /// An instrument that adds up what only grows.
    public func counter(_ description: Counter.Description) -> Counter {
        Counter(recorder: recorder(of: description.instrument))
    }

    /// An instrument that adds up what grows and shrinks.
    public func upDownCounter(_ description: UpDownCounter.Description) -> UpDownCounter {
        UpDownCounter(recorder: recorder(of: description.instrument))
    }

    /// An instrument that counts values by size.
    public func histogram(_ description: Histogram.Description) -> Histogram {
        Histogram(recorder: recorder(of: description.instrument))
    }

    /// An instrument that keeps the last value.
    public func gauge(_ description: Gauge.Description) -> Gauge {
        Gauge(recorder: recorder(of: description.instrument))
    }
}

/// Keeps nothing: measuring costs a check.
public struct NoOpMeter: Meter {
    /// There is nothing to set up.
    public init() {}

    /// `false`.
    public var isRecording: Bool { false }

    /// `nil`.
    public func recorder(of instrument: InstrumentDescription) -> (any MeasurementRecording)? { nil }
}
