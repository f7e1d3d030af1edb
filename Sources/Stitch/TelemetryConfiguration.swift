// SPDX-License-Identifier: Apache-2.0

public import StitchOTLP
public import TelemetryData
public import TelemetrySDK
public import TraceContext

/// What an application's telemetry is called, what of it is kept and where it goes.
public struct TelemetryConfiguration: Sendable {
    /// A way for spans to leave the process.
    public enum Exporter: String, Sendable, CaseIterable {
        /// To a receiver of OTLP, as ``TelemetryConfiguration/otlp`` says.
        case otlp
        /// To standard output, for people to read.
        case console
    }

    /// A way for metrics to leave the process.
    public enum MetricsExporter: String, Sendable, CaseIterable {
        /// To a receiver of OTLP, as ``TelemetryConfiguration/metricsOTLP`` says.
        case otlp
        /// To whoever asks for them, as ``TelemetryConfiguration/prometheus`` says.
        case prometheus
    }

    /// The service's name, `service.name`.
    ///
    /// `OTEL_SERVICE_NAME`.
    public var serviceName: String

    /// What else is known about the service, by OpenTelemetry's resource conventions.
    ///
    /// Counts before what is found out about the process, its host and its container. `OTEL_RESOURCE_ATTRIBUTES`.
    public var resourceAttributes: Attributes

    /// Where spans go beside the file.
    ///
    /// `OTEL_TRACES_EXPORTER`.
    public var exporters: [Exporter]

    /// Exporters of one's own, which get each batch after those named by ``exporters``, in this order.
    ///
    /// One that takes its time delays those after it; a failure of one keeps no other from getting the batch, and is told as
    /// that of any other. They are shut down with the telemetry.
    public var otherExporters: [any SpanExporter] = []

    /// The file that spans are appended to as OTLP JSON lines; `nil` keeps none.
    ///
    /// `STITCH_TRACES_FILE`.
    public var file: String?

    /// How large the file may become, in bytes, from 1, before it is renamed to `file.1` and a new one is begun; `nil` lets
    /// it grow.
    ///
    /// Then no other process may write to the same file.
    public var maximumFileSize: Int?

    /// How many full files are kept beside the one that is written, 0 to 1000.
    public var keptFileCount = 5

    /// How spans go to a receiver of OTLP.
    ///
    /// `OTEL_EXPORTER_OTLP_…`, `OTEL_EXPORTER_OTLP_TRACES_…`.
    public var otlp = OTLPHTTPConfiguration()

    /// Where metrics go; without any nothing is measured.
    ///
    /// `OTEL_METRICS_EXPORTER`.
    public var metricsExporters: [MetricsExporter]

    /// How metrics go to a receiver of OTLP.
    ///
    /// `OTEL_EXPORTER_OTLP_…`, `OTEL_EXPORTER_OTLP_METRICS_…`.
    public var metricsOTLP = OTLPHTTPConfiguration(endpoint: "http://localhost:4318/v1/metrics")

    /// Where metrics are scraped.
    ///
    /// `OTEL_EXPORTER_PROMETHEUS_HOST`, `OTEL_EXPORTER_PROMETHEUS_PORT`.
    public var prometheus = PrometheusConfiguration()

    /// How metrics are kept and reported.
    ///
    /// `OTEL_METRIC_EXPORT_INTERVAL`, `OTEL_METRIC_EXPORT_TIMEOUT`, `OTEL_METRICS_EXEMPLAR_FILTER`,
    /// `OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE`.
    public var metrics = MetricConfiguration()

    /// How many finished spans may wait for their export, exactly, from 1; `nil` lets 8 MiB of encoded spans wait.
    ///
    /// `OTEL_BSP_MAX_QUEUE_SIZE`.
    public var queueCapacity: Int?

    /// How many spans are exported at a time, from 1 to ``queueCapacity``.
    ///
    /// `OTEL_BSP_MAX_EXPORT_BATCH_SIZE`.
    public var batchSize: Int

    /// How long the first span of a batch waits for more to come.
    ///
    /// `OTEL_BSP_SCHEDULE_DELAY`, in milliseconds.
    public var exportDelay: Duration

    /// How long the export of one batch over the network may take, above zero; the exporter's own timeout counts where it
    /// is shorter.
    ///
    /// `OTEL_BSP_EXPORT_TIMEOUT`, in milliseconds.
    public var exportTimeout = Duration.seconds(30)

    /// How long ``Telemetry/shutdown()`` may take in all, for spans and metrics together.
    ///
    /// What is not delivered by then is lost, and told.
    public var shutdownTimeout = Duration.seconds(5)

    /// Decides which spans are recorded: all flows whose origin was, unless told otherwise.
    ///
    /// `OTEL_TRACES_SAMPLER`, `OTEL_TRACES_SAMPLER_ARG`.
    public var sampler: any Sampler = FollowingSampler()

    /// In which formats contexts travel: W3C trace context and baggage, unless told otherwise.
    ///
    /// `OTEL_PROPAGATORS`.
    public var propagator: any Propagator = CompositePropagator([W3CPropagator(), BaggagePropagator()])

    /// How much of each span is kept.
    ///
    /// `OTEL_SPAN_…_LIMIT`, `OTEL_ATTRIBUTE_…_LIMIT`, `OTEL_EVENT_…`, `OTEL_LINK_…`.
    public var limits = SpanLimits()

    /// Whether no spans are made at all; what comes in is passed on as it is.
    ///
    /// `OTEL_SDK_DISABLED`.
    public var isDisabled = false

    /// Telemetry of a service, with the defaults of OpenTelemetry.
    ///
    /// - Parameters:
    ///   - serviceName: The service's name.
    ///   - resourceAttributes: What else is known about the service.
    ///   - file: The file that spans are appended to.
    ///   - exporters: Where spans go beside the file; to a receiver of OTLP if there is no file, unless told otherwise.
    ///   - metricsExporters: Where metrics go; to a receiver of OTLP if spans do, unless told otherwise.
    ///   - queueCapacity: How many finished spans may wait for their export, from 1; `nil` lets 8 MiB of them wait.
    ///   - batchSize: How many spans are exported at a time, from 1.
    ///   - exportDelay: How long the first span of a batch waits for more to come.
    public init(
        serviceName: String,
        resourceAttributes: Attributes = Attributes(),
        file: String? = nil,
        exporters: [Exporter]? = nil,
        metricsExporters: [MetricsExporter]? = nil,
        queueCapacity: Int? = nil,
        batchSize: Int = 512,
        exportDelay: Duration = .seconds(5)
    ) {
        self.serviceName = serviceName
        self.resourceAttributes = resourceAttributes
        self.file = file
        let exporters = exporters ?? (file == nil ? [.otlp] : [])
        self.exporters = exporters
        self.metricsExporters = metricsExporters ?? (exporters.contains(.otlp) ? [.otlp] : [])
        self.queueCapacity = queueCapacity
        self.batchSize = batchSize
        self.exportDelay = exportDelay
    }
}
