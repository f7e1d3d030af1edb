// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TelemetrySDK

@Suite("Reports of what came since the one before")
struct DeltaMetricsTests {
    private func time(_ nanoseconds: UInt64) -> Timestamp { Timestamp(nanoseconds: nanoseconds) }

    private func metric(_ report: [MetricData], _ name: String) -> MetricData? { report.first { $0.name == name } }

    @Test("A counter starts from nothing with each report, and one that nothing came to is left out")
    func counter() {
        let meter = SDKMeter()
        var delta = DeltaMetrics()
        meter.counter(Shop.served).add(5) { $0["country"] = "NO" }
        let first = delta.delta(of: meter.collect(at: time(10)), at: time(10))
        meter.counter(Shop.served).add(3) { $0["country"] = "NO" }
        meter.counter(Shop.served).add(1) { $0["country"] = "SE" }
        let second = delta.delta(of: meter.collect(at: time(20)), at: time(20))
        meter.counter(Shop.served).add(1) { $0["country"] = "SE" }
        let third = delta.delta(of: meter.collect(at: time(30)), at: time(30))
        let fourth = delta.delta(of: meter.collect(at: time(40)), at: time(40))
        #expect(first.first?.numbers.map(\.value) == [.int(5)] && first.first?.numbers[0].start == time(1))
        #expect(second.first?.numbers.map(\.value) == [.int(3), .int(1)])
        #expect(second.first?.numbers.allSatisfy { $0.start == time(10) && $0.time == time(20) } == true)
        #expect(third.first?.numbers.map(\.value) == [.int(1)])
        #expect(third.first?.numbers.map(\.attributes) == [["country": "SE"]])
        #expect(fourth.isEmpty)
        guard case .sum(_, .delta, isMonotonic: true) = first.first?.content else {
            Issue.record("not a sum of deltas")
            return
        }
    }

    @Test("A histogram starts from nothing too, without its smallest and largest value")
    func histogram() {
        let meter = SDKMeter()
        var delta = DeltaMetrics()
        meter.histogram(Shop.size).record(5)
        _ = delta.delta(of: meter.collect(at: time(10)), at: time(10))
        meter.histogram(Shop.size).record(50)
        meter.histogram(Shop.size).record(7)
        let report = delta.delta(of: meter.collect(at: time(20)), at: time(20))
        let point = report.first?.histograms.first
        #expect(point?.bucketCounts == [0, 1, 1, 0] && point?.sum == 57)
        #expect(point?.start == time(10) && point?.minimum == nil && point?.maximum == nil)
        guard case .histogram(_, .delta) = report.first?.content else {
            Issue.record("not a histogram of deltas")
            return
        }
    }

    @Test("What grows and shrinks, and what is as it is, is reported as it stands")
    func others() {
        let meter = SDKMeter()
        var delta = DeltaMetrics()
        meter.upDownCounter(Shop.open).add(4)
        meter.gauge(Shop.stock).record(9)
        _ = delta.delta(of: meter.collect(), at: time(10))
        meter.upDownCounter(Shop.open).add(-1)
        let report = delta.delta(of: meter.collect(), at: time(20))
        #expect(metric(report, "shop.open")?.numbers.map(\.value) == [.int(3)])
        #expect(metric(report, "shop.stock")?.numbers.map(\.value) == [.int(9)])
    }

    @Test("An exemplar is reported with the measurements that it is one of")
    func exemplars() {
        let meter = SDKMeter()
        var delta = DeltaMetrics()
        let context = SpanContext(traceID: TraceID(high: 1, low: 1), spanID: SpanID(bits: 1), flags: .sampled)
        meter.histogram(Shop.size).record(5, in: context)
        let first = delta.delta(of: meter.collect(), at: .now)
        meter.histogram(Shop.size).record(50)
        let second = delta.delta(of: meter.collect(), at: .now)
        #expect(first.first?.histograms.first?.exemplars.count == 1)
        #expect(second.first?.histograms.first?.exemplars.isEmpty == true)
    }

    @Test("The reports together say what one report of everything says", arguments: 0..<20 as Range<UInt64>)
    func addsUp(seed: UInt64) {
        var random = SeededGenerator(seed)
        let meter = SDKMeter()
        var delta = DeltaMetrics()
        var sums: [Attributes: Int64] = [:]
        var counts: [Attributes: [UInt64]] = [:]
        for round in 1..<20 as Range<UInt64> {
            for _ in 0..<Int.random(in: 0..<30, using: &random) {
                let value = Int.random(in: 0..<200, using: &random)
                let attributes: Attributes = ["user": .int(.random(in: 0..<5, using: &random))]
                meter.counter(Shop.served).add(value) { $0 = attributes }
                meter.histogram(Shop.size).record(Double(value)) { $0 = attributes }
            }
            let report = delta.delta(of: meter.collect(), at: time(round))
            for point in metric(report, "shop.served")?.numbers ?? [] {
                guard case .int(let value) = point.value else { continue }
                sums[point.attributes, default: 0] += value
            }
            for point in metric(report, "shop.size")?.histograms ?? [] {
                counts[point.attributes] = zip(counts[point.attributes] ?? [0, 0, 0, 0], point.bucketCounts).map(+)
            }
        }
        for point in meter.numbers("shop.served") { #expect(sums[point.attributes].map { .int($0) } == point.value) }
        for point in meter.histograms("shop.size") { #expect(counts[point.attributes] == point.bucketCounts) }
    }
}
