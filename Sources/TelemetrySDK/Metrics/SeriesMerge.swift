// SPDX-License-Identifier: Apache-2.0

import TelemetryAPI

/// What one stripe holds of a set of attributes, copied out of it.
struct CollectedSeries {
    var set: Aggregation.SetNumber
    var sum: NumberSum
    var order: UInt64
    var minimum: Double
    var maximum: Double
    var buckets: [UInt64]
    var exemplars: [Exemplar]

    static func all(of aggregation: inout Aggregation) -> [CollectedSeries] {
        let width = aggregation.bucketCount
        return aggregation.series.indices.map { position in
            let exemplars = aggregation.collectExemplars(at: position)
            let series = aggregation.series[position]
            return CollectedSeries(
                set: series.set,
                sum: series.sum,
                order: series.order,
                minimum: series.minimum,
                maximum: series.maximum,
                buckets: Array(aggregation.buckets[position * width..<(position + 1) * width]),
                exemplars: exemplars
            )
        }
    }
}

/// Puts together what the stripes of an instrument hold.
///
/// Pure.
struct SeriesMerge {
    private let kind: InstrumentDescription.Kind
    private let boundaries: [Double]
    private let exemplarLimit: Int
    private var merged: [Aggregation.SetNumber: CollectedSeries] = [:]

    init(_ kind: InstrumentDescription.Kind, boundaries: [Double], exemplarLimit: Int) {
        self.kind = kind
        self.boundaries = boundaries
        self.exemplarLimit = exemplarLimit
    }

    /// Adds what one stripe holds.
    mutating func add(_ series: [CollectedSeries]) {
        for one in series {
            guard var sum = merged[one.set] else {
                merged[one.set] = one
                continue
            }
            if kind != .gauge {
                sum.sum.add(one.sum)
            } else if one.order > sum.order {
                sum.sum = one.sum
                sum.order = one.order
            }
            sum.minimum = min(sum.minimum, one.minimum)
            sum.maximum = max(sum.maximum, one.maximum)
            for index in sum.buckets.indices { sum.buckets[index] &+= one.buckets[index] }
            sum.exemplars += one.exemplars
            merged[one.set] = sum
        }
    }

    /// The points, in the order in which their sets came; `nil` without any.
    func content(_ sets: ContiguousArray<Attributes>, from start: Timestamp, at time: Timestamp) -> MetricData.Content?
    {
        guard !merged.isEmpty else { return nil }
        // What overflowed is last.
        let series = merged.values.sorted { UInt(bitPattern: $0.set) < UInt(bitPattern: $1.set) }
        func attributes(_ set: Aggregation.SetNumber) -> Attributes {
            set == Aggregation.overflow ? ["otel.metric.overflow": true] : sets[set]
        }
        func number(_ one: CollectedSeries, _ start: Timestamp?) -> NumberPoint {
            NumberPoint(
                attributes: attributes(one.set),
                start: start,
                time: time,
                value: one.sum.value,
                exemplars: Array(one.exemplars.sorted { $0.time > $1.time }.prefix(exemplarLimit))
            )
        }
        switch kind {
        case .counter, .upDownCounter:
            return .sum(series.map { number($0, start) }, .cumulative, isMonotonic: kind == .counter)
        case .gauge:
            return .gauge(series.map { number($0, nil) })
        case .histogram:
            return .histogram(
                series.map { one in
                    HistogramPoint(
                        attributes: attributes(one.set),
                        start: start,
                        time: time,
                        boundaries: boundaries,
                        bucketCounts: one.buckets,
                        sum: one.sum.value.doubleValue,
                        minimum: one.minimum,
                        maximum: one.maximum,
                        exemplars: onePerBucket(one.exemplars)
                    )
                },
                .cumulative
            )
        }
    }

    /// The newest exemplar of each bucket, by bucket.
    private func onePerBucket(_ exemplars: [Exemplar]) -> [Exemplar] {
        var newest: [Int: Exemplar] = [:]
        for exemplar in exemplars {
            let value = exemplar.value.doubleValue
            let bucket = boundaries.firstIndex { value <= $0 } ?? boundaries.count
            if let other = newest[bucket], other.time >= exemplar.time { continue }
            newest[bucket] = exemplar
        }
        return newest.sorted { $0.key < $1.key }.map(\.value)
    }
}
