// SPDX-License-Identifier: Apache-2.0

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

    /// The file that spans are appended to as OTLP JSON lines; `nil` keeps none.
    ///
    /// `STITCH_TRACES_FILE`.
    public var file: String?

    /// How spans go to a receiver of OTLP.
    ///
    /// `OTEL_EXPORTER_OTLP_…`, `OTEL_EXPORTER_OTLP_TRACES_…`.
    public var otlp = OTLPHTTPConfiguration()

    /// How many finished spans may wait for their export, from 1.
    ///
    /// `OTEL_BSP_MAX_QUEUE_SIZE`.
    public var queueCapacity: Int

    /// How many spans are exported at a time, from 1 to ``queueCapacity``.
    ///
    /// `OTEL_BSP_MAX_EXPORT_BATCH_SIZE`.
    public var batchSize: Int

    /// How long the first span of a batch waits for more to come.
    ///
    /// `OTEL_BSP_SCHEDULE_DELAY`, in milliseconds.
    public var exportDelay: Duration

    /// How long the export of one batch may take.
    ///
    /// `OTEL_BSP_EXPORT_TIMEOUT`, in milliseconds.
    public var exportTimeout = Duration.seconds(30)

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
    ///   - queueCapacity: How many finished spans may wait for their export, from 1.
    ///   - batchSize: How many spans are exported at a time, from 1.
    ///   - exportDelay: How long the first span of a batch waits for more to come.
    public init(
        serviceName: String,
        resourceAttributes: Attributes = Attributes(),
        file: String? = nil,
        exporters: [Exporter]? = nil,
        queueCapacity: Int = 2048,
        batchSize: Int = 512,
        exportDelay: Duration = .seconds(5)
    ) {
        self.serviceName = serviceName
        self.resourceAttributes = resourceAttributes
        self.file = file
        self.exporters = exporters ?? (file == nil ? [.otlp] : [])
        self.queueCapacity = queueCapacity
        self.batchSize = batchSize
        self.exportDelay = exportDelay
    }
}
