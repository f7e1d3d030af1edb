// SPDX-License-Identifier: Apache-2.0

/// One number of a sum or a gauge.
public struct NumberPoint: Sendable, Hashable {
    /// What the value is of.
    public var attributes: Attributes

    /// Since when it was added up; `nil` of a gauge.
    public var start: Timestamp?

    /// Until when.
    public var time: Timestamp

    /// The value.
    public var value: MeasurementValue

    /// Some of the measurements behind it, and the spans that they were made in.
    public var exemplars: [Exemplar]

    /// A point.
    public init(
        attributes: Attributes = Attributes(),
        start: Timestamp? = nil,
        time: Timestamp,
        value: MeasurementValue,
        exemplars: [Exemplar] = []
    ) {
        self.attributes = attributes
        self.start = start
        self.time = time
        self.value = value
        self.exemplars = exemplars
    }
}

/// Values counted by size.
public struct HistogramPoint: Sendable, Hashable {
    /// What the values are of.
    public var attributes: Attributes

    /// Since when they were counted.
    public var start: Timestamp?

    /// Until when.
    public var time: Timestamp

    /// The upper bounds of the buckets, each inclusive, in ascending order.
    public var boundaries: [Double]

    /// How many values each bucket holds; one bucket more than ``boundaries``, for what is above the last.
    public var bucketCounts: [UInt64]

    /// The values added up.
    public var sum: Double

    /// The smallest value; `nil` where it isn't known.
    public var minimum: Double?

    /// The largest value; `nil` where it isn't known.
    public var maximum: Double?

    /// Some of the measurements behind it, and the spans that they were made in.
    public var exemplars: [Exemplar]

    /// A point.
    public init(
        attributes: Attributes = Attributes(),
        start: Timestamp? = nil,
        time: Timestamp,
        boundaries: [Double],
        bucketCounts: [UInt64],
        sum: Double,
        minimum: Double? = nil,
        maximum: Double? = nil,
        exemplars: [Exemplar] = []
    ) {
        self.attributes = attributes
        self.start = start
        self.time = time
        self.boundaries = boundaries
        self.bucketCounts = bucketCounts
        self.sum = sum
        self.minimum = minimum
        self.maximum = maximum
        self.exemplars = exemplars
    }

    /// How many values there are.
    public var count: UInt64 { bucketCounts.reduce(0, &+) }
}
