// SPDX-License-Identifier: Apache-2.0

#if MetricsSupport
import CoreMetrics
import StitchSwiftServer
import StitchTesting
import TelemetryAPI
import Testing

@Suite("Stitch as the backend of swift-metrics")
struct StitchMetricsFactoryTests {
    let measured = RecordedMeasurements()
    var factory: StitchMetricsFactory { StitchMetricsFactory(measured) }

    @Test("Counters count, in whole numbers and in fractions, under their labels and dimensions")
    func counters() throws {
        let dimensions = [("country", "NO")]
        let counter = factory.makeCounter(label: "orders", dimensions: dimensions)
        counter.increment(by: 2)
        counter.increment(by: -1)
        counter.reset()
        counter.increment(by: 3)
        factory.makeFloatingPointCounter(label: "revenue", dimensions: dimensions).increment(by: 0.5)
        #expect(measured.of("orders").map(\.value) == [.int(2), .int(3)])
        #expect(measured.of("revenue").map(\.value) == [.double(0.5)])
        #expect(measured.all.allSatisfy { $0.attributes == ["country": "NO"] && $0.instrument.kind == .counter })
    }

    @Test("A meter is one gauge however often it is made, until it is destroyed")
    func meters() {
        let factory = factory
        let meter = factory.makeMeter(label: "connections", dimensions: [])
        meter.set(Int64(5))
        factory.makeMeter(label: "connections", dimensions: []).increment(by: 2)
        factory.makeMeter(label: "connections", dimensions: [("host", "b")]).increment(by: 1)
        meter.decrement(by: 1.5)
        meter.set(Double.infinity)
        factory.destroyMeter(meter)
        factory.makeMeter(label: "connections", dimensions: []).increment(by: 1)
        #expect(measured.all.map(\.value) == [.int(5), .double(7), .double(1), .double(5.5), .double(1)])
        #expect(measured.all.allSatisfy { $0.instrument.kind == .gauge })
    }

    @Test("Recorders are histograms, or gauges if they don't aggregate; timers are histograms of seconds")
    func distributions() {
        factory.makeRecorder(label: "size", dimensions: [], aggregate: true).record(Int64(12))
        factory.makeRecorder(label: "last", dimensions: [], aggregate: false).record(0.25)
        factory.makeTimer(label: "latency", dimensions: []).recordNanoseconds(1_500_000_000)
        #expect(measured.of("size").map(\.value) == [.double(12)])
        #expect(measured.of("last").map(\.value) == [.double(0.25)])
        #expect(measured.of("latency").map(\.value) == [.double(1.5)])
        #expect(measured.all.map(\.instrument.kind) == [.histogram, .gauge, .histogram])
        #expect(measured.of("latency").first?.instrument.unit == "s")
    }

    @Test("What is measured in a span names it, and goes to the meter that counts at that moment")
    func exemplars() async throws {
        let counter = StitchMetricsFactory().makeCounter(label: "orders", dimensions: [])
        try await withStitchTest { test in
            TelemetryAPI.withSpan("work") { span in
                counter.increment(by: 1)
                #expect(test.measurements.of("orders").map(\.context) == [span.context])
            }
        }
    }
}
#endif
