// SPDX-License-Identifier: Apache-2.0

import Foundation
import Stitch

/// Adds up in dictionaries under one lock, without a thought for speed.
///
/// It is what the meter of the SDK is compared with.
final class NaiveMeter: Meter {
    /// `@unchecked Sendable`: `sums` is touched only while `lock` is held.
    private final class Recorder: MeasurementRecording, @unchecked Sendable {
        struct Sum {
            var value = 0.0
            var count = 0
            var buckets: [Int]
            var exemplars: [Int: (Timestamp, Double, SpanContext)] = [:]
        }

        let boundaries: [Double]
        private let lock = NSLock()
        private var sums: [Set<Attributes.Element>: Sum] = [:]

        init(_ boundaries: [Double]) { self.boundaries = boundaries }

        func record(_ value: MeasurementValue, attributes: Attributes, context: SpanContext?) {
            let number = value.doubleValue
            let bucket = boundaries.firstIndex { number <= $0 } ?? boundaries.count
            lock.withLock {
                let empty = Sum(buckets: [Int](repeating: 0, count: boundaries.count + 1))
                var sum = sums[Set(attributes.elements), default: empty]
                sum.value += number
                sum.count += 1
                sum.buckets[bucket] += 1
                if let context, context.isSampled { sum.exemplars[bucket] = (.now, number, context) }
                sums[Set(attributes.elements)] = sum
            }
        }

        var count: Int { lock.withLock { sums.values.reduce(0) { $0 + $1.count } } }
        var total: Double { lock.withLock { sums.values.reduce(0) { $0 + $1.value } } }
    }

    /// `@unchecked Sendable`: `recorders` is touched only while `lock` is held.
    private final class Recorders: @unchecked Sendable {
        let lock = NSLock()
        var recorders: [InstrumentDescription: Recorder] = [:]
    }

    private let recorders = Recorders()

    var isRecording: Bool { true }

    func recorder(of instrument: InstrumentDescription) -> (any MeasurementRecording)? { find(instrument) }

    private func find(_ instrument: InstrumentDescription) -> Recorder {
        recorders.lock.withLock {
            if let recorder = recorders.recorders[instrument] { return recorder }
            let recorder = Recorder(instrument.boundaries)
            recorders.recorders[instrument] = recorder
            return recorder
        }
    }

    func total(of instrument: InstrumentDescription) -> Double { find(instrument).total }
}
