// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TelemetryAPI
import Testing

/// Keeps what it is told, as text and as contexts.
private final class ListingMeter: Meter {
    final class Recorder: MeasurementRecording {
        let name: String
        let owner: ListingMeter

        init(_ name: String, _ owner: ListingMeter) {
            self.name = name
            self.owner = owner
        }

        func record(_ value: MeasurementValue, attributes: Attributes, context: SpanContext?) {
            owner.values.withLock { $0.append((name, value, attributes)) }
            owner.contexts.withLock { $0.append(context) }
        }
    }

    let values = Mutex<[(name: String, value: MeasurementValue, attributes: Attributes)]>([])
    let contexts = Mutex<[SpanContext?]>([])
    let asked = Mutex<[InstrumentDescription]>([])
    var isRecording: Bool { true }

    func recorder(of instrument: InstrumentDescription) -> (any MeasurementRecording)? {
        asked.withLock { $0.append(instrument) }
        return Recorder(instrument.name, self)
    }

    var recorded: [MeasurementValue] { values.withLock { $0.map(\.value) } }
}

private enum Shop {
    static let served = Counter.Description("shop.served", unit: "{order}", description: "Orders that went out.")
    static let open = UpDownCounter.Description("shop.open", unit: "{order}", description: "Orders at work.")
    static let stock = Gauge.Description("shop.stock", unit: "{article}", description: "Articles on the shelf.")
    static let size = Histogram.Description("shop.size", unit: "By", description: "Sizes.", boundaries: [1, 2])
}

private struct Broken: Error {}

@Suite("Meters")
struct MeterTests {
    @Test("Where nobody measures, nothing is found out: attributes aren't built")
    func noOp() {
        withMeter(NoOpMeter()) {
            let meter = TelemetrySystem.meter
            #expect(!meter.isRecording && !meter.counter(Shop.served).isRecording)
            meter.counter(Shop.served).add(1) { _ in Issue.record("built for nobody") }
            meter.counter(Shop.served).add(0.5) { _ in Issue.record("built for nobody") }
            meter.upDownCounter(Shop.open).add(-1) { _ in Issue.record("built for nobody") }
            meter.histogram(Shop.size).record(3) { _ in Issue.record("built for nobody") }
            meter.gauge(Shop.stock).record(3) { _ in Issue.record("built for nobody") }
        }
    }

    @Test("Instruments tell the meter what they are, their value and what it is of")
    func instruments() {
        let meter = ListingMeter()
        withMeter(meter) {
            TelemetrySystem.meter.counter(Shop.served).add(2) { $0["shop.country"] = "NO" }
            TelemetrySystem.meter.upDownCounter(Shop.open).add(-1)
            TelemetrySystem.meter.histogram(Shop.size).record(1.5)
            TelemetrySystem.meter.gauge(Shop.stock).record(7)
        }
        let asked = meter.asked.withLock { $0 }
        #expect(asked.map(\.kind) == [.counter, .upDownCounter, .histogram, .gauge])
        #expect(asked.map(\.name) == ["shop.served", "shop.open", "shop.size", "shop.stock"])
        #expect(asked.map(\.unit) == ["{order}", "{order}", "By", "{article}"])
        #expect(asked.map(\.boundaries) == [[], [], [1, 2], []])
        #expect(meter.recorded == [.int(2), .int(-1), .double(1.5), .int(7)])
        #expect(meter.values.withLock { $0[0].attributes } == ["shop.country": "NO"])
    }

    @Test("What is out of an instrument's range is ignored, and its attributes aren't built")
    func ranges() {
        let meter = ListingMeter()
        withMeter(meter) {
            let meter = TelemetrySystem.meter
            meter.counter(Shop.served).add(-1) { _ in Issue.record("built for a negative value") }
            for value in [-0.5, .infinity, .nan] {
                meter.counter(Shop.served).add(value) { _ in Issue.record("built for \(value)") }
                meter.histogram(Shop.size).record(value) { _ in Issue.record("built for \(value)") }
            }
            for value in [Double.infinity, .nan] {
                meter.upDownCounter(Shop.open).add(value)
                meter.gauge(Shop.stock).record(value)
            }
            meter.counter(Shop.served).add(0)
            meter.upDownCounter(Shop.open).add(-0.5)
            meter.gauge(Shop.stock).record(-0.5)
        }
        #expect(meter.recorded == [.int(0), .double(-0.5), .double(-0.5)])
    }

    @Test(
        "A measurement carries the current span's context, sampled or not, or the one it is told; never an invalid one"
    )
    func exemplars() {
        let meter = ListingMeter()
        let unsampled = SpanContext(traceID: TraceID(high: 1, low: 1), spanID: SpanID(bits: 1))
        let other = SpanContext(traceID: TraceID(high: 2, low: 2), spanID: SpanID(bits: 2), flags: .sampled)
        withMeter(meter) {
            TelemetrySystem.meter.counter(Shop.served).add(1)
            Span(context: unsampled).makeCurrent {
                TelemetrySystem.meter.counter(Shop.served).add(1)
                TelemetrySystem.meter.counter(Shop.served).add(1, in: other)
            }
            Span(context: .invalid).makeCurrent { TelemetrySystem.meter.counter(Shop.served).add(1) }
        }
        #expect(meter.contexts.withLock { $0 } == [nil, unsampled, other, nil])
    }

    @Test("withMeter holds for its closure and the tasks that it starts, and keeps the current span")
    func override() async {
        let outer = ListingMeter()
        let inner = ListingMeter()
        let span = Span(context: SpanContext(traceID: TraceID(high: 1, low: 1), spanID: SpanID(bits: 1)))
        await withMeter(outer) {
            await span.makeCurrent {
                await withMeter(inner) {
                    await Task { TelemetrySystem.meter.counter(Shop.served).add(1) }.value
                }
                withTracer(NoOpTracer()) { TelemetrySystem.meter.counter(Shop.served).add(2) }
            }
        }
        #expect(inner.recorded == [.int(1)])
        #expect(inner.contexts.withLock { $0 } == [span.context])
        #expect(outer.recorded == [.int(2)])
    }

    @Test("withMeter throws what its closure throws, with its type")
    func typedThrows() async {
        do throws(Broken) {
            try withMeter(NoOpMeter()) { () throws(Broken) in throw Broken() }
            Issue.record("nothing was thrown")
        } catch {}
        do throws(Broken) {
            try await withMeter(NoOpMeter()) { () async throws(Broken) in throw Broken() }
            Issue.record("nothing was thrown")
        } catch {}
    }

    @Test("Descriptions are equal when everything is, to the last bucket")
    func equality() {
        func size(_ boundaries: [Double], unit: String = "By") -> InstrumentDescription {
            Histogram.Description("shop.size", unit: unit, description: "Sizes.", boundaries: boundaries).instrument
        }
        #expect(size([1, 2]) == Shop.size.instrument)
        #expect(size([1, 2]).hashValue == Shop.size.instrument.hashValue)
        #expect(size([1, 3]) != Shop.size.instrument)
        #expect(size([1, 2], unit: "s") != Shop.size.instrument)
    }
}
