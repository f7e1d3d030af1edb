// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import Testing

@testable import TelemetrySDK

@Suite("The meter of the SDK")
struct SDKMeterTests {
    @Test("A counter adds up, by what the values are of, in whatever order that is said")
    func counter() {
        let meter = SDKMeter()
        meter.counter(Shop.served).add(2) { $0 = ["country": "NO", "late": true] }
        meter.counter(Shop.served).add(3) { $0 = ["late": true, "country": "NO"] }
        meter.counter(Shop.served).add(5) { $0 = ["country": "SE"] }
        meter.counter(Shop.served).add(7)
        let metric = meter.metric("shop.served")
        #expect(metric?.unit == "{order}" && metric?.description == "Orders that went out.")
        guard case .sum(let points, .cumulative, isMonotonic: true) = metric?.content else {
            Issue.record("not a monotonic sum")
            return
        }
        #expect(points.map(\.value) == [.int(5), .int(5), .int(7)])
        #expect(points.map(\.attributes) == [["country": "NO", "late": true], ["country": "SE"], [:]])
        #expect(points.allSatisfy { $0.start == Timestamp(nanoseconds: 1) })
    }

    @Test("An up-down counter shrinks too, and a sum of whole numbers and others is no whole number")
    func upDownCounter() {
        let meter = SDKMeter()
        meter.upDownCounter(Shop.open).add(2)
        meter.upDownCounter(Shop.open).add(-5)
        guard case .sum(let points, .cumulative, isMonotonic: false) = meter.metric("shop.open")?.content else {
            Issue.record("not a sum")
            return
        }
        #expect(points.map(\.value) == [.int(-3)])
        meter.upDownCounter(Shop.open).add(0.5)
        #expect(meter.numbers("shop.open").map(\.value) == [.double(-2.5)])
    }

    @Test("A whole sum that would be too large stays the largest there is")
    func saturation() {
        let meter = SDKMeter()
        for _ in 0..<3 { meter.counter(Shop.served).add(Int.max) }
        #expect(meter.numbers("shop.served").map(\.value) == [.int(.max)])
    }

    @Test("A gauge keeps the last value, from whatever thread it comes")
    func gauge() {
        let meter = SDKMeter()
        for value in 0..<50 {
            // Each from a thread of its own, one after the other, so that all stripes are met.
            let done = DispatchSemaphore(value: 0)
            Thread.detachNewThread {
                meter.gauge(Shop.stock).record(value)
                done.signal()
            }
            done.wait()
            #expect(meter.numbers("shop.stock").map(\.value) == [.int(Int64(value))])
        }
        guard case .gauge = meter.metric("shop.stock")?.content else {
            Issue.record("not a gauge")
            return
        }
    }

    @Test("A value that equals a bucket's upper bound is in that bucket")
    func bounds() {
        let meter = SDKMeter()
        for value in [0, 1, 1.5, 10, 100, 100.5] { meter.histogram(Shop.size).record(value) }
        let point = meter.histograms("shop.size").first
        #expect(point?.boundaries == [1, 10, 100])
        #expect(point?.bucketCounts == [2, 2, 1, 1])
        #expect(point?.sum == 213 && point?.minimum == 0 && point?.maximum == 100.5 && point?.count == 6)
    }

