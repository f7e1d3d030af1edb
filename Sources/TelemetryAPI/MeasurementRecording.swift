// SPDX-License-Identifier: Apache-2.0

public import TelemetryData
public import TraceContext

/// What a meter keeps of one instrument's measurements.
///
/// Any thread may call it, at any time; it must not wait for anything.
public protocol MeasurementRecording: AnyObject, Sendable {
    /// Takes a measurement.
    ///
    /// - Parameters:
    ///   - value: The value, in the range of the instrument: counters and histograms get nothing negative.
    ///   - attributes: What the value is of.
    ///   - context: The span in which it was measured, sampled or not, for an exemplar; always a valid one.
    func record(_ value: MeasurementValue, attributes: Attributes, context: SpanContext?)
}

extension MeasurementRecording {
    /// Takes a measurement of what `build` says.
    ///
    /// Without a `context` it is the current span's, which is looked up once, here.
    func record(_ value: MeasurementValue, in context: SpanContext?, _ build: (inout Attributes) -> Void) {
        var attributes = Attributes()
        build(&attributes)
        let context = context ?? Span.current?.context
        record(value, attributes: attributes, context: context.flatMap { $0.isValid ? $0 : nil })
    }
}
