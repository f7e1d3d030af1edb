// SPDX-License-Identifier: Apache-2.0

public import TelemetryAPI

/// Measures what another exporter does: spans delivered, lost and on their way, and how long it takes.
public struct MeasuredSpanExporter: SpanExporter {
    private let exporter: any SpanExporter
    private let meter: any Meter
    private let attributes: Attributes
    private let clock = ContinuousClock()

    /// Measures an exporter.
    ///
    /// - Parameters:
    ///   - exporter: What is measured.
    ///   - meter: Who keeps the measurements.
    ///   - component: Which exporter it is, as its kind and a number: `otlp_http_span_exporter/0`.
    public init(_ exporter: any SpanExporter, meter: any Meter, component: String) {
        self.exporter = exporter
        self.meter = meter
        attributes = [
            SDKMetrics.componentType: .string(String(component.prefix { $0 != "/" })),
            SDKMetrics.componentName: .string(component),
        ]
    }

    /// Delivers a batch by the other exporter.
    public func export(_ batch: SpanBatch) throws {
        let count = batch.count
        meter.upDownCounter(SDKMetrics.spansInFlight).add(count) { $0 = attributes }
        let start = clock.now
        do {
            try exporter.export(batch)
        } catch {
            let lost = min(max((error as? PartialExport)?.lostSpanCount ?? count, 0), count)
            finished(count, lost, start, failure: error)
            throw error
        }
        finished(count, 0, start, failure: nil)
    }

    /// Shuts the other exporter down.
    public func shutdown() { exporter.shutdown() }

    private func finished(_ count: Int, _ lost: Int, _ start: ContinuousClock.Instant, failure: (any Error)?) {
        var failed = attributes
        if let failure { failed[SDKMetrics.errorType] = .string(errorType(failure)) }
        let duration = start.duration(to: clock.now) / .seconds(1)
        meter.upDownCounter(SDKMetrics.spansInFlight).add(-count) { $0 = attributes }
        if lost < count { meter.counter(SDKMetrics.spansExported).add(count - lost) { $0 = attributes } }
        if lost > 0 { meter.counter(SDKMetrics.spansExported).add(lost) { $0 = failed } }
        meter.histogram(SDKMetrics.exportDuration).record(duration) { $0 = failed }
    }

    /// The name of the error's type, which is of low cardinality.
    private func errorType(_ error: any Error) -> String { String(reflecting: type(of: error)) }
}
