// SPDX-License-Identifier: Apache-2.0

public import TelemetryData
public import TraceContext

/// Adds up what grows and shrinks: messages in flight, open connections.
///
/// A value to be used at once, from ``Meter/upDownCounter(_:)``, and not kept: another meter may hold at the next use.
public struct UpDownCounter: Sendable {
    /// What such an instrument measures.
    public struct Description: Sendable, Hashable {
        /// The description, as meters get it.
        public let instrument: InstrumentDescription

        /// Describes an up-down counter.
        ///
        /// - Parameters:
        ///   - name: The metric's name: letters, digits, `_`, `.`, `-` and `/`, a letter first, at most 255 of them.
        ///   - unit: The unit, as UCUM writes it, or what is counted, in braces: `{message}`.
        ///   - description: What the metric tells, for people.
        public init(_ name: String, unit: String, description: String) {
            instrument = InstrumentDescription(.upDownCounter, name, unit: unit, description: description)
        }
    }

    /// Keeps the measurements; `nil` when nobody does.
    public let recorder: (any MeasurementRecording)?

    /// Whether anybody keeps what is measured.
    public var isRecording: Bool { recorder != nil }

    /// Adds to the sum, or takes away from it.
    ///
    /// - Parameters:
    ///   - value: The change.
    ///   - context: The span that the value belongs to; the current one, unless told otherwise.
    ///   - build: Says what the value is of, of low cardinality. Not called when nobody keeps the measurement.
    public func add(_ value: Int, in context: SpanContext? = nil, _ build: (inout Attributes) -> Void = { _ in }) {
        guard let recorder else { return }
        recorder.record(.int(Int64(value)), in: context, build)
    }

    /// Adds to the sum, or takes away from it.
    ///
    /// - Parameters:
    ///   - value: The change; what is infinite or NaN is ignored.
    ///   - context: The span that the value belongs to; the current one, unless told otherwise.
    ///   - build: Says what the value is of, of low cardinality. Not called when nobody keeps the measurement.
    public func add(_ value: Double, in context: SpanContext? = nil, _ build: (inout Attributes) -> Void = { _ in }) {
        guard let recorder, value.isFinite else { return }
        recorder.record(.double(value), in: context, build)
    }
}
