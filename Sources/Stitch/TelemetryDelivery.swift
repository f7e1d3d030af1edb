// SPDX-License-Identifier: Apache-2.0

import StitchOTLP
import StitchService
import Synchronization
import TelemetryAPI
import TelemetrySDK

/// What records spans and metrics and delivers them, from the start of an application's telemetry to its end.
final class TelemetryDelivery: Sendable {
    /// Makes the spans that are delivered.
    let tracer: SDKTracer
    private let processor: BatchSpanProcessor
    private let spans: SpanExport
    private let metrics: MetricExport?
    private let reader: PeriodicMetricReader?
    private let timeout: Duration
    private let tell: @Sendable (String) -> Void
    private let isShutDown = Atomic(false)

    /// Opens the ways out, and begins to deliver.
    ///
    /// - Parameters:
    ///   - configuration: What it is called and where it goes.
    ///   - tell: Tells whoever runs the program a sentence.
    /// - Throws: What is wrong with one of the ways.
    init(
        _ configuration: TelemetryConfiguration,
        tell: @escaping @Sendable (String) -> Void = { Diagnostics.log(.warning, $0) }
    ) throws(OTLPError) {
        self.tell = tell
        try configuration.validate()
        let resource = configuration.resource(detected: .read())
        metrics = try MetricExport(configuration, resource: resource, tell: tell)
        spans = try SpanExport(configuration, meter: metrics?.meter, tell: tell)
        timeout = configuration.shutdownTimeout
        let processor = BatchSpanProcessor(
            exporter: spans.exporter,
            capacity: configuration.queueCapacity,
            batchSize: configuration.batchSize,
            delay: configuration.exportDelay / .seconds(1)
        )
        self.processor = processor
        let tracer = SDKTracer(
            resource: resource,
            processor: processor,
            sampler: configuration.sampler,
            limits: configuration.limits,
            propagator: configuration.propagator
        )
        self.tracer = tracer
        metrics?.meter.observe(SpanStatistics.source { processor.statistics(with: tracer) })
        reader = metrics.flatMap { $0.start() }
    }

    /// Who measures what is reported.
    var meter: SDKMeter? { metrics?.meter }

    /// Who answers when metrics are asked for.
    var endpoint: PrometheusEndpoint? { metrics?.endpoint }

    /// What was measured so far, for Prometheus; empty where nothing is measured.
    func prometheusText(_ format: PrometheusText.Format) -> String {
        meter.map { PrometheusText.text(of: $0.collect(), format: format) } ?? ""
    }

    /// What became of the spans so far.
    var counts: SpanCounts {
        let counts = processor.counts
        // To the processor all is delivered that the exporter has taken.
        let lost = min(spans.exporter.lost, counts.exported)
        return SpanCounts(
            ended: counts.ended,
            exported: counts.exported - lost,
            dropped: counts.dropped,
            failed: counts.failed + lost
        )
    }

    /// What was lost, and why.
    var blocker: String? {
        let counts = counts
        let lost = counts.dropped + counts.failed
        if lost > 0 {
            let reason = spans.watches.lazy.compactMap(\.reason).first.map { ": \($0)" } ?? ""
            return "\(lost) of \(counts.ended) spans were lost\(reason)"
        }
        return metrics?.watch.reason.map { "metrics are not delivered: \($0)" }
    }

    /// Delivers what waits and a report of metrics, within a time, and goes on; blocks its thread.
    ///
    /// - Returns: Whether that was done in time, however it went.
    func flush(within timeout: Duration) -> Bool {
        let start = ContinuousClock.now
        let areSpansDone = processor.flush(timeout: timeout)
        // The report tells of these spans, so it comes after them. After a shutdown there is none.
        guard let reader, !isShutDown.load(ordering: .relaxed) else { return areSpansDone }
        return reader.flush(timeout: max(.zero, timeout - start.duration(to: .now))) && areSpansDone
    }

    /// Delivers what waits, within the time that a shutdown may take; blocks its thread.
    func shutdown() {
        let start = ContinuousClock.now
        let isFirst = !isShutDown.exchange(true, ordering: .relaxed)
        let watches = spans.watches + (metrics.map { [$0.watch] } ?? [])
        watches.forEach { $0.end() }
        // The exporters end by themselves, a little before they are made to, so that every span is accounted for. The last
        // metrics tell of the last spans, so they come after them, in the rest of the time.
        let share = timeout * (reader == nil ? 0.95 : 0.8)
        spans.receiver?.finish(within: share * 0.9)
        metrics?.receiver?.finish(within: timeout * 0.95)
        let areSpansDone = processor.shutdown(timeout: share)
        let areMetricsDone = reader?.shutdown(timeout: max(.zero, timeout - start.duration(to: .now))) ?? true
        guard isFirst else { return }
        var missing = watches.compactMap(\.missing)
        // Without an end of their own, on a machine that has no time for them.
        func add(_ subject: DeliveryRecord.Subject, _ count: Int) {
            missing.removeAll { $0.subject == subject }
            missing.append(.init(subject: subject, count: count, reason: "the shutdown took \(timeout)"))
        }
        if !areSpansDone { add(.spans, counts.failed + counts.dropped) }
        if !areMetricsDone { add(.metrics, 0) }
        DeliveryRecord.summary(missing).forEach(tell)
    }
}
