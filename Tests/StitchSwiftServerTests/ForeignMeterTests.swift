// SPDX-License-Identifier: Apache-2.0

#if MetricsSupport
import CoreMetrics
import StitchSwiftServer
import Synchronization
import TelemetryAPI
import Testing

/// Writes down what reaches it, as `kind label{dimensions} action`.
private final class WrittenMetrics: MetricsFactory {
    final class Handler: CounterHandler, FloatingPointCounterHandler, MeterHandler, RecorderHandler, TimerHandler {
        let name: String
        let written: WrittenMetrics

        init(_ name: String, _ written: WrittenMetrics) {
            self.name = name
            self.written = written
        }

        func increment(by amount: Int64) { written.add("\(name) +\(amount)") }
        func increment(by amount: Double) { written.add("\(name) +\(amount)") }
        func decrement(by amount: Double) { written.add("\(name) -\(amount)") }
        func set(_ value: Int64) { written.add("\(name) =\(value)") }
        func set(_ value: Double) { written.add("\(name) =\(value)") }
        func record(_ value: Int64) { written.add("\(name) \(value)") }
        func record(_ value: Double) { written.add("\(name) \(value)") }
        func recordNanoseconds(_ duration: Int64) { written.add("\(name) \(duration)ns") }
        func preferDisplayUnit(_ unit: TimeUnit) {}
        func reset() {}
    }

    private let lines = Mutex<[String]>([])
    private let count = Mutex(0)

    var all: [String] { lines.withLock { $0 } }
    var madeCount: Int { count.withLock { $0 } }

    func add(_ line: String) { lines.withLock { $0.append(line) } }

    private func make(_ kind: String, _ label: String, _ dimensions: [(String, String)]) -> Handler {
        count.withLock { $0 += 1 }
        let dimensions = dimensions.map { "\($0.0)=\($0.1)" }.joined(separator: ",")
        return Handler("\(kind) \(label){\(dimensions)}", self)
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        make("counter", label, dimensions)
    }
    func makeFloatingPointCounter(
        label: String,
        dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler { make("fraction", label, dimensions) }
    func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        make("meter", label, dimensions)
    }
    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        make(aggregate ? "recorder" : "gauge", label, dimensions)
    }
    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        make("timer", label, dimensions)
    }
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    func destroyMeter(_ handler: any MeterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
}

@Suite("A backend of swift-metrics under Stitch's instrumentation")
struct ForeignMeterTests {
    private let written = WrittenMetrics()

    @Test("Every instrument arrives as what comes nearest to it")
    func instruments() {
        withMeter(ForeignMeter(written)) {
            let meter = TelemetrySystem.meter
            #expect(meter.isRecording)
            meter.counter(.init("sent", unit: "{message}", description: "")).add(2) {
                $0["topic"] = "orders"
                $0["partition"] = 3
            }
            meter.counter(.init("paid", unit: "EUR", description: "")).add(0.5)
            meter.upDownCounter(.init("open", unit: "{connection}", description: "")).add(2)
            meter.upDownCounter(.init("open", unit: "{connection}", description: "")).add(-3)
            meter.gauge(.init("lag", unit: "{message}", description: "")).record(7)
            meter.gauge(.init("load", unit: "1", description: "")).record(0.25)
            meter.histogram(.init("wait", unit: "s", description: "", boundaries: [1])).record(0.0015)
            meter.histogram(.init("wait", unit: "s", description: "", boundaries: [1])).record(1e300)
            meter.histogram(.init("size", unit: "By", description: "", boundaries: [1])).record(12)
        }
        #expect(
            written.all == [
                "counter sent{partition=3,topic=orders} +2",
                "fraction paid{} +0.5",
                "meter open{} +2.0",
                "meter open{} -3.0",
                "meter lag{} =7",
                "meter load{} =0.25",
                "timer wait{} 1500000ns",
                "timer wait{} \(Int64.max)ns",
                "recorder size{} 12.0",
            ]
        )
        #expect(written.madeCount == 7)
    }

    @Test("Sets of attributes beyond the limit are one")
    func bounded() {
        let counter = ForeignMeter(written).counter(.init("sent", unit: "1", description: ""))
        for key in 0..<2_100 { counter.add(1) { $0["key"] = .int(Int64(key)) } }
        counter.add(1) { $0["key"] = 0 }
        #expect(written.madeCount == 2_001)
        #expect(written.all.filter { $0 == "counter sent{otel.metric.overflow=true} +1" }.count == 100)
        #expect(written.all.last == "counter sent{key=0} +1")
    }

    @Test("A backend that is Stitch itself measures nothing, rather than asking for ever")
    func circle() {
        let meter = ForeignMeter(StitchMetricsFactory())
        withMeter(meter) { meter.counter(.init("sent", unit: "1", description: "")).add(1) }
    }
}
#endif
