// SPDX-License-Identifier: Apache-2.0

#if MetricsSupport
import CoreMetrics
import Synchronization
import TelemetryAPI
import TelemetryData
import TraceContext

/// Hands the measurements of one instrument on, a handler for each set of attributes.
final class ForeignInstrument: MeasurementRecording {
    private enum Handler: Sendable {
        case counter(any CounterHandler)
        case floatingPointCounter(any FloatingPointCounterHandler)
        case meter(any MeterHandler)
        case timer(any TimerHandler)
        case recorder(any RecorderHandler)
    }

    private struct Key: Hashable {
        var attributes: Attributes
        // One who counts whole numbers and fractions has two counters: the other side's are of different types.
        var isFraction: Bool
    }

    private static let maximumCount = 2000

    private let instrument: InstrumentDescription
    private let factory: any MetricsFactory
    private let handlers = Mutex<[Key: Handler]>([:])

    init(_ instrument: InstrumentDescription, factory: any MetricsFactory) {
        self.instrument = instrument
        self.factory = factory
    }

    func record(_ value: MeasurementValue, attributes: Attributes, context: SpanContext?) {
        switch handler(for: value, attributes) {
        case .counter(let counter):
            if case .int(let value) = value { counter.increment(by: value) }
        case .floatingPointCounter(let counter): counter.increment(by: value.doubleValue)
        case .meter(let meter): hand(value, to: meter)
        case .timer(let timer):
            let nanoseconds = (value.doubleValue * 1e9).rounded()
            timer.recordNanoseconds(Int64(exactly: nanoseconds) ?? .max)
        case .recorder(let recorder): recorder.record(value.doubleValue)
        }
    }

    private func hand(_ value: MeasurementValue, to meter: any MeterHandler) {
        guard instrument.kind == .upDownCounter else {
            switch value {
            case .int(let value): meter.set(value)
            case .double(let value): meter.set(value)
            }
            return
        }
        let change = value.doubleValue
        if change < 0 { meter.decrement(by: -change) } else { meter.increment(by: change) }
    }

    private func handler(for value: MeasurementValue, _ attributes: Attributes) -> Handler {
        var key = Key(attributes: attributes, isFraction: false)
        if instrument.kind == .counter, case .double = value { key.isFraction = true }
        return handlers.withLock { handlers in
            if let handler = handlers[key] { return handler }
            if handlers.count >= Self.maximumCount {
                key.attributes = ["otel.metric.overflow": true]
                if let handler = handlers[key] { return handler }
            }
            let handler = makeHandler(key)
            handlers[key] = handler
            return handler
        }
    }

    private func makeHandler(_ key: Key) -> Handler {
        let label = instrument.name
        let dimensions = key.attributes.elements.map { ($0.key, $0.value.description) }.sorted { $0.0 < $1.0 }
        switch instrument.kind {
        case .counter where key.isFraction:
            return .floatingPointCounter(factory.makeFloatingPointCounter(label: label, dimensions: dimensions))
        case .counter: return .counter(factory.makeCounter(label: label, dimensions: dimensions))
        case .upDownCounter, .gauge: return .meter(factory.makeMeter(label: label, dimensions: dimensions))
        case .histogram where instrument.unit == "s":
            return .timer(factory.makeTimer(label: label, dimensions: dimensions))
        case .histogram:
            return .recorder(factory.makeRecorder(label: label, dimensions: dimensions, aggregate: true))
        }
    }
}
#endif
