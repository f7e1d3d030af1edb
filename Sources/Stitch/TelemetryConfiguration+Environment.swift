// SPDX-License-Identifier: Apache-2.0

public import Foundation
import StitchOTLP
import StitchService
import TelemetrySDK

extension TelemetryConfiguration {
    /// What OpenTelemetry's environment variables say, and `STITCH_TRACES_FILE`.
    ///
    /// An empty variable is not set. A value that can't be read is warned about by the variable's name and ignored.
    public init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        var reader = EnvironmentReader(environment)
        self.init(&reader)
        reader.tell()
    }

    init(_ reader: inout EnvironmentReader) {
        let attributes = Self.attributes(&reader)
        let file = reader.text("STITCH_TRACES_FILE")
        self.init(
            serviceName: reader.text("OTEL_SERVICE_NAME") ?? attributes["service.name"]?.stringValue
                ?? Self.unknownServiceName,
            resourceAttributes: attributes,
            file: file,
            exporters: reader.choices("OTEL_TRACES_EXPORTER", Exporter.allCases.map { ($0.rawValue, $0) }),
            metricsExporters: reader.choices(
                "OTEL_METRICS_EXPORTER",
                MetricsExporter.allCases.map { ($0.rawValue, $0) }
            ) ?? (file == nil ? [.otlp] : [])
        )
        isDisabled = reader.flag("OTEL_SDK_DISABLED")
        otlp = OTLPHTTPConfiguration(&reader, signal: .traces)
        metricsOTLP = OTLPHTTPConfiguration(&reader, signal: .metrics)
        prometheus = PrometheusConfiguration(&reader)
        metrics = MetricConfiguration(&reader)
        sampler = reader.sampler() ?? sampler
        propagator = reader.propagator() ?? propagator
        limits = SpanLimits(&reader)
        readBatches(&reader)
        if reader.text("OTEL_CONFIG_FILE") != nil {
            reader.ignore("OTEL_CONFIG_FILE", "configuration is read from the environment and from code alone")
        }
    }

    private mutating func readBatches(_ reader: inout EnvironmentReader) {
        queueCapacity = reader.number("OTEL_BSP_MAX_QUEUE_SIZE", from: 1) ?? queueCapacity
        let name = "OTEL_BSP_MAX_EXPORT_BATCH_SIZE"
        if let size = reader.number(name, from: 1) {
            if let queueCapacity, size > queueCapacity {
                reader.ignore(name, "it must not be above the size of the queue, \(queueCapacity)")
            } else {
                batchSize = size
            }
        }
        batchSize = min(batchSize, queueCapacity ?? batchSize)
        exportDelay = reader.duration("OTEL_BSP_SCHEDULE_DELAY") ?? exportDelay
        exportTimeout = reader.timeout("OTEL_BSP_EXPORT_TIMEOUT") ?? exportTimeout
    }

    private static func attributes(_ reader: inout EnvironmentReader) -> Attributes {
        var attributes = Attributes()
        for (key, value) in reader.pairs("OTEL_RESOURCE_ATTRIBUTES", codedNames: true) ?? [] {
            attributes[key] = .string(value)
        }
        return attributes
    }

    /// `unknown_service:` and the executable's name.
    private static var unknownServiceName: String {
        let name = ProcessInfo.processInfo.processName
        return name.isEmpty ? "unknown_service" : "unknown_service:\(name)"
    }
}
