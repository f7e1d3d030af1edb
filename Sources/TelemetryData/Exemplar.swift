// SPDX-License-Identifier: Apache-2.0

public import TraceContext

/// One of the measurements behind a point of a metric: it leads from the metric to a span.
public struct Exemplar: Sendable, Hashable {
    /// When it was measured.
    public var time: Timestamp

    /// What was measured.
    public var value: MeasurementValue

    /// The trace in which it was measured; `nil` outside of any.
    public var traceID: TraceID?

    /// The span in which it was measured; `nil` outside of any.
    public var spanID: SpanID?

    /// What the measurement was of, so far as the point doesn't say it.
    public var attributes: Attributes

    /// A measurement.
    public init(
        time: Timestamp,
        value: MeasurementValue,
        traceID: TraceID? = nil,
        spanID: SpanID? = nil,
        attributes: Attributes = Attributes()
    ) {
        self.time = time
        self.value = value
        self.traceID = traceID
        self.spanID = spanID
        self.attributes = attributes
    }
}
