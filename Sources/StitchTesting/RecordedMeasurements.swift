// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The measurements of a test, one by one, to be asked about by metric.
///
/// Any thread may measure and ask. What was measured stays until the recorder is gone, so it is for tests alone.
public final class RecordedMeasurements: Meter {
    private final class Recorder: MeasurementRecording {
        let instrument: InstrumentDescription
        let owner: RecordedMeasurements

        init(_ instrument: InstrumentDescription, owner: RecordedMeasurements) {
            self.instrument = instrument
            self.owner = owner
        }

        func record(_ value: MeasurementValue, attributes: Attributes, context: SpanContext?) {
            owner.add(
                RecordedMeasurement(instrument: instrument, value: value, attributes: attributes, context: context)
            )
        }
    }

    private let measurements = Mutex<[RecordedMeasurement]>([])

    /// Nothing measured so far.
    public init() {}

    /// `true`.
    public var isRecording: Bool { true }

    /// Keeps every measurement.
    public func recorder(of instrument: InstrumentDescription) -> (any MeasurementRecording)? {
        Recorder(instrument, owner: self)
    }

    /// All measurements, in the order in which they were made.
    public var all: [RecordedMeasurement] { measurements.withLock { $0 } }

    /// The measurements of a metric, in the order in which they were made.
    public func of(_ metric: String) -> [RecordedMeasurement] { all.filter { $0.instrument.name == metric } }

    /// The values of a metric added up: of a counter, what it counted.
    ///
    /// - Parameters:
    ///   - metric: Its name.
    ///   - attributes: What the values have to be of, among other things; anything, unless told otherwise.
    /// - Returns: The sum; 0 of nothing.
    public func total(of metric: String, where attributes: Attributes = Attributes()) -> Double {
        of(metric)
            .filter { measurement in attributes.elements.allSatisfy { measurement.attributes[$0.key] == $0.value } }
            .reduce(0) { $0 + $1.value.doubleValue }
    }

    private func add(_ measurement: RecordedMeasurement) {
        measurements.withLock { $0.append(measurement) }
    }
}

/// One measurement.
public struct RecordedMeasurement: Sendable, Hashable {
    /// What was measured.
    public let instrument: InstrumentDescription

    /// The value.
    public let value: MeasurementValue

    /// What the value is of.
    public let attributes: Attributes

    /// The span in which it was measured, where there was one: the exemplar's.
    public let context: SpanContext?
}