    @Test("Every aggregation agrees with a plain one, whatever is measured", arguments: 0..<40 as Range<UInt64>)
    func reference(seed: UInt64) {
        var random = SeededGenerator(seed)
        let boundaries = (0..<Int.random(in: 0..<20, using: &random)).map { _ in
            Double(Int.random(in: -5..<50, using: &random)) / 2
        }
        let description = Histogram.Description("h", unit: "s", description: "", boundaries: boundaries)
        let expected = Set(boundaries).sorted()
        let meter = SDKMeter()
        var sums: [Attributes: Double] = [:]
        var last: [Attributes: Double] = [:]
        var values: [Attributes: [Double]] = [:]
        for _ in 0..<500 {
            let attributes = attributes(&random)
            let value = Double(Int.random(in: 0..<100, using: &random)) / 4
            meter.counter(Shop.served).add(value) { $0 = attributes }
            meter.gauge(Shop.stock).record(-value) { $0 = attributes }
            meter.histogram(description).record(value) { $0 = attributes }
            sums[attributes, default: 0] += value
            last[attributes] = -value
            values[attributes, default: []].append(value)
        }
        #expect(
            Dictionary(uniqueKeysWithValues: meter.numbers("shop.served").map { ($0.attributes, $0.value.doubleValue) })
                == sums
        )
        #expect(
            Dictionary(uniqueKeysWithValues: meter.numbers("shop.stock").map { ($0.attributes, $0.value.doubleValue) })
                == last
        )
        let points = meter.histograms("h")
        #expect(points.count == values.count)
        for point in points {
            let all = values[point.attributes] ?? []
            let counts = (0...expected.count).map { bucket in
                UInt64(
                    all.count {
                        $0 > (bucket == 0 ? -.infinity : expected[bucket - 1])
                            && $0 <= (bucket == expected.count ? .infinity : expected[bucket])
                    }
                )
            }
            #expect(point.boundaries == expected && point.bucketCounts == counts)
            #expect(point.sum == all.reduce(0, +) && point.minimum == all.min() && point.maximum == all.max())
        }
    }

    /// One of some hundred sets, their keys always in the same order.
    private func attributes(_ random: inout SeededGenerator) -> Attributes {
        var attributes = Attributes()
        if Bool.random(using: &random) {
            attributes["topic"] = .string("orders-\(Int.random(in: 0..<4, using: &random))")
        }
        if Bool.random(using: &random) { attributes["partition"] = .int(.random(in: 0..<4, using: &random)) }
        if Bool.random(using: &random) { attributes["late"] = .bool(.random(using: &random)) }
        if Bool.random(using: &random) { attributes["share"] = .double(.random(in: 0..<2, using: &random).rounded()) }
        if Bool.random(using: &random) { attributes["tags"] = .array([.string("a"), .int(1)]) }
        return attributes
    }

    @Test("Nothing is lost or counted twice where many threads measure at the same time, while others report")
    func concurrency() {
        let meter = SDKMeter()
        let threads = 8
        let each = 20_000
        DispatchQueue.concurrentPerform(iterations: threads + 1) { thread in
            if thread == threads {
                for _ in 0..<50 { _ = meter.collect() }
                return
            }
            for index in 0..<each {
                meter.counter(Shop.served).add(1) { $0["worker"] = .int(Int64(index % 3)) }
                meter.histogram(Shop.size).record(Double(index % 200))
                meter.upDownCounter(Shop.open).add(index.isMultiple(of: 2) ? 1 : -1)
            }
        }
        #expect(meter.numbers("shop.served").map(\.value.doubleValue).reduce(0, +) == Double(threads * each))
        #expect(meter.numbers("shop.served").count == 3)
        #expect(meter.numbers("shop.open").map(\.value) == [.int(0)])
        let point = meter.histograms("shop.size").first
        // Of 0 to 199: 0 and 1, then 2 to 10, 11 to 100, and 101 to 199.
        #expect(point?.bucketCounts == [2, 9, 90, 99].map { $0 * UInt64(threads * each / 200) })
        #expect(point?.sum == Double(threads * each / 200 * (199 * 200 / 2)))
        #expect(meter.collect().count == 3)
    }

    @Test("Sets of attributes beyond the limit are put together, those before it go on, and nothing is lost")
    func overflow() {
        let meter = SDKMeter(MeterSettings(attributeSetLimit: 10))
        DispatchQueue.concurrentPerform(iterations: 4) { _ in
            for index in 0..<1000 { meter.counter(Shop.served).add(1) { $0["user"] = .int(Int64(index % 50)) } }
        }
        let points = meter.numbers("shop.served")
        #expect(points.count == 11)
        #expect(points.last?.attributes == ["otel.metric.overflow": true])
        #expect(points.dropLast().allSatisfy { $0.value == .int(80) && $0.attributes["user"] != nil })
        #expect(points.last?.value == .int(80 * 40))
    }

    @Test("As many sets as the limit allows are all told apart, by default two thousand")
    func limit() {
        let meter = SDKMeter()
        for index in 0..<2000 { meter.counter(Shop.served).add(1) { $0["user"] = .int(Int64(index)) } }
        #expect(Set(meter.numbers("shop.served").map(\.attributes)).count == 2000)
        meter.counter(Shop.served).add(1) { $0["user"] = 2000 }
        meter.counter(Shop.served).add(1) { $0["user"] = 2001 }
        meter.counter(Shop.served).add(1) { $0["user"] = 7 }
        let points = meter.numbers("shop.served")
        #expect(points.count == 2001 && points.last?.value == .int(2) && points[7].value == .int(2))
    }

    @Test("A value that is not equal to itself makes one set, not one for each measurement")
    func notANumber() {
        let meter = SDKMeter()
        for _ in 0..<3 { meter.counter(Shop.served).add(1) { $0["share"] = .double(.nan) } }
        #expect(meter.numbers("shop.served").map(\.value) == [.int(3)])
    }

    @Test("Equal descriptions are one instrument; of one too many nothing is measured")
    func instruments() {
        var settings = MeterSettings(instrumentLimit: 2)
        settings.stripeCount = 1
        let meter = SDKMeter(settings)
        func recorder(_ name: String, unit: String = "1") -> (any MeasurementRecording)? {
            meter.recorder(of: Counter.Description(name, unit: unit, description: "").instrument)
        }
        #expect(recorder("a") != nil && recorder("a") === recorder("a"))
        #expect(recorder("a", unit: "s") !== recorder("a"))
        #expect(recorder("b") == nil)
        #expect(recorder("a") != nil)
    }

    @Test("A recorder that outlives its meter is still safe to use")
    func outlived() {
        let counter = SDKMeter().counter(Shop.served)
        counter.add(1)
        #expect(counter.isRecording)
    }

    @Test("What a source knows is reported too, as of the meter's resource")
    func sources() {
        let meter = SDKMeter(resource: Resource(attributes: ["service.name": "shop"]), start: Timestamp(nanoseconds: 5))
        meter.observe { period in
            [MetricData(name: "queue", .gauge([NumberPoint(start: period.start, time: period.time, value: .int(3))]))]
        }
        let metric = meter.collect(at: Timestamp(nanoseconds: 9)).first
        #expect(metric?.resource.serviceName == "shop" && metric?.scope.name == "stitch")
        #expect(
            metric?.numbers == [
                NumberPoint(start: Timestamp(nanoseconds: 5), time: Timestamp(nanoseconds: 9), value: .int(3))
            ]
        )
    }
}
