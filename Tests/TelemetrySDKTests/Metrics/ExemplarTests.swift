// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TelemetrySDK

/// Keeps nothing.
private struct DroppingProcessor: SpanProcessor {
    func ended(_ span: SpanData) {}
}

private struct Never: Sampler {
    func decide(_ span: SamplingRequest) -> SamplingDecision {
        SamplingDecision(isSampled: false, state: TraceState())
    }
}

@Suite("Exemplars")
struct ExemplarTests {
    private func context(_ id: UInt64, flags: TraceFlags = .sampled) -> SpanContext {
        SpanContext(traceID: TraceID(high: 1, low: id), spanID: SpanID(bits: id), flags: flags)
    }

    @Test("A point leads to the span that was current when it was measured")
    func leadsToTheSpan() {
        let meter = SDKMeter()
        let tracer = SDKTracer(resource: Resource(), processor: DroppingProcessor())
        let before = Timestamp.now
        let span = withTracer(tracer) {
            withMeter(meter) {
                withSpan("work") { span in
                    TelemetrySystem.meter.histogram(Shop.size).record(50)
                    TelemetrySystem.meter.counter(Shop.served).add(2)
                    return span
                }
            }
        }
        for exemplars in [meter.histograms("shop.size")[0].exemplars, meter.numbers("shop.served")[0].exemplars] {
            #expect(exemplars.map(\.traceID) == [span.context.traceID])
            #expect(exemplars.map(\.spanID) == [span.context.spanID])
            #expect(exemplars.allSatisfy { $0.time >= before && $0.time <= .now && $0.attributes.isEmpty })
        }
        #expect(meter.histograms("shop.size")[0].exemplars.map(\.value) == [.double(50)])
        #expect(meter.numbers("shop.served")[0].exemplars.map(\.value) == [.int(2)])
    }

    @Test("A span that nobody keeps is no exemplar, and neither is a measurement outside of any")
    func sampledOnly() {
        let meter = SDKMeter()
        meter.histogram(Shop.size).record(1)
        meter.histogram(Shop.size).record(2, in: context(1, flags: []))
        meter.counter(Shop.served).add(1, in: context(1, flags: .random))
        #expect(meter.histograms("shop.size")[0].exemplars.isEmpty)
        #expect(meter.numbers("shop.served")[0].exemplars.isEmpty)
    }

    @Test("Told so, every measurement may be an exemplar, or none")
    func filters() {
        let all = SDKMeter(MeterSettings(exemplarFilter: .alwaysOn))
        all.histogram(Shop.size).record(1)
        #expect(all.histograms("shop.size")[0].exemplars.map(\.value) == [.double(1)])
        #expect(all.histograms("shop.size")[0].exemplars[0].traceID == nil)
        let none = SDKMeter(MeterSettings(exemplarFilter: .alwaysOff))
        none.histogram(Shop.size).record(1, in: context(1))
        #expect(none.histograms("shop.size")[0].exemplars.isEmpty)
    }

    @Test("A histogram has one for each bucket, of that bucket; a counter a few")
    func bounded() {
        let meter = SDKMeter()
        for index in 1...1000 as ClosedRange<UInt64> {
            meter.histogram(Shop.size).record(Double(index) / 4, in: context(index))
            meter.counter(Shop.served).add(1, in: context(index))
        }
        let exemplars = meter.histograms("shop.size")[0].exemplars
        #expect(exemplars.count == 4)
        let values = exemplars.map(\.value.doubleValue)
        #expect(values[0] <= 1 && values[1] > 1 && values[1] <= 10 && values[2] <= 100 && values[3] > 100)
        #expect(exemplars.allSatisfy { $0.spanID == SpanID(bits: UInt64($0.value.doubleValue * 4)) })
        #expect(meter.numbers("shop.served")[0].exemplars.count == 4)
        #expect(Set(meter.numbers("shop.served")[0].exemplars).count == 4)
    }

    @Test("Each measurement has the same chance, and after a report new ones have theirs again")
    func uniform() {
        var counts = [Int](repeating: 0, count: 10)
        var random = ExemplarRandom(seed: 99)
        for _ in 0..<20_000 {
            var reservoir = ExemplarReservoir()
            for index in 0..<10 {
                reservoir.offer(keeping: 2, random: random.next()) {
                    Exemplar(time: Timestamp(nanoseconds: 0), value: .int(Int64(index)))
                }
            }
            for exemplar in reservoir.collect() { counts[Int(exemplar.value.doubleValue)] += 1 }
        }
        // 4,000 expected; 400 are seven standard deviations.
        #expect(counts.allSatisfy { abs($0 - 4000) < 400 }, "\(counts)")

        var reservoir = ExemplarReservoir()
        func offer(_ value: Int64, _ random: UInt64) {
            reservoir.offer(bucket: 0, of: 1, random: random) {
                Exemplar(time: Timestamp(nanoseconds: 0), value: .int(value))
            }
        }
        offer(1, .max)
        offer(2, .max)
        #expect(reservoir.collect().map(\.value) == [.int(1)])
        offer(3, .max)
        #expect(reservoir.collect().map(\.value) == [.int(3)])
    }

    @Test("What overflowed says in its exemplar what it was of")
    func overflow() {
        let meter = SDKMeter(MeterSettings(attributeSetLimit: 1))
        meter.counter(Shop.served).add(1, in: context(1)) { $0["user"] = 1 }
        meter.counter(Shop.served).add(1, in: context(2)) { $0["user"] = 2 }
        let points = meter.numbers("shop.served")
        #expect(points[0].exemplars.map(\.attributes) == [[:]])
        #expect(points[1].exemplars.map(\.attributes) == [["user": 2]])
    }
}
