// SPDX-License-Identifier: Apache-2.0

public import TelemetryAPI

/// What the SDK measures of itself, so that loss is never silent (OpenTelemetry semantic conventions, SDK metrics).
public enum SDKMetrics {
    /// How many spans were started.
    public static let spansStarted = "otel.sdk.span.started"
    /// How many spans wait for their export.
    public static let queueSize = "otel.sdk.processor.span.queue.size"
    /// How many spans may wait for their export.
    public static let queueCapacity = "otel.sdk.processor.span.queue.capacity"
    /// How many spans were handed to an exporter, or dropped before that.
    public static let spansProcessed = "otel.sdk.processor.span.processed"

    /// How many spans an exporter has delivered, or could not deliver.
    public static let spansExported = Counter.Description(
        "otel.sdk.exporter.span.exported",
        unit: "{span}",
        description: "Spans that were delivered, or could not be."
    )
    /// How many spans an exporter is delivering.
    public static let spansInFlight = UpDownCounter.Description(
        "otel.sdk.exporter.span.inflight",
        unit: "{span}",
        description: "Spans that an exporter is delivering."
    )
    /// How long it took to deliver a batch, retries included.
    public static let exportDuration = Histogram.Description(
        "otel.sdk.exporter.operation.duration",
        unit: "s",
        description: "How long it took to deliver a batch.",
        boundaries: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
    )

    /// What decided whether a span is kept: `RECORD_AND_SAMPLE` or `DROP`.
    public static let samplingResult = "otel.span.sampling_result"
    /// Which part of the SDK it is, such as `batching_span_processor/0`.
    public static let componentName = "otel.component.name"
    /// What kind of part it is, such as `batching_span_processor`.
    public static let componentType = "otel.component.type"
    /// Why it failed.
    public static let errorType = "error.type"
}

/// What a tracer and its processor know of their spans, as it is now.
///
/// Plain counts, so that whoever counts depends on nothing here:
///
/// ```swift
/// meter.observe(SpanStatistics.source { SpanStatistics(…) })
/// ```
public struct SpanStatistics: Sendable, Hashable {
    /// Spans that were started and are recorded; `nil` where nobody counts them.
    public var sampled: Int?

    /// Spans that were started and are not recorded; `nil` where nobody counts them.
    public var unsampled: Int?

    /// Spans that were handed to the exporter.
    public var processed = 0

    /// Spans that were dropped before that, by reason: `queue_full`, `already_shutdown`, ….
    public var dropped: [String: Int] = [:]

    /// How many spans wait for their export.
    public var waiting = 0

    /// How many may wait; `nil` where the bound is not one of spans.
    public var capacity: Int?

    /// Nothing has happened.
    public init() {}

    /// What the counts of a batch processor say, which knows nothing of spans before their end.
    ///
    /// - Parameters:
    ///   - counts: What became of its spans.
    ///   - capacity: How many may wait.
    public init(_ counts: SpanCounts, capacity: Int? = nil) {
        processed = counts.exported + counts.failed
        if counts.dropped > 0 { dropped = ["queue_full": counts.dropped] }
        waiting = max(0, counts.ended - counts.exported - counts.failed - counts.dropped)
        self.capacity = capacity
    }

    /// Reports these statistics with a meter's own metrics: give it to ``SDKMeter/observe(_:)``.
    ///
    /// - Parameters:
    ///   - component: Which processor it is.
    ///   - statistics: Finds out how things are; called at each report.
    /// - Returns: What a meter can ask.
    public static func source(
        component: String = "batching_span_processor/0",
        _ statistics: @escaping @Sendable () -> SpanStatistics
    ) -> MetricSource {
        { period in statistics().metrics(period, component: component) }
    }

    /// The statistics as metrics.
    func metrics(_ period: MetricPeriod, component: String) -> [MetricData] {
        let processor: Attributes = [
            SDKMetrics.componentType: .string(String(component.prefix { $0 != "/" })),
            SDKMetrics.componentName: .string(component),
        ]
        func point(_ value: Int, _ attributes: Attributes) -> NumberPoint {
            NumberPoint(attributes: attributes, start: period.start, time: period.time, value: .int(Int64(value)))
        }
        func sum(_ name: String, _ description: String, _ points: [NumberPoint], grows: Bool = true) -> MetricData {
            MetricData(
                name: name,
                unit: "{span}",
                description: description,
                .sum(points, .cumulative, isMonotonic: grows)
            )
        }
        let started = [("RECORD_AND_SAMPLE", sampled), ("DROP", unsampled)].compactMap { result, count in
            count.map { point($0, [SDKMetrics.samplingResult: .string(result)]) }
        }
        var metrics = [
            sum(SDKMetrics.spansStarted, "Spans that were started.", started),
            sum(
                SDKMetrics.spansProcessed,
                "Spans that were handed to the exporter, or dropped before.",
                [point(processed, processor)]
                    + dropped.sorted { $0.key < $1.key }.map { reason, count in
                        var attributes = processor
                        attributes[SDKMetrics.errorType] = .string(reason)
                        return point(count, attributes)
                    }
            ),
            sum(
                SDKMetrics.queueSize,
                "Spans that wait for their export.",
                [point(waiting, processor)],
                grows: false
            ),
        ]
        if let capacity {
            metrics.append(
                sum(
                    SDKMetrics.queueCapacity,
                    "Spans that may wait for their export.",
                    [point(capacity, processor)],
                    grows: false
                )
            )
        }
        return metrics
    }
}
