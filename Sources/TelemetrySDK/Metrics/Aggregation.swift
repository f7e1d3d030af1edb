// SPDX-License-Identifier: Apache-2.0

import TelemetryAPI

/// Adds up the measurements of one instrument, by set of attributes.
///
/// Pure. A meter has several of one instrument, and merges what they hold.
struct Aggregation {
    /// What a set of attributes is called, by all aggregations of an instrument.
    typealias SetNumber = Int

    /// Where the measurements go whose sets were one too many.
    static let overflow: SetNumber = -1

    /// What was measured of one set of attributes.
    struct Series {
        let set: SetNumber
        var sum = NumberSum()
        var minimum = Double.infinity
        var maximum = -Double.infinity
        /// Of a gauge: when its value was measured, as a number that grows.
        var order: UInt64 = 0
        var exemplars = ExemplarReservoir()

        init(set: SetNumber) { self.set = set }
    }

    let kind: InstrumentDescription.Kind
    let boundaries: [Double]
    let exemplarLimit: Int

    private(set) var series: ContiguousArray<Series> = []
    /// Of a histogram: the buckets of all series, one series after the other.
    private(set) var buckets: ContiguousArray<UInt64> = []

    private var index = AttributeIndex()
    private var positions: ContiguousArray<Int> = []
    private var overflowPosition: Int?
    private var random: ExemplarRandom

    init(_ kind: InstrumentDescription.Kind, boundaries: [Double], exemplarLimit: Int = 4, seed: UInt64 = 1) {
        self.kind = kind
        self.boundaries = boundaries
        self.exemplarLimit = exemplarLimit
        random = ExemplarRandom(seed: seed)
    }

    /// How many buckets a series has.
    var bucketCount: Int { kind == .histogram ? boundaries.count + 1 : 0 }

    /// Where the measurements of a set go; `nil` of one that this aggregation has not met.
    func position(of attributes: Attributes, _ hash: UInt64) -> Int? {
        index.find(attributes, hash).map { positions[$0] }
    }

    /// Meets a set.
    mutating func add(_ attributes: Attributes, _ hash: UInt64, set: SetNumber) -> Int {
        if set == Self.overflow {
            if let overflowPosition { return overflowPosition }
            overflowPosition = append(set)
            return series.count - 1
        }
        _ = index.add(attributes, hash)
        positions.append(append(set))
        return series.count - 1
    }

    private mutating func append(_ set: SetNumber) -> Int {
        series.append(Series(set: set))
        buckets.append(contentsOf: repeatElement(0, count: bucketCount))
        return series.count - 1
    }

    /// Takes a measurement.
    ///
    /// - Parameters:
    ///   - value: The value.
    ///   - position: Of its set.
    ///   - order: Of a gauge: the number of the measurement.
    ///   - mayBeExemplar: Whether it may become an exemplar.
    ///   - exemplar: Makes the exemplar, if the measurement is chosen.
    mutating func record(
        _ value: MeasurementValue,
        at position: Int,
        order: UInt64,
        mayBeExemplar: Bool,
        exemplar: () -> Exemplar
    ) {
        switch kind {
        case .histogram:
            let number = value.doubleValue
            let bucket = bucket(of: number)
            buckets[position * bucketCount + bucket] &+= 1
            series[position].sum.add(.double(number))
            series[position].minimum = min(series[position].minimum, number)
            series[position].maximum = max(series[position].maximum, number)
            guard mayBeExemplar else { return }
            series[position].exemplars.offer(bucket: bucket, of: bucketCount, random: random.next(), exemplar)
            return
        case .counter, .upDownCounter:
            series[position].sum.add(value)
        case .gauge:
            if order >= series[position].order {
                series[position].sum = NumberSum(value)
                series[position].order = order
            }
        }
        guard mayBeExemplar else { return }
        series[position].exemplars.offer(keeping: exemplarLimit, random: random.next(), exemplar)
    }

    /// The bucket of a value: the first whose upper bound is not below it.
    func bucket(of value: Double) -> Int {
        boundaries.withUnsafeBufferPointer { boundaries in
            var low = 0
            var high = boundaries.count
            while low < high {
                let middle = (low + high) / 2
                if boundaries[middle] < value { low = middle + 1 } else { high = middle }
            }
            return low
        }
    }

    /// The exemplars of a series; from now on new ones have their chance again.
    mutating func collectExemplars(at position: Int) -> [Exemplar] { series[position].exemplars.collect() }
}

/// A sum that stays whole as long as only whole numbers come.
struct NumberSum: Equatable {
    private var whole: Int64 = 0
    private var rest: Double = 0
    private var isWhole = true

    init() {}

    init(_ value: MeasurementValue) {
        add(value)
    }

    /// Adds a value; a whole sum that would be too large stays the largest there is.
    mutating func add(_ value: MeasurementValue) {
        switch value {
        case .int(let value):
            let (sum, overflow) = whole.addingReportingOverflow(value)
            whole = overflow ? (value < 0 ? .min : .max) : sum
        case .double(let value):
            rest += value
            isWhole = false
        }
    }

    /// Adds what another sum holds.
    mutating func add(_ other: NumberSum) {
        add(.int(other.whole))
        if !other.isWhole { add(.double(other.rest)) }
    }

    var value: MeasurementValue { isWhole ? .int(whole) : .double(Double(whole) + rest) }
}
