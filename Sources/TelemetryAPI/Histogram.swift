// SPDX-License-Identifier: Apache-2.0

public import TelemetryData
public import TraceContext

/// Counts values by size: how long things took, how large they are.
///
/// A value to be used at once, from ``Meter/histogram(_:)``, and not kept: another meter may hold at the next use.
public struct Histogram: Sendable {
    /// What such an instrument measures.
    public struct Description: Sendable, Hashable {
        /// The description, as meters get it.
        public let instrument: InstrumentDescription

        /// Describes a histogram.
        ///
        /// - Parameters:
        ///   - name: The metric's name: letters, digits, `_`, `.`, `-` and `/`, a letter first, at most 255 of them.
        ///   - unit: The unit, as UCUM writes it, or what is counted, in braces: `{message}`.
        ///   - description: What the metric tells, for people.
        ///   - boundaries: The upper bounds of the buckets, each inclusive, in ascending order and in the unit.
        ///     One bucket more holds what is above the last.
        public init(_ name: String, unit: String, description: String, boundaries: [Double]) {
            instrument = InstrumentDescription(
                .histogram,
                name,
                unit: unit,
                description: description,
                boundaries: boundaries
            )
        }
    }

    /// Keeps the measurements; `nil` when nobody does.
    public let recorder: (any MeasurementRecording)?

    /// Whether anybody keeps what is measured.
    public var isRecording: Bool { recorder != nil }

    /// Counts a value in its bucket.
    ///
    /// - Parameters:
    ///   - value: From 0, in the instrument's unit; what is negative, infinite or NaN is ignored.
    ///   - context: The span that the value belongs to; the current one, unless told otherwise.
    ///   - build: Says what the value is of, of low cardinality. Not called when nobody keeps the measurement.
    public func record(_ value: Double, in context: SpanContext? = nil, _ build: (inout Attributes) -> Void = { _ in })
    {
        guard let recorder, value.isFinite, value >= 0 else { return }
        recorder.record(.double(value), in: context, build)
    }
}
